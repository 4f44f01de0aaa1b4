import type { Call, FaultKind, FaultSource } from '../fault.ts';
import { formatFault, type PlannedFault, plannedFaults } from '../fault-plan.ts';
import { withGlobals } from '../globals.ts';
import { type Coverage, countCoverage } from '../search/coverage.ts';
import type { Failure } from '../search/failure.ts';
import { formatPlan, type Plan, parsePlan, runPlan } from '../search/plan.ts';
import { searchSeeds } from '../search/seeds.ts';
import { sweep } from '../search/sweep.ts';
import { formatTimeline } from '../search/timeline.ts';
import { createExperiment, type SubjectExperiment, type SubjectOptions } from './experiment.ts';
import { failureText } from './failure-text.ts';
import { callerFile, REPLAY_ENV, replayCommand } from './replay-line.ts';
import { DEFAULT_NAME } from './stage.ts';
import { NotExactlyOnceError, SubjectConfigError } from './subject.errors.ts';
import type { Subject } from './subject.ts';

/** What a search of a subject covered. */
export interface SubjectReport {
  /** Worlds that were run and compared. */
  readonly schedules: number;
  /** Faults at calls, by kind. */
  readonly faults: Readonly<Record<FaultKind, number>>;
  /** Pairs of a call site and a kind of fault: how many there are, how many were hit, and which were not. */
  readonly coverage: Pick<Coverage, 'possible' | 'covered' | 'missing'>;
}

/** How a failure is seen again. */
interface ReplayOptions {
  /** A line that a failure printed: only that world is run, and what its code prints is shown. @default - `POSTHASTE_REPLAY` */
  readonly replay?: string;
}

/** What `expectExactlyOnce` takes. */
export interface ExactlyOnceOptions extends SubjectOptions, ReplayOptions {
  /** A number of worlds, or the seeds of them. @default 100 */
  readonly seeds?: number | Iterable<number>;
}

/** What `sweepFaults` takes. */
export interface SweepFaultsOptions extends SubjectOptions, ReplayOptions {
  /** Faults at a time: 1 for every fault at every call, 2 for every two of them, one after the other. @default 1 */
  readonly order?: 1 | 2;
  /** Decides chance and time in all worlds of the sweep. @default 1 */
  readonly seed?: number;
}

/**
 * Runs a subject in many worlds, in each of which its own random selection of things goes wrong: processes crash around their calls, calls
 * are throttled, denied or slow, answers are lost, queues deliver twice, late and in any order, clocks are wrong, machines stand still.
 * When all that is over, the items of its tables, the messages that it published and the effects that it noted are those of a run in which
 * nothing went wrong; dead letters are redriven before.
 *
 * Throws `NotExactlyOnceError` (code `NOT_EXACTLY_ONCE`), which names the least trouble that is enough, a line to replay it and what
 * happened; `SubjectInactiveError` and `SubjectUnstableError` where there is nothing to compare.
 *
 * @example
 * await expectExactlyOnce(() => [on(OrderPlaced, ship)], {
 *   messages: [message(OrderPlaced, { orderId: 'order-1' })],
 *   tables: [{ name: 'shipments', partitionKey: 'orderId' }],
 *   seeds: 1_000,
 * });
 */
export function expectExactlyOnce(subject: Subject, options: ExactlyOnceOptions): Promise<SubjectReport> {
  return searchSubject(subject, options, (experiment, search) => searchSeeds(experiment, { ...search, seeds: seedsOf(options.seeds) }));
}

/**
 * Runs a subject once for every fault at every call that it makes, and compares as `expectExactlyOnce` does: what it proves has no luck in
 * it. Two at a time, every second fault at every call that comes after the first, those that only recovery makes included, are some
 * thousands of worlds.
 *
 * Throws what `expectExactlyOnce` throws.
 *
 * @example
 * const { schedules } = await sweepFaults(() => createConsumer({ name: 'ship-order', handlers }), {
 *   messages: [message(OrderPlaced, { orderId: 'order-1' })],
 *   tables: [{ name: 'shipments', partitionKey: 'orderId' }],
 *   order: 2,
 * });
 */
export function sweepFaults(subject: Subject, options: SweepFaultsOptions): Promise<SubjectReport> {
  const { seed = 1, order = 1 } = options;
  return searchSubject(subject, options, (experiment, search) => sweep(experiment, { ...search, seed, order, skips: isIdleSweep }));
}

