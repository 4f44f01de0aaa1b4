import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import type { FailureRecord } from '../../dlq/failure-record.ts';
import type { Json } from '../../local/aws.ts';
import type { Item } from '../../unit-of-work/unit-of-work.ts';
import { withGlobals } from '../globals.ts';
import { createWorld } from '../world.ts';
import { textOf } from './compare.ts';
import { isPublished } from './experiment.ts';
import { createStage, DEFAULT_NAME, type Stage } from './stage.ts';
import { SubjectConfigError } from './subject.errors.ts';
import type { DeployOptions, Subject } from './subject.ts';
import type { SubjectView } from './subject-view.ts';
import type { Delivered, TestMessage } from './test-message.ts';
import { viewOf } from './view.ts';

/** What became of a message that was delivered once. */
export interface DeliveryResult {
  readonly id: string;
  /** `done`: acknowledged. `retried`: back in the queue, to be delivered again. `deadLettered`: parked for good. */
  readonly outcome: 'done' | 'retried' | 'deadLettered';
  /** Why it was dead-lettered, by a consumer of this library. */
  readonly failure: FailureRecord | undefined;
}

/** What one delivery did. */
export interface DeliveryOutcome extends SubjectView {
  /** One for each message that was delivered, in their order. */
  readonly messages: readonly DeliveryResult[];
  /** Why its code could not be loaded or a handler threw, and what the consumer warned of, e.g. why a message is tried again. */
  readonly warned: readonly string[];
}

/** What a test expects of one delivery; what is not named may be anything. */
export interface Expectations {
  /** What became of every message. */
  readonly outcome?: DeliveryResult['outcome'];
  /** Why every message was dead-lettered, e.g. `MESSAGE_INVALID` or `HANDLER_PERMANENT`. */
  readonly reason?: FailureRecord['reason'];
  /** All items of the named tables, in any order. */
  readonly items?: Readonly<Record<string, readonly Item[]>>;
  /** All messages that came out, in any order: definition, data and key are compared. */
  readonly published?: readonly TestMessage[];
  /** All effects that were noted, in any order. */
  readonly noted?: readonly { readonly name: string; readonly detail?: unknown }[];
}

/** A delivery that is about to happen. */
export interface When {
  /** Delivers, and holds the outcome against what is expected. Rejects with an `AssertionError` that test runners show as a difference. */
  then(expected: Expectations): Promise<DeliveryOutcome>;
  /** Delivers, and gives the outcome for assertions of any kind. */
  outcome(): Promise<DeliveryOutcome>;
}

/** Where a delivery starts from. */
export interface Given {
  /** Delivers the messages together, once, in a world in which nothing goes wrong; at most ten, which is one batch. */
  when(...messages: readonly Delivered[]): When;
}

/**
 * One delivery to a subject, in a world in which nothing goes wrong: given what is in its tables, when messages arrive, then it has done
 * what is expected.
 *
 * @example
 * await given(() => [on(OrderPlaced, ship)], { tables: [shipments], items: { shipments: [{ orderId: 'order-1', state: 'held' }] } })
 *   .when(message(OrderPlaced, { orderId: 'order-1' }))
 *   .then({ outcome: 'done', items: { shipments: [{ orderId: 'order-1', state: 'shipped' }] } });
 */
export function given(subject: Subject, options: DeployOptions = {}): Given {
  return {
    when(...messages) {
      const outcome = () => withGlobals(() => deliverOnce(subject, options, messages));
      // Whoever awaits the delivery itself gets its outcome, as from a promise.
      const then = (expected: Expectations | (() => void), onRejected?: () => void) =>
        typeof expected === 'function' ? outcome().then(expected, onRejected) : outcome().then((done) => hold(done, expected));
      return { then, outcome } as When;
    },
  };
}

const MAX_BATCH = 10;
const STEP_MS = 20;
const LIMIT_MS = 16 * 60_000;

