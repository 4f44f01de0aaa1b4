import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { formatMarkdown, type Report } from './report.ts';

/** The machine and the moment of a run. */
export interface Machine {
  readonly at: string;
  readonly cpu: string;
  readonly memory: string;
  readonly system: string;
  readonly node: string;
}

/** Describes this machine. */
export function describeMachine(): Machine {
  const [first] = cpus();
  return {
    at: new Date().toISOString().slice(0, 10),
    cpu: `${cpus().length} × ${first?.model.trim() ?? 'unknown'}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    system: `${type()} ${release()}`,
    node: process.version,
  };
}

/** The load of the last minute. */
export function loadNow(): number {
  return loadavg()[0] ?? 0;
}

/** A report with the load that was noted while it was measured. */
export interface MeasuredReport extends Report {
  readonly load: number;
}

/** The page of results: these reports, and of suites that were not run the sections that the page had before. `order` names all suites. */
export function docsPage(reports: readonly MeasuredReport[], machine: Machine, { before, order }: PageOptions): string {
  const sections = sectionsOf(before);
  for (const report of reports) sections.set(report.suite, `${formatMarkdown(report)}\n\n${noiseOf(report, machine)}`);
  return `${[headOf(machine), ...order.flatMap((suite) => sections.get(suite) ?? [])].join('\n\n')}\n`;
}

interface PageOptions {
  readonly before: string;
  readonly order: readonly string[];
}

/** The sections of a page by their suite, which the command in each of them names. */
function sectionsOf(page: string): Map<string, string> {
  const sections = page.split(/\n(?=## )/).slice(1);
  return new Map(sections.map((section) => [/`npm run bench -- ([\w-]+)`/.exec(section)?.[1] ?? '', section.trimEnd()]));
}

function noiseOf({ load }: MeasuredReport, { at }: Machine): string {
  const cores = cpus().length;
  const loaded = `Measured ${at} with a load average of ${load.toFixed(1)} on ${cores} cores`;
  return load > cores
    ? `${loaded}: the machine was **not idle**. Counts stand; times are upper bounds, and rates lower ones.`
    : `${loaded}, the benchmark itself included.`;
}

function headOf(machine: Machine): string {
  return `# Benchmarks

This page is written by \`npm run bench -- --write-docs\` and never by hand. \`npm run bench\` prints the same tables, \`-- --json\` prints them for
machines, \`npm run bench -- consumer\` runs one suite.

Trust the ratios and counts, not the absolute times: contenders run side by side and take turns within one run, so that a noisy machine is
noisy for all of them; every cell shows its spread. Rows that touch sockets vary by a third from window to window on a shared machine.
Nothing here ran on AWS: the embedded AWS says what the code asks for and what a laptop does, not how long AWS takes.

| machine | ${machine.at} |
| --- | --- |
| processor | ${machine.cpu} |
| memory | ${machine.memory} |
| system | ${machine.system} |
| Node.js | ${machine.node} |`;
}