/** The sweeper asks the same every minute for ever: its first sweeps stand for all. */
const isIdleSweep = ({ role, visit }: Call) => role === 'sweeper' && visit >= 4;

function seedsOf(seeds: number | Iterable<number> = 100): Iterable<number> {
  if (typeof seeds !== 'number') return seeds;
  if (!Number.isSafeInteger(seeds) || seeds < 1)
    throw new SubjectConfigError(`seeds is ${seeds}; it is a number of 1 or more, or a list of seeds`);
  return Array.from({ length: seeds }, (_, index) => index + 1);
}

type Search = Parameters<typeof searchSeeds>[1];

async function searchSubject(
  subject: Subject,
  options: SubjectOptions & ReplayOptions,
  search: (experiment: SubjectExperiment, options: Omit<Search, 'seeds'>) => AsyncGenerator<Failure>,
): Promise<SubjectReport> {
  const file = callerFile();
  checkOptions(options);
  const plan = replayOf(options);
  return withGlobals(async () => {
    const experiment = await createExperiment(subject, options, plan !== undefined);
    if (plan) return replay(experiment, plan, { options, file });
    const coverage = countCoverage();
    let schedules = 0;
    const onSchedule = () => {
      schedules += 1;
    };
    for await (const failure of search(experiment, { coverage, onSchedule })) throw brokenPromise(failure, { options, file });
    if (schedules === 0) throw new SubjectConfigError(`${experiment.name} was run in no world at all: the list of seeds is empty`);
    return reportOf(schedules, coverage.coverage);
  });
}

interface Origin {
  readonly options: SubjectOptions;
  readonly file: string | undefined;
}

function brokenPromise(
  { plan, violations, timeline }: Pick<Failure, 'plan' | 'violations' | 'timeline'>,
  { options, file }: Origin,
): Error {
  const line = formatPlan(plan);
  const { deliveries = 2 } = options;
  const command = replayCommand(line, file);
  return new NotExactlyOnceError(failureText({ plan, violations, timeline, command, deliveries }), line);
}

const reportOf = (schedules: number, { faults, possible, covered, missing }: Coverage): SubjectReport => ({
  schedules,
  faults,
  coverage: { possible, covered, missing },
});

/** The plan to run again, if it is this subject's. */
function replayOf({ replay: line = process.env[REPLAY_ENV], name = DEFAULT_NAME }: SubjectOptions & ReplayOptions): Plan | undefined {
  if (line === undefined || line === '') return undefined;
  const plan = parsePlan(line);
  return plan.experiment === name ? plan : undefined;
}

async function replay(experiment: SubjectExperiment, plan: Plan, origin: Origin): Promise<SubjectReport> {
  const coverage = countCoverage();
  const missed = new Set(plan.faults);
  const { violations, history } = await runPlan(experiment, plan, (source) => coverage.observe(watchHits(source, missed)));
  if (violations.length > 0) throw brokenPromise({ plan, violations, timeline: formatTimeline(history.events) }, origin);
  if (missed.size > 0) throw new SubjectConfigError(missedText(plan, [...missed].map(formatFault)));
  return reportOf(1, coverage.coverage);
}

/** Takes the faults that meet a call out of those that are still to meet one. */
function watchHits(source: FaultSource, missed: Set<PlannedFault>): FaultSource {
  return {
    decide(call) {
      for (const fault of missed) if (plannedFaults([fault]).decide(call)) missed.delete(fault);
      return source.decide(call);
    },
  };
}

/** A replay in which nothing went wrong says nothing about what it was to show. */
const missedText = ({ experiment }: Plan, faults: readonly string[]): string =>
  `this fault met no call: ${faults.join(', ')}. The replay of ${experiment} found nothing, because its code does not make such a call (any ` +
  'more), or the line was changed: run the search without the line again';

function checkOptions({ name = DEFAULT_NAME, messages }: SubjectOptions): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new SubjectConfigError(`the subject is named '${name}'; its name is a verb and a noun in kebab-case, e.g. ship-order`);
  }
  if (messages.length === 0) throw new SubjectConfigError(`${name} is given no messages: it takes one at least to have an effect`);
}
