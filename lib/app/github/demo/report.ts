import type { ChaosReport, DemoResult, MetricTotal, Statistics, Terminal } from '../../../local.ts';
import { table } from '../../../local.ts';
import { AUDIENCE } from './audience.ts';
import type { Answer } from './evidence.ts';
import type { DeadLetter } from './final-state.ts';
import { type Outside, outsideLines, type Pauses } from './outside.ts';
import type { Verdict } from './verdict.ts';
import type { WorkedRedrive } from './work-incident.ts';

/** Everything that a report is made from. */
export interface ReportInput {
  readonly verdict: Verdict;
  readonly answers: readonly Answer[];
  readonly deadLetters: readonly DeadLetter[];
  readonly statistics: Statistics;
  readonly outside: Outside;
  readonly chaos: ChaosReport | undefined;
  readonly sentAfterMs: number;
  readonly drainedAfterMs: number;
  readonly worked: Worked;
}

/** The incident of the run: an endpoint that refused calls until it was mended, and how what failed of it was sent back. */
export interface Worked {
  readonly refusedCalls: number;
  readonly redrives: readonly WorkedRedrive[];
  /** How many failures stand how in the end, by status. */
  readonly standings: Readonly<Record<string, number>>;
}

/** What one consumer did, by its own count; the verdict does not read it. */
interface ConsumerRow {
  readonly consumer: string;
  readonly delivered: number;
  readonly processed: number;
  readonly duplicates: number;
  readonly retries: number;
  readonly deadLetters: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}

/** Chaos that touches less than this share of invocations proves too little. */
const CHAOS_SHARE = 0.05;

const CONSUMERS = Object.keys(AUDIENCE);

/** A run in numbers, as machines read it. */
interface Figures {
  /** Why the run proves nothing, when it does not. */
  readonly unusable: string | undefined;
  readonly consumers: readonly ConsumerRow[];
  readonly published: number;
  readonly refusals: readonly Answer[];
  readonly outside: Outside & Pauses;
  readonly awsCalls: { readonly total: number; readonly perMessage: number; readonly byAction: Statistics['calls'] };
}

/** Puts a run into numbers and sentences. */
export function createReport(input: ReportInput): DemoResult {
  const figures = figuresOf(input);
  const { unusable } = figures;
  return {
    holds: input.verdict.holds,
    ...(unusable !== undefined && { unusable }),
    json: jsonOf(input, figures),
    lines: (terminal) => linesOf(input, figures, terminal),
  };
}

/** A violation is one however little was tried: only a run without any can be of no use. */
function unusableBy({ verdict, chaos }: ReportInput): string | undefined {
  return verdict.violations.length > 0 ? undefined : (verdict.unusable ?? (chaos && tooTame(chaos)));
}

function figuresOf(input: ReportInput): Figures {
  const { answers, deadLetters, outside, statistics } = input;
  const { metrics, calls } = statistics;
  const published = total(metrics, 'OutboxPublished');
  const made = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const notifier = metrics.filter(({ dimensions }) => dimensions['consumer'] === 'notify-maintainers');
  return {
    unusable: unusableBy(input),
    consumers: CONSUMERS.map((consumer) => rowOf(consumer, metrics, deadLetters)),
    published,
    refusals: answers.filter((answer) => answer.reason !== undefined),
    outside: { ...outside, pauses: total(notifier, 'ConsumerPaused'), charged: total(notifier, 'MessagesRetried') },
    awsCalls: { total: made, perMessage: published > 0 ? round(made / published, 2) : 0, byAction: calls },
  };
}

function jsonOf(input: ReportInput, { unusable, consumers, published, refusals, outside, awsCalls }: Figures): DemoResult['json'] {
  const { verdict, answers, deadLetters, statistics, chaos } = input;
  return {
    holds: verdict.holds,
    ...(unusable !== undefined && { unusable }),
    violations: verdict.violations,
    deliveries: answers.length,
    accepted: verdict.accepted,
    refused: refusals.map(({ deliveryId, event, status, reason }) => ({ deliveryId, event, status, reason })),
    published,
    consumers,
    deadLetters,
    outside,
    worked: input.worked,
    awsCalls,
    invocations: statistics.invocations,
    errors: statistics.errors,
    ...(chaos && { chaos }),
    milliseconds: { sent: Math.round(input.sentAfterMs), drained: Math.round(input.drainedAfterMs) },
  };
}

function linesOf(
  input: ReportInput,
  { consumers, published, refusals, outside, awsCalls }: Figures,
  terminal: Terminal,
): readonly string[] {
  const { verdict, deadLetters, chaos, worked, drainedAfterMs } = input;
  const drained = `drained after ${(drainedAfterMs / 1_000).toFixed(1)} s`;
  const refused = refusals.map(({ event, reason }) => `${event}  ${reason}`);
  return [
    '',
    `${terminal.bold(`${verdict.accepted} deliveries committed`)}, ${refusals.length} refused, ${published} messages published, ${drained}`,
    '',
    ...consumerTable(consumers),
    '',
    `AWS calls per message: ${awsCalls.perMessage} (${awsCalls.total} calls), pollers included`,
    terminal.dim(
      'Counts are what functions wrote of themselves since the endpoint came up; a killed one wrote nothing. The verdict reads none of them.',
    ),
    ...chaosLines(chaos, terminal),
    ...outsideLines(outside),
    ...listed('refused at the door', refused, terminal),
    ...listed('an incident, worked', workedLines(worked), terminal),
    ...listed('failures kept', groupedLetters(deadLetters), terminal),
    '',
    ...verdictLines(verdict, terminal),
  ];
}

