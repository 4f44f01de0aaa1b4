/**
 * Prints how often hand-written consumers, Powertools and this project lose or repeat effects under the same troubles, as Markdown or JSON:
 * node test/comparison/run.ts --seeds 1000 [--json]
 */
import { parseArgs } from 'node:util';
import { compareAll } from './comparison.ts';
import { formatComparison } from './format-comparison.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1000' }, json: { type: 'boolean', default: false } } });
const seeds = Number(values.seeds);
if (!Number.isInteger(seeds) || seeds < 1) throw new RangeError(`--seeds is ${values.seeds}; give a whole number from 1`);

// Progress goes to the error stream: the result alone can be redirected.
const comparison = await compareAll({ seeds, onRow: (row) => process.stderr.write(`${Object.values(row).join(' ')}\n`) });
process.stdout.write(values.json ? `${JSON.stringify(comparison, undefined, 2)}\n` : formatComparison(comparison));
