import { countCoverage } from '../../lib/simulation/search/coverage.ts';
import type { Failure } from '../../lib/simulation/search/failure.ts';
import { formatPlan } from '../../lib/simulation/search/plan.ts';
import type { Progress } from './share.ts';

/** What a search found, in numbers. */
export type Report = ReturnType<typeof summarize>;

/** How a line is run again. */
export const replayCommand = (line: string): string => `npm run simulate -- --replay '${line}'`;

/** Adds up what the threads told. */
export function summarize(shares: readonly Progress[], seconds: number) {
  const counter = countCoverage();
  for (const { seen } of shares) counter.add(seen);
  const schedules = sum(shares.map((share) => share.schedules));
  const cpuSeconds = sum(shares.map((share) => share.cpuSeconds));
  const failures = shares.flatMap((share) => share.failures);
  return {
    schedules,
    invocations: sum(shares.map((share) => share.invocations)),
    seconds: round(seconds),
    schedulesPerSecond: round(schedules / seconds),
    schedulesPerCpuSecond: round(schedules / cpuSeconds),
    ...counter.coverage,
    troubles: addUp(shares.map(({ troubles }) => troubles)),
    violations: failures.flatMap(({ violations }) => violations.map(({ guarantee }) => guarantee)),
    failures: failures.map(describe),
  };
}

/** A failure as plain data. */
export function describe({ plan, found, violations, timeline }: Failure) {
  return { violations, replay: replayCommand(formatPlan(plan)), found: formatPlan(found), timeline };
}

/** The summary as lines. */
export function formatReport(report: Report): string {
  const kinds = Object.entries(report.faults).map(([kind, count]) => `${count} ${kind}`);
  return [
    `${report.schedules} schedules, ${report.invocations} invocations in ${report.seconds} s: ${report.schedulesPerSecond}/s, ${report.schedulesPerCpuSecond}/s of one core`,
    `faults at calls: ${kinds.join(', ')}`,
    `troubles of services: ${
      Object.entries(report.troubles)
        .map(([name, count]) => `${count} ${name}`)
        .join(', ') || 'none'
    }`,
    `covered: ${report.covered} of ${report.possible} pairs of call site and kind of fault${missing(report.missing)}`,
    `${report.failures.length} failures`,
  ].join('\n');
}

function missing(names: readonly string[]): string {
  if (names.length === 0) return '';
  return `; not ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
}

function addUp(counts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const count of counts) for (const [name, times] of Object.entries(count)) total[name] = (total[name] ?? 0) + times;
  return Object.fromEntries(Object.entries(total).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const round = (value: number) => Number(value.toFixed(1));
