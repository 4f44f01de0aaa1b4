/**
 * Prints how often hand-written consumers, Powertools and this project lose or repeat effects under the same troubles, as Markdown or JSON,
 * or what happens in a single run:
 * npm run compare -- --seeds 1000 [--json]
 * npm run compare -- --replay powertools/1/calm/crashAfter@ship-order:dynamodb:UpdateItem#0
 */
import { parseArgs } from 'node:util';
import { compareAll } from './comparison.ts';
import { formatComparison } from './format-comparison.ts';
import { replay } from './replay.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, json: { type: 'boolean', default: false }, replay: { type: 'string' } },
});
process.stdout.write(values.replay === undefined ? await figures() : `${await replay(values.replay)}\n`);

async function figures(): Promise<string> {
  const seeds = Number(values.seeds);
  if (!Number.isInteger(seeds) || seeds < 1) throw new RangeError(`--seeds is ${values.seeds}; give a whole number from 1`);
  // Progress goes to the error stream: the result alone can be redirected.
  const comparison = await compareAll({ seeds, onRow: (row) => process.stderr.write(`${Object.values(row).join(' ')}\n`) });
  return values.json ? `${JSON.stringify(comparison, undefined, 2)}\n` : formatComparison(comparison);
}
