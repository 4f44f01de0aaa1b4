import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { formatMarkdown, type Report } from './report.ts';

/** The machine and the moment of a run. */
export interface Machine {
  readonly at: string;
  readonly cpu: string;
  readonly memory: string;
  readonly system: string;
  readonly node: string;
  /** One-minute load averages as each suite began: above the number of cores, others were at work. */
  readonly load: readonly number[];
}

/** Describes this machine, with the loads that were noted while it measured. */
export function describeMachine(load: readonly number[]): Machine {
  const [first] = cpus();
  return {
    at: new Date().toISOString().slice(0, 10),
    cpu: `${cpus().length} × ${first?.model.trim() ?? 'unknown'}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    system: `${type()} ${release()}`,
    node: process.version,
    load,
  };
}

/** The load of the last minute. */
export function loadNow(): number {
  return loadavg()[0] ?? 0;
}

/** The page of results, whole. */
export function docsPage(reports: readonly Report[], machine: Machine): string {
  const cores = cpus().length;
  const busiest = Math.max(...machine.load);
  const noise =
    busiest > cores
      ? `The machine was **not idle**: the load average reached ${busiest.toFixed(1)} on ${cores} cores. Ratios and counts stand; times are upper bounds.`
      : `The load average stayed at or below ${busiest.toFixed(1)} on ${cores} cores, the benchmark itself included.`;
  const head = `# Benchmarks

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
| Node.js | ${machine.node} |

${noise}`;
  return `${[head, ...reports.map(formatMarkdown)].join('\n\n')}\n`;
}
