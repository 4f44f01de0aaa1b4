import type { Violation } from '../conservation.ts';
import { type FaultSource, noFaults } from '../fault.ts';
import type { Conditions, Experiment, Trial } from '../search/trial.ts';
import { CALM, type Swarm } from '../swarm.ts';
import { createWorld } from '../world.ts';
import { compareViews, textOf } from './compare.ts';
import { withTestHint } from './error-text.ts';
import { createStage, DEFAULT_NAME, DEFAULT_TIMEOUT_MS, type Stage } from './stage.ts';
import { SubjectConfigError, SubjectInactiveError, SubjectRemembersError, SubjectUnstableError } from './subject.errors.ts';
import type { CompareOptions, DeployOptions, Subject } from './subject.ts';
import type { SubjectView } from './subject-view.ts';
import { OUTBOX_TABLE } from './tables.ts';
import type { Delivered } from './test-message.ts';
import { viewOf } from './view.ts';

/** What a subject is tested with. */
export interface SubjectOptions extends DeployOptions, CompareOptions {
  /** What its queue delivers, in order. Messages of `message` are typed by their definition; anything else is a body. */
  readonly messages: readonly Delivered[];
  /** How often each message is delivered: at least once is what queues promise, so a subject has to take it. @default 2 */
  readonly deliveries?: 1 | 2;
}

const MINUTE_MS = 60_000;
/** How long faults go on. */
const CHAOS_MS = 2 * MINUTE_MS;
/** How long after the last fault everything has to be done: retries back off for hours, up to SQS's longest visibility timeout of twelve. */
const DRAIN_MS = 26 * 60 * MINUTE_MS;
const STEP_MS = 30_000;
/** Messages spread over this time; their copies over twice as much. */
const DELIVERY_MS = 5_000;

interface Run {
  readonly stage: Stage;
  readonly view: SubjectView;
  readonly isDrained: boolean;
}

interface RunConditions {
  readonly seed: number;
  readonly faults: FaultSource;
  readonly swarm: Swarm;
  readonly deliveries: 1 | 2;
  readonly prints: boolean;
}

/** What is expected of a subject: the effects of a run in which nothing goes wrong and nothing comes twice. */
export interface SubjectExperiment extends Experiment {
  readonly reference: SubjectView;
}

/**
 * A subject as something to search: each run is compared with the run in which nothing goes wrong. Throws `SubjectInactiveError` for a
 * subject that has no effect to compare, `SubjectUnstableError` for one whose effects differ though nothing goes wrong, and
 * `SubjectConfigError` for one that publishes what is not declared.
 */
export async function createExperiment(subject: Subject, options: SubjectOptions, prints = false): Promise<SubjectExperiment> {
  const name = options.name ?? DEFAULT_NAME;
  const runOnce = (conditions: Partial<RunConditions> & { readonly seed: number }) =>
    runSubject(subject, options, { faults: noFaults, swarm: CALM, deliveries: 1, prints: false, ...conditions });
  // The first run loads what is loaded lazily, once.
  const first = await runOnce({ seed: 1 });
  const second = await runOnce({ seed: 1 });
  const { view: reference } = second;
  checkPublished(name, second.stage);
  if (hasChanged(first) && !hasChanged(second)) throw new SubjectRemembersError(name);
  checkActive(name, second);
  const other = compareViews(reference, (await runOnce({ seed: 2 })).view, options);
  if (other[0]) throw new SubjectUnstableError(name, other[0].message);
  return {
    name,
    reference,
    run: async (conditions: Conditions): Promise<Trial> => {
      const run = await runOnce({ ...conditions, deliveries: options.deliveries ?? 2, prints });
      return { history: run.stage.world.history, violations: judge(run, reference, options) };
    },
  };
}

function judge({ stage, view, isDrained }: Run, reference: SubjectView, options: SubjectOptions): readonly Violation[] {
  const differences = compareViews(reference, view, options);
  if (isDrained) return differences;
  const { visible, inFlight, delayed } = stage.world.sqs.stats(stage.world.sqs.queueArn(stage.queueUrl));
  const message = `${visible + inFlight + delayed} deliveries still wait ${DRAIN_MS / 60 / MINUTE_MS} hours after the last fault`;
  return [{ guarantee: 'G12', message }, ...differences];
}

/** What nobody carries would be missing in every run, and none would tell. */
function checkPublished(name: string, { world, options }: Stage): void {
  if (!options.publishes?.length) return;
  const rows = world.dynamodb.scanTable(OUTBOX_TABLE) as readonly { readonly state?: Text; readonly type?: Text }[];
  const types = new Set(rows.filter(({ state }) => state?.S.startsWith('PARKED')).map(({ type }) => type?.S));
  if (types.size === 0) return;
  throw new SubjectConfigError(
    `${name} publishes ${[...types].join(', ')}, which no topic or queue carries: name the definition in "publishes"`,
  );
}

