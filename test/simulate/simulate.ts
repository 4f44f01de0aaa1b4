import { createTerminal } from '../../lib/cli/terminal.ts';
import { findDivergence } from '../../lib/simulation/search/determinism.ts';
import { parsePlan, runPlan } from '../../lib/simulation/search/plan.ts';
import { formatTimeline } from '../../lib/simulation/search/timeline.ts';
import { reportMutants } from '../scenarios/report-mutants.ts';
import { type Arguments, HELP, readArguments, UsageError } from './arguments.ts';
import { startCrew } from './crew.ts';
import { writeGuarantees } from './docs/write-docs.ts';
import { EXPERIMENTS } from './experiments.ts';
import { formatReport, type Report, summarize } from './report.ts';

// Searches worlds for broken promises: `npm run simulate -- --help`.

const terminal = createTerminal(process.stdout);
process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const asked = readArguments(process.argv.slice(2));
    if (asked.command === 'help') process.stdout.write(HELP);
    else if (asked.command === 'replay') return await replay(asked);
    else if (asked.command === 'twice') return await runTwice(asked);
    else if (asked.command === 'mutants') return await reportMutants(asked);
    else if (asked.command === 'docs') return await writeDocs(asked);
    else return await search(asked);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof RangeError)) throw error;
    process.stderr.write(`${error.message}\nSee npm run simulate -- --help\n`);
    return 2;
  }
}

async function search(asked: Extract<Arguments, { command: 'search' }>): Promise<number> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  let shown = 0;
  const crew = startCrew(asked, () => {
    if (asked.json || seconds() - shown < 0.25) return;
    shown = seconds();
    const { schedules, schedulesPerSecond, covered, possible, failures } = summarize(crew.shares, seconds());
    terminal.progress(`${schedules} schedules, ${schedulesPerSecond}/s, ${covered}/${possible} places, ${failures.length} failures`);
  });
  const interrupt = () => void crew.stop();
  process.once('SIGINT', interrupt);
  await crew.done.finally(crew.stop);
  process.off('SIGINT', interrupt);
  const report = summarize(crew.shares, seconds());
  if (asked.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else print(report);
  return report.failures.length > 0 ? 1 : 0;
}

function print(report: Report): void {
  for (const { violations, replay: line, timeline } of report.failures) {
    for (const { guarantee, message } of violations) terminal.line(terminal.red(`${guarantee} violated: ${message}`));
    terminal.line(`  replay: ${line}`);
    for (const event of timeline) terminal.line(terminal.dim(`  ${event}`));
    terminal.line();
  }
  terminal.line(formatReport(report));
}

async function replay({ line, json }: Extract<Arguments, { command: 'replay' }>): Promise<number> {
  const plan = parsePlan(line);
  const experiment = EXPERIMENTS.find(({ name }) => name === plan.experiment);
  if (!experiment)
    throw new UsageError(`there is no experiment ${plan.experiment}; there are ${EXPERIMENTS.map(({ name }) => name).join(', ')}`);
  const { violations, history } = await runPlan(experiment, plan);
  if (json) process.stdout.write(`${JSON.stringify({ plan, violations, digest: history.digest(), events: history.events }, null, 2)}\n`);
  else {
    for (const event of formatTimeline(history.events)) terminal.line(terminal.dim(event));
    for (const { guarantee, message } of violations) terminal.line(terminal.red(`${guarantee} violated: ${message}`));
    terminal.line(`${violations.length} violations, digest ${history.digest().slice(0, 16)}`);
  }
  return violations.length > 0 ? 1 : 0;
}

async function writeDocs({ command: _, ...options }: Extract<Arguments, { command: 'docs' }>): Promise<number> {
  const broken = await writeGuarantees({ ...options, progress: (text) => terminal.progress(text) });
  for (const line of broken) terminal.line(terminal.red(line));
  terminal.line(`docs/guarantees.md is written; ${broken.length} promises broken`);
  return broken.length > 0 ? 1 : 0;
}

async function runTwice({ experiments, from, count }: Extract<Arguments, { command: 'twice' }>): Promise<number> {
  const chosen = EXPERIMENTS.filter(({ name }) => experiments.includes(name));
  for (let seed = from; seed < from + count; seed += 1) {
    for (const experiment of chosen) {
      const divergence = await findDivergence(experiment, seed);
      if (!divergence) continue;
      terminal.line(terminal.red(`${experiment.name}, seed ${seed}: two runs differ`));
      terminal.line(`  first:  ${divergence.first}\n  second: ${divergence.second}`);
      return 1;
    }
    terminal.progress(`${seed - from + 1} of ${count} seeds`);
  }
  terminal.line(`${count} seeds of ${chosen.length} experiments gave the same history twice, byte for byte`);
  return 0;
}
