import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createTerminal } from '../lib/cli/terminal.ts';
import { describeMachine, docsPage, loadNow, type MeasuredReport } from './docs.ts';
import { formatText, type Suite } from './report.ts';
import { bundles } from './suites/bundles.ts';
import { chain } from './suites/chain.ts';
import { consumer } from './suites/consumer.ts';
import { counts } from './suites/counts.ts';
import { poison } from './suites/poison.ts';
import { redrive, redriveMany } from './suites/redrive.ts';
import { start } from './suites/start.ts';

const SUITES: readonly Suite[] = [counts, consumer, poison, redrive, redriveMany, start, chain, bundles];
const DOCS = join(import.meta.dirname, '..', 'docs', 'benchmarks.md');

const namesOf = (suites: readonly Suite[]): string => suites.map(({ name }) => name).join(', ');

const HELP = `npm run bench -- [suite …] [options]

  suites         ${namesOf(SUITES.filter(({ onDemand }) => !onDemand))} (default: these, about six minutes)
                 ${namesOf(SUITES.filter(({ onDemand }) => onDemand))} (on demand, about five minutes)
  --json         one JSON document instead of tables
  --write-docs   writes them into docs/benchmarks.md too; without names all suites, those on demand as well

  Example: npm run bench -- consumer
`;

function isWanted({ name, onDemand = false }: Suite, names: readonly string[], all: boolean): boolean {
  return names.length === 0 ? all || !onDemand : names.includes(name);
}

process.exitCode = await bench();

async function bench(): Promise<number> {
  const options = { json: { type: 'boolean' }, 'write-docs': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = positionals.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`there is no suite ${unknown.join(', ')}\n\n${HELP}`);
    return 2;
  }

  const terminal = createTerminal(process.stderr);
  const reports: MeasuredReport[] = [];
  for (const suite of SUITES.filter((suite) => isWanted(suite, positionals, values['write-docs'] === true))) {
    const before = loadNow();
    const report = await suite.run((text) => terminal.progress(text));
    terminal.progress('');
    // Above the number of cores others were at work.
    reports.push({ ...report, load: Math.max(before, loadNow()) });
    if (!values.json) process.stdout.write(`${formatText(report)}\n\n`);
  }
  const machine = describeMachine();
  if (values.json) process.stdout.write(`${JSON.stringify({ machine, reports }, null, 2)}\n`);
  if (values['write-docs']) {
    const order = SUITES.map(({ name }) => name);
    await writeFile(DOCS, docsPage(reports, machine, { before: await readFile(DOCS, 'utf8'), order }));
  }
  return 0;
}
