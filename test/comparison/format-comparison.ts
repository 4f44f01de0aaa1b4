import { CIRCUMSTANCES } from './circumstances.ts';
import { CONTENDERS } from './compare.ts';
import { PUBLISHERS } from './compare-publishers.ts';
import type { Comparison } from './comparison.ts';

const READING = [
  'The rates are not those of production: trouble is so dense that a thousand runs show what otherwise takes years. What they tell is which',
  'faults a way of working survives at all. A consumer by hand that writes marker and effect in one transaction survives as many as ours: the',
  'promise comes from there, and ends where an effect leaves the transaction, with us as with anybody. The effect is a count, in which a second',
  'time shows; one that is the same twice needs none of this. Consumers call through clients of the AWS SDK with its three attempts, ours with',
  'its own retries in their place; publishers by hand try each call three times too.',
].join('\n');

/** A comparison as a section of a Markdown page. */
export function formatComparison(comparison: Comparison): string {
  const parts = [
    consumersOf(comparison),
    classesOf(comparison),
    singleFaultsOf(comparison),
    publishersOf(comparison),
    READING,
    troublesOf(),
    sourcesOf(),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** A Markdown table; all columns but the first are figures. */
function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

const titleOf = (name: string) => [...CONTENDERS, ...PUBLISHERS].find((each) => each.name === name)?.title ?? name;
const distinct = (names: readonly string[]) => [...new Set(names)];

/** Seeds that broke a promise: who in rows, under what in columns. */
function consumersOf({ seeds, consumers }: Comparison): string {
  const columns = distinct(consumers.map(({ circumstances }) => circumstances));
  const names = distinct(consumers.map(({ contender }) => contender));
  const cell = (name: string, column: string) =>
    consumers.find(({ contender, circumstances }) => contender === name && circumstances === column)?.seedsViolated ?? '';
  const rows = names.map((name) => [titleOf(name), ...columns.map((column) => cell(name, column))]);
  return `Runs of ${seeds} in which a message was lost, applied twice or stuck:\n\n${table(['consumer', ...columns], rows)}`;
}

/** What broke, counted in messages over all troubles. */
function classesOf({ consumers }: Comparison): string {
  const rows = distinct(consumers.map(({ contender }) => contender)).map((name) => {
    const own = consumers.filter(({ contender }) => contender === name);
    const sum = (field: 'messages' | 'lost' | 'duplicated' | 'stuck' | 'deadLettered') => own.reduce((all, row) => all + row[field], 0);
    return [titleOf(name), sum('messages'), sum('lost'), sum('duplicated'), sum('stuck'), sum('deadLettered')];
  });
  return `The same in messages, over all troubles:\n\n${table(['consumer', 'messages', 'lost', 'applied twice', 'stuck', 'dead-lettered'], rows)}`;
}

function singleFaultsOf({ singleFaults }: Comparison): string {
  const rows = singleFaults.map(({ contender, faults, breaking }) => [
    titleOf(contender),
    faults,
    breaking.length,
    breaking[0] === undefined ? '' : `\`${breaking[0]}\``,
  ]);
  const header = ['consumer', 'single faults', 'break it', 'the first'];
  return `Every single fault at every call of two messages, without chance:\n\n${table(header, rows)}`;
}

function publishersOf({ seeds, publishers }: Comparison): string {
  const columns = distinct(publishers.map(({ circumstances }) => circumstances));
  const rows = distinct(publishers.map(({ publisher }) => publisher)).map((name) => {
    const own = publishers.filter(({ publisher }) => publisher === name);
    const sum = (field: 'untold' | 'phantom') => own.reduce((all, row) => all + row[field], 0);
    const cells = columns.map((column) => own.find(({ circumstances }) => circumstances === column)?.seedsViolated ?? '');
    return [titleOf(name), ...cells, sum('untold'), sum('phantom')];
  });
  const header = ['publisher', ...columns, 'orders nobody was told of', 'messages without an order'];
  return `Runs of ${seeds} in which an order and its message contradict each other:\n\n${table(header, rows)}`;
}

function troublesOf(): string {
  return `The troubles, two minutes of them in each run:\n\n${CIRCUMSTANCES.map(({ name, description }) => `- ${name}: ${description}`).join('\n')}`;
}

function sourcesOf(): string {
  return `Whose code the consumers follow:\n\n${CONTENDERS.map(({ title, source }) => `- ${title}: ${source}.`).join('\n')}`;
}