interface Text {
  readonly S: string;
}

function checkActive(name: string, run: Run): void {
  const { view, stage, isDrained } = run;
  if (isDrained && hasEffects(run)) return;
  const failure = view.deadLettered[0]?.failure;
  const [warning] = stage.warned;
  const nothing = isDrained
    ? 'it wrote, published and noted nothing'
    : 'its messages are tried again and again although nothing goes wrong';
  // The warning has the causes too; what went wrong first is the reason of what followed.
  const isSaid = failure !== undefined && warning?.includes(failure.message);
  const parked = failure && (isSaid ? failure.reason : withTestHint(`${failure.reason}: ${failure.message}`, stage.options));
  const reasons = [warning ?? nothing, ...(parked === undefined ? [] : [parked])];
  throw new SubjectInactiveError(name, reasons.join('; '));
}

function hasEffects({ view: { items, published, noted } }: Run): boolean {
  return published.length + noted.length > 0 || Object.values(items).some((table) => table.length > 0);
}

/** Whether anything is not as it was before. */
function hasChanged({ view: { items, published, noted }, stage: { options } }: Run): boolean {
  const before = (table: string) => textOf((options.items?.[table] ?? []).map(textOf).sort());
  return (
    published.length + noted.length > 0 || Object.entries(items).some(([table, all]) => textOf(all.map(textOf).sort()) !== before(table))
  );
}

/** A slow answer comes after every function has timed out, the sweeper's included. */
const slowMsOf = ({ timeoutMs = DEFAULT_TIMEOUT_MS }: SubjectOptions) => Math.max(timeoutMs, MINUTE_MS) + MINUTE_MS;

/** One world: trouble, then none, until everything is done. */
async function runSubject(subject: Subject, options: SubjectOptions, { deliveries, prints, ...conditions }: RunConditions): Promise<Run> {
  const world = createWorld({ ...conditions, slowMs: slowMsOf(options), globals: { prints } });
  const stage = createStage(world, subject, options);
  for (const [index, given] of options.messages.entries()) {
    // A queue with an order is filled in order.
    if (options.ordered) stage.deliver(given, index);
    else world.clock.after(world.rng.next() * DELIVERY_MS, () => stage.deliver(given, index));
    if (deliveries === 2) world.clock.after(world.rng.next() * 2 * DELIVERY_MS, () => stage.deliver(given, index));
  }
  await world.run(CHAOS_MS);
  world.heal();
  let isDrained = await drain(stage);
  if (isDrained && (await redrive(stage))) isDrained = await drain(stage);
  return { stage, view: viewOf(stage), isDrained };
}

/** Dead letters come back once, as an operator brings them back when the trouble is over: then they have to take effect, exactly once. */
async function redrive({ world, queueUrl, deadLetterQueueUrl, options }: Stage): Promise<boolean> {
  const letters = world.sqs.peek(world.sqs.queueArn(deadLetterQueueUrl));
  if (letters.length === 0) return false;
  world.call('sqs', 'PurgeQueue', { QueueUrl: deadLetterQueueUrl });
  await world.run(MINUTE_MS);
  for (const { body, messageId } of letters) {
    const order = options.ordered ? { MessageGroupId: messageId, MessageDeduplicationId: messageId } : {};
    world.call('sqs', 'SendMessage', { QueueUrl: queueUrl, MessageBody: body, ...order });
  }
  world.history.record('redrive', { letters: letters.length });
  return true;
}

async function drain(stage: Stage): Promise<boolean> {
  const { world } = stage;
  const until = world.clock.now() + DRAIN_MS;
  do await world.run(STEP_MS);
  while (world.clock.now() < until && !isQuiet(stage));
  return isQuiet(stage);
}

/** Nothing waits or travels anywhere. */
function isQuiet(stage: Stage): boolean {
  const { visible, inFlight, delayed } = stage.world.sqs.stats(stage.world.sqs.queueArn(stage.queueUrl));
  return visible + inFlight + delayed === 0 && isPublished(stage);
}

/** No call is under way, and everything that was committed has come out. */
export function isPublished({ world, options }: Stage): boolean {
  if (world.calls.open > 0) return false;
  return !options.publishes?.length || world.dynamodb.scanTable(OUTBOX_TABLE).every((row) => !isPending(row as never));
}

const isPending = ({ state }: { readonly state?: Text }) => state?.S.startsWith('PENDING') === true;