function consumerTable(consumers: readonly ConsumerRow[]): readonly string[] {
  return table([
    ['consumer', 'delivered', 'processed', 'duplicates', 'retries', 'dead letters', 'p50 ms', 'p99 ms'],
    ...consumers.map(({ consumer, delivered, processed, duplicates, retries, deadLetters, latencyMs }) => [
      ...[consumer, delivered, processed, duplicates, retries, deadLetters],
      ...[latencyMs.p50, latencyMs.p99],
    ]),
  ]);
}

function rowOf(consumer: string, metrics: readonly MetricTotal[], deadLetters: readonly DeadLetter[]): ConsumerRow {
  const own = metrics.filter((metric) => metric.dimensions['consumer'] === consumer);
  const count = (name: string) => total(own, name);
  const latencies = own.filter((metric) => metric.name === 'MessageLatency').flatMap((metric) => metric.values);
  const processed = count('MessagesProcessed');
  const retries = count('MessagesRetried') + count('MessagesDeferred');
  const dead = count('MessagesDeadLettered');
  return {
    consumer,
    delivered: processed + count('MessagesDuplicate') + retries + dead + count('MessagesIgnored'),
    processed,
    duplicates: count('MessagesDuplicate'),
    retries,
    deadLetters: deadLetters.filter((letter) => letter.consumer === consumer).length,
    latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
  };
}

function total(metrics: readonly MetricTotal[], name: string): number {
  return metrics.filter((metric) => metric.name === name).reduce((sum, metric) => sum + metric.sum, 0);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

function tooTame({ faults, invocations, invocationsHit }: ChaosReport): string | undefined {
  const missing = Object.entries(faults).flatMap(([kind, count]) => (count === 0 ? [kind] : []));
  if (missing.length > 0) return `chaos injected no ${missing.join(', no ')}: the run proves nothing about it; give more input`;
  if (invocationsHit < invocations * CHAOS_SHARE) {
    return `chaos hit ${invocationsHit} of ${invocations} invocations, under ${CHAOS_SHARE * 100} %: the run proves too little; try another --seed`;
  }
  return undefined;
}

function chaosLines(chaos: ChaosReport | undefined, terminal: Terminal): readonly string[] {
  if (!chaos) return [];
  const kinds = Object.entries(chaos.faults).map(([kind, count]) => `${count} ${spaced(kind)}`);
  const share = chaos.invocations > 0 ? (100 * chaos.invocationsHit) / chaos.invocations : 0;
  return [
    `${terminal.bold('chaos')} hit ${chaos.invocationsHit} of ${chaos.invocations} invocations (${share.toFixed(0)} %): ${kinds.join(', ')}`,
  ];
}

const spaced = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function groupedLetters(letters: readonly DeadLetter[]): readonly string[] {
  const groups = new Map<string, number>();
  for (const { consumer, type, reason } of letters) {
    const line = `${consumer}  ${type ?? '(unreadable)'}  ${reason}`;
    groups.set(line, (groups.get(line) ?? 0) + 1);
  }
  return [...groups].map(([line, count]) => `${count} × ${line}`);
}

function workedLines({ refusedCalls, redrives, standings }: Worked): readonly string[] {
  if (redrives.length === 0) return [];
  const refused = `the endpoint of notify-maintainers answered 404 to ${refusedCalls} call${refusedCalls === 1 ? '' : 's'} about releases, until it was mended`;
  return [
    refused,
    ...redrives.map(({ state, because, counts, canaries }) => {
      const tried = canaries.filter(({ result }) => result === 'done').length;
      const end = because === undefined ? state : `${state}: ${because}`;
      return `redrive ${end}; ${tried} of ${canaries.length} canaries handled, ${counts.sent} sent back, ${counts.alreadyDone} already done`;
    }),
    `the failure store then holds ${Object.entries(standings)
      .map(([status, number]) => `${number} ${status}`)
      .join(', ')}`,
  ];
}

const MOST_LINES = 20;

function listed(title: string, lines: readonly string[], terminal: Terminal): readonly string[] {
  if (lines.length === 0) return [];
  const more = lines.length > MOST_LINES ? [`  … and ${lines.length - MOST_LINES} more (--json shows all)`] : [];
  return ['', terminal.bold(title), ...lines.slice(0, MOST_LINES).map((line) => `  ${line}`), ...more];
}

function verdictLines({ holds, violations }: Verdict, terminal: Terminal): readonly string[] {
  if (!holds && violations.length === 0) return [terminal.red('There is no verdict.')];
  if (holds) {
    return [
      terminal.green(
        'The verdict holds: every effect exactly once, every call under one key, every announcement once at most, everything else kept as a failure.',
      ),
    ];
  }
  return [
    terminal.red(`The verdict does not hold: ${violations.length} violations`),
    ...violations.slice(0, MOST_LINES).map((line) => `  ${line}`),
  ];
}