async function deliverOnce(subject: Subject, options: DeployOptions, messages: readonly Delivered[]): Promise<DeliveryOutcome> {
  if (messages.length === 0 || messages.length > MAX_BATCH) {
    throw new SubjectConfigError(`when() is given ${messages.length} messages; it takes 1 to ${MAX_BATCH}, which are one batch`);
  }
  const world = createWorld({ seed: 1, hostile: false, globals: { prints: true } });
  const stage = createStage(world, subject, { ...options, batchSize: MAX_BATCH });
  const setMapping = (settings: Json) => world.mappings.update({ UUID: stage.mapping, ...settings });
  setMapping({ Enabled: false });
  await world.run(1_000);
  const entries = messages.map((one, index) => stage.deliver(one, index));
  setMapping({ Enabled: true });
  await runUntil(stage, () => invocationsEnded(stage) > 0);
  setMapping({ Enabled: false });
  await runUntil(stage, () => isPublished(stage));
  const view = viewOf(stage);
  const waiting = new Set(world.sqs.peek(world.sqs.queueArn(stage.queueUrl)).map(({ body }) => body));
  return {
    ...view,
    warned: stage.warned,
    messages: entries.map(({ id, body }) => {
      const dead = view.deadLettered.find((letter) => letter.body === body);
      return { id, outcome: dead ? 'deadLettered' : waiting.has(body) ? 'retried' : 'done', failure: dead?.failure };
    }),
  };
}

async function runUntil({ world }: Stage, isOver: () => boolean): Promise<void> {
  const until = world.clock.now() + LIMIT_MS;
  do await world.run(STEP_MS);
  while (!isOver() && world.clock.now() < until);
}

const invocationsEnded = ({ world, options: { name = DEFAULT_NAME } }: Stage) => {
  const { events } = world.history;
  const ours = new Set(
    events.filter(({ kind, detail }) => kind === 'invoke' && detail['function'] === name).map(({ detail }) => detail['requestId']),
  );
  return events.filter(({ kind, detail }) => kind === 'invoked' && ours.has(detail['requestId'])).length;
};

function hold(outcome: DeliveryOutcome, expected: Expectations): DeliveryOutcome {
  const [wanted, got] = [expectedShape(expected), actualShape(outcome, expected)];
  if (isDeepStrictEqual(got, wanted)) return outcome;
  const warned = outcome.warned.length > 0 ? `\nThe consumer warned:\n  ${[...new Set(outcome.warned)].join('\n  ')}` : '';
  const message = `the delivery did\n  ${textOf(got)}\nand should have done\n  ${textOf(wanted)}${warned}`;
  throw new AssertionError({ message, actual: got, expected: wanted, operator: 'deepStrictEqual', stackStartFn: hold });
}

function expectedShape({ items, published, noted, ...rest }: Expectations): Json {
  return {
    ...rest,
    ...(items && { items: Object.fromEntries(Object.entries(items).map(([table, all]) => [table, sorted(all)])) }),
    ...(published && { published: sorted(published.map(shapeOf)) }),
    ...(noted && { noted: sorted(noted) }),
  };
}

function actualShape(outcome: DeliveryOutcome, expected: Expectations): Json {
  const { messages, items, published, noted } = outcome;
  const common = <Value>(values: readonly Value[]) => (new Set(values).size === 1 ? values[0] : values);
  return {
    ...(expected.outcome !== undefined && { outcome: common(messages.map((one) => one.outcome)) }),
    ...(expected.reason !== undefined && { reason: common(messages.map(({ failure }) => failure?.reason)) }),
    ...(expected.items && { items: Object.fromEntries(Object.keys(expected.items).map((table) => [table, sorted(items[table] ?? [])])) }),
    ...(expected.published && { published: sorted(published.map(({ type, version, key, data }) => ({ type, version, key, data }))) }),
    ...(expected.noted && { noted: sorted(noted.map(({ name, detail }) => (detail === undefined ? { name } : { name, detail }))) }),
  };
}

function shapeOf({ definition, data, fields }: TestMessage): Json {
  const { name: type, version } = definition;
  return { type, version, key: fields.key ?? definition.key(data), data };
}

const sorted = <Value>(values: readonly Value[]): readonly Value[] => [...values].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
