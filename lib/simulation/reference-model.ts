/**
 * What the pipeline promises, as a program that is small enough to be read as its specification: who commits what, and from that where
 * every message may be. It knows nothing of outboxes, streams, queues and inboxes. A test drives it beside the pipeline and compares.
 */

/** What becomes of a message at its consumers, until a deployment cures it. */
export type Health = (typeof HEALTHS)[number];

/**
 * `flaky` fails twice and then works, `refused` fails for good, `failing` fails every time, `killer` takes its process with it, `slow` never
 * ends, `unpublishable` is taken by no topic.
 */
export const HEALTHS = ['well', 'flaky', 'refused', 'failing', 'killer', 'slow', 'unpublishable'] as const;

/**
 * One that subscribes to the messages: to those with a key in their order, or to all of them in any order; the latter answers each message
 * without a key with one of its own.
 */
export interface Subscriber {
  readonly name: string;
  readonly ordered: boolean;
}

/** One message of a unit of work. */
export interface ModelMessage {
  readonly id: string;
  readonly key: string | undefined;
  readonly health: Health;
}

/** Writes and messages that exist together or not at all. */
export interface ModelUnit {
  readonly messages: readonly ModelMessage[];
  /** The idempotency key: of all units under one key at most one is committed. */
  readonly request: string;
  /** When somebody first tried to commit it, and when somebody was told that it is committed; in any unit that grows. */
  readonly begunAt: number;
  endedAt: number;
  fate: 'unknown' | 'committed' | 'aborted';
  /** Whether a try that was never answered may have written it, or may still do so. */
  inDoubt: boolean;
}

/** What a caller is told: committed now, committed before, or nothing written for one reason or another. */
export type Answer = 'committed' | 'duplicate' | 'reused' | 'refused' | 'unknown';

/** Body and reason of a message that nobody can read, and whose queue it was put in. */
interface Stranger {
  readonly subscriber: string;
  readonly body: string;
  readonly reason: string;
}

/** Everything that the model knows. */
export interface ReferenceModel {
  readonly subscribers: readonly Subscriber[];
  readonly units: ModelUnit[];
  readonly strangers: Stranger[];
  /** Copies of messages that somebody else put into a queue, stamped anew. */
  readonly copies: string[];
  /** Messages whose trouble was repaired. */
  readonly cured: Set<string>;
  /** Messages that were moved back into a queue, behind what waits there. */
  readonly movedBack: Set<string>;
  /** By subscriber, what may have cost messages attempts that were not their own: calls that failed, neighbours that killed the process. */
  readonly wear: Map<string, number>;
}

/** Attempts of a message before it is given up. */
export const ATTEMPTS = 5;

/** How many of them a flaky message fails. */
export const FLAKY_FAILURES = 2;

/** Nothing has happened. */
export function createReferenceModel(subscribers: readonly Subscriber[]): ReferenceModel {
  return { subscribers, units: [], strangers: [], copies: [], cured: new Set(), movedBack: new Set(), wear: new Map() };
}

/** Somebody tries to commit a unit for the first time. */
export function begin(model: ReferenceModel, unit: Pick<ModelUnit, 'messages' | 'request' | 'begunAt'>): ModelUnit {
  const begun: ModelUnit = { ...unit, endedAt: Number.POSITIVE_INFINITY, fate: 'unknown', inDoubt: false };
  model.units.push(begun);
  return begun;
}

/** Somebody tries again to commit a unit. */
export function beginAgain(unit: ModelUnit): void {
  if (unit.fate === 'unknown') unit.inDoubt = true;
  if (unit.fate === 'aborted') unit.fate = 'unknown';
}

/** What a try to commit was answered. Returns what is wrong with the answer. */
export function answer(model: ReferenceModel, unit: ModelUnit, { said, at }: { readonly said: Answer; readonly at: number }): string[] {
  const rivals = model.units.filter((other) => other !== unit && other.request === unit.request);
  const wrong: string[] = [];
  if (said === 'committed' || said === 'duplicate') {
    if (said === 'committed' && unit.fate === 'committed') wrong.push(`G3 ${namesOf(unit)} was committed twice`);
    if (said === 'duplicate' && !unit.inDoubt && unit.fate !== 'committed')
      wrong.push(`G1 ${namesOf(unit)} is no duplicate, it was never written`);
    if (rivals.some(({ fate }) => fate === 'committed')) wrong.push(`G3 two units are committed under ${unit.request}`);
    for (const rival of rivals) rival.fate = 'aborted';
    unit.fate = 'committed';
    unit.endedAt = Math.min(unit.endedAt, at);
  }
  if (said === 'reused') {
    const possible = rivals.filter(({ fate }) => fate !== 'aborted');
    if (unit.fate === 'committed' || possible.length === 0)
      wrong.push(`G1 ${namesOf(unit)} is refused in favour of a unit that there is not`);
    if (possible.length === 1 && possible[0]) possible[0].fate = 'committed';
    unit.fate = 'aborted';
  }
  if (said === 'refused' && unit.fate === 'unknown' && !unit.inDoubt) unit.fate = 'aborted';
  return wrong;
}

/** Handlers are repaired for every message so far; those to come may be ill again. */
export function cure(model: ReferenceModel): void {
  for (const { id } of model.units.flatMap(({ messages }) => messages)) model.cured.add(id);
}

/** Something may have cost the messages of a subscriber an attempt. */
export function wearOut(model: ReferenceModel, subscriber: string, times = 1): void {
  model.wear.set(subscriber, (model.wear.get(subscriber) ?? 0) + times);
}

/** Whether the messages of a subscriber include this one. */
export const takes = ({ ordered }: Subscriber, { key }: ModelMessage): boolean => !ordered || key !== undefined;

/** Whether a handler can ever be done with a message. */
export const canSucceed = (model: ReferenceModel, { id, health }: ModelMessage): boolean =>
  ['well', 'flaky'].includes(health) || model.cured.has(id);

/** A unit in words. */
export const namesOf = ({ messages }: ModelUnit): string => messages.map(({ id }) => id).join('+');
