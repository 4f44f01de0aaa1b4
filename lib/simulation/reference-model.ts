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

/** Where a message is at one of its subscribers: its effect is there, it was given up, it waits, or none of that. */
type Standing = 'done' | 'dead' | 'queued' | 'nowhere';

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

/** One acceptance of a message by a topic. */
export interface Publication {
  readonly id: string;
  readonly topic: string;
  readonly messageId: string;
  readonly body: string;
  readonly key: string | undefined;
  readonly sequence: number | undefined;
  /** The subscribers whose filter let it through then. */
  readonly reaches: readonly string[];
}

/** One message that was given up. */
export interface Letter {
  readonly body: string;
  readonly id: string;
  readonly reason: string | undefined;
}

/** The pipeline as one can see it from outside, at one moment. */
export interface Observed {
  /** Ids of the business items. */
  readonly written: readonly string[];
  /** All acceptances so far, in their order. */
  readonly publications: readonly Publication[];
  /** Ids of messages set aside before their publication, and the number of those that wait for theirs. */
  readonly parked: readonly string[];
  readonly pending: number;
  /** By subscriber: ids as often as they took effect, ids that wait, and what was given up. */
  readonly applied: ReadonlyMap<string, readonly string[]>;
  readonly queued: ReadonlyMap<string, readonly string[]>;
  readonly letters: ReadonlyMap<string, readonly Letter[]>;
  /** By key, the sequence numbers that the ordered subscriber applied, in its order. */
  readonly order: ReadonlyMap<string, readonly number[]>;
  /** What subscribers published: its id, and the message that it answers. */
  readonly replies: readonly { readonly to: string; readonly messageId: string }[];
}

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

/** Attempts of a message before it is given up, and how many of them the flaky ones need. */
const ATTEMPTS = 5;
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

/** What never may be, at any moment. */
export function violations(model: ReferenceModel, seen: Observed): readonly string[] {
  const wrong = [
    ...model.units.flatMap((unit) => atomicity(unit, seen)),
    ...identities(seen),
    ...orderOfKeys(model, seen),
    ...wrongReplies(model, seen),
  ];
  const existing = new Map(existingMessages(model, seen).map((message) => [message.id, message]));
  for (const { id, topic } of seen.publications) if (!existing.has(id)) wrong.push(`G2 ${topic} took ${id}, which is not committed`);
  for (const subscriber of model.subscribers) {
    const { name } = subscriber;
    const applied = seen.applied.get(name) ?? [];
    for (const [id, times] of counted(applied)) {
      const message = existing.get(id);
      if (times > 1) wrong.push(`G3 ${name} applied ${id} ${times} times`);
      if (!message || !takes(subscriber, message)) wrong.push(`G2 ${name} applied ${id}, which is not committed for it`);
      else if (!canSucceed(model, message)) wrong.push(`G2 ${name} applied ${id}, whose handler never succeeds`);
    }
    for (const letter of seen.letters.get(name) ?? []) wrong.push(...letterFault(model, seen, { subscriber, letter, existing }));
  }
  return wrong;
}

/** What is not yet as it has to be once everything has come to rest. */
export function unsettled(model: ReferenceModel, seen: Observed): readonly string[] {
  const missing: string[] = seen.pending > 0 ? [`G12 ${seen.pending} messages wait for their publication`] : [];
  for (const message of existingMessages(model, seen)) {
    if (message.health === 'unpublishable' && !seen.parked.includes(message.id)) missing.push(`G6 ${message.id} is not parked`);
    for (const subscriber of model.subscribers) {
      const allowed = standings(model, seen, { subscriber, message });
      const standing = standingOf(seen, subscriber, message);
      if (!allowed.includes(standing)) missing.push(`G1 ${message.id} is ${standing} at ${subscriber.name}, not ${allowed.join(' or ')}`);
    }
  }
  for (const { subscriber, body, reason } of model.strangers) {
    const letters = seen.letters.get(subscriber) ?? [];
    if (!letters.some((letter) => letter.body === body && letter.reason === reason))
      missing.push(`G14 ${JSON.stringify(body.slice(0, 40))} is not given up by ${subscriber} as ${reason}`);
  }
  const answered = new Set(seen.replies.map(({ to }) => to));
  for (const id of repliesDue(model, seen)) if (!answered.has(id)) missing.push(`G1 what followed from ${id} was never published`);
  return missing;
}

interface Place {
  readonly subscriber: Subscriber;
  readonly message: ModelMessage;
}

/** The heart of it: where a message may end. */
function standings(model: ReferenceModel, seen: Observed, { subscriber, message }: Place): readonly Standing[] {
  const { ordered, name } = subscriber;
  const { health, id } = message;
  const reached = seen.publications.some((publication) => publication.id === id && publication.reaches.includes(name));
  if (!takes(subscriber, message) || health === 'unpublishable' || (!reached && wasPublished(seen, id))) return ['nowhere'];
  const free = alone(model, subscriber, message);
  if (!ordered) return free;
  const holders = holdersOf(model, seen, message);
  const ahead = holders.filter(({ sequence }) => sequence < (sequenceOf(seen, id) ?? 0));
  // A thousand receives, and SQS itself gives up a message that leaves no process alive.
  if (ahead.some((holder) => holder.health !== 'killer')) return ['queued'];
  return ahead.length > 0 || (holders.length > 0 && model.movedBack.has(id)) ? ['queued', ...free] : free;
}

/** Where it may end when nothing is in front of it. */
function alone(model: ReferenceModel, { name, ordered }: Subscriber, { id, health }: ModelMessage): readonly Standing[] {
  const isCured = model.cured.has(id);
  const wear = model.wear.get(name) ?? 0;
  switch (health) {
    case 'refused':
      return isCured ? ['done', 'dead'] : ['dead'];
    case 'killer':
    case 'failing':
    case 'slow':
      if (!ordered) return isCured ? ['done', 'dead'] : ['dead'];
      if (health === 'killer') return isCured ? ['done', 'dead'] : ['queued', 'dead'];
      return isCured ? ['done'] : ['queued'];
    default:
      // On an ordered queue a message that has used up its attempts holds its key and is tried again.
      return !ordered && wear + (health === 'flaky' ? FLAKY_FAILURES : 0) >= ATTEMPTS - 1 ? ['done', 'dead'] : ['done'];
  }
}

/** Messages of the same key that let nothing pass, with their numbers. */
function holdersOf(model: ReferenceModel, seen: Observed, { id, key }: ModelMessage) {
  const line = key === undefined ? [] : lineOf(model, seen, key).map(({ message, sequence }) => ({ ...message, sequence }));
  return line.filter((other) => other.id !== id && ['failing', 'slow', 'killer'].includes(other.health) && !model.cured.has(other.id));
}

function standingOf(seen: Observed, { name }: Subscriber, { id }: ModelMessage): Standing {
  const among = (ids: readonly string[] | undefined) => ids?.includes(id) === true;
  if (among(seen.applied.get(name))) return 'done';
  if (among(seen.letters.get(name)?.map((letter) => letter.id))) return 'dead';
  if (among(seen.queued.get(name))) return 'queued';
  return 'nowhere';
}

function letterFault(
  model: ReferenceModel,
  seen: Observed,
  { subscriber, letter, existing }: { subscriber: Subscriber; letter: Letter; existing: ReadonlyMap<string, ModelMessage> },
): readonly string[] {
  const { name } = subscriber;
  const isStranger = model.strangers.some((stranger) => stranger.subscriber === name && stranger.body === letter.body);
  if (isStranger) return [];
  const message = existing.get(letter.id);
  if (!message || !takes(subscriber, message)) return [`G2 ${name} gave up ${letter.id}, which is not committed for it`];
  const isWhole = model.copies.includes(letter.body) || seen.publications.some(({ body }) => body === letter.body);
  const expected = message.health === 'refused' ? 'HANDLER_PERMANENT' : 'ATTEMPTS_EXHAUSTED';
  const mayDie = message.health === 'refused' || alone({ ...model, cured: new Set() }, subscriber, message).includes('dead');
  return [
    ...(isWhole ? [] : [`G5 ${name} gave up ${letter.id} with another body`]),
    ...(mayDie ? [] : [`G13 ${name} gave up ${letter.id}, which can be handled`]),
    ...(letter.reason === expected || (letter.reason === undefined && subscriber.ordered)
      ? []
      : [`G5 ${name} gave up ${letter.id} as ${letter.reason}`]),
  ];
}

/** All of a unit or nothing (G2). */
function atomicity(unit: ModelUnit, seen: Observed): readonly string[] {
  const written = unit.messages.filter(({ id }) => seen.written.includes(id)).length;
  if (written > 0 && unit.fate === 'aborted') return [`G2 ${namesOf(unit)} was aborted and is written`];
  if (written < unit.messages.length && (written > 0 || unit.fate === 'committed'))
    return [`G1 ${written} of ${unit.messages.length} items of ${namesOf(unit)} are written`];
  return [];
}

/** One id and one number for each message, however often it is published, and each ordering key from 1 without a gap. */
function identities({ publications }: Observed): readonly string[] {
  const wrong: string[] = [];
  const first = new Map<string, Publication>();
  const next = new Map<string, number>();
  for (const publication of publications) {
    const { id, topic, key, messageId, body, sequence } = publication;
    const known = first.get(`${topic} ${id}`);
    if (known && (known.messageId !== messageId || known.body !== body)) wrong.push(`G3 ${id} was published as two messages`);
    if (known) continue;
    first.set(`${topic} ${id}`, publication);
    const line = `${topic} ${key}`;
    const expected = next.get(line) ?? 1;
    if (sequence !== undefined && sequence !== expected)
      wrong.push(`G4 ${topic} took ${id}, number ${sequence}, where ${expected} was next`);
    if (sequence !== undefined) next.set(line, sequence + 1);
  }
  return wrong;
}

/** A reply exists once, and only for what was applied. */
function wrongReplies(model: ReferenceModel, seen: Observed): readonly string[] {
  const due = repliesDue(model, seen);
  const ids = new Map<string, Set<string>>();
  for (const { to, messageId } of seen.replies) ids.set(to, (ids.get(to) ?? new Set()).add(messageId));
  return [...ids].flatMap(([to, messageIds]) => [
    ...(due.has(to) ? [] : [`G2 a message followed from ${to}, which was not applied`]),
    ...(messageIds.size === 1 ? [] : [`G3 ${messageIds.size} messages followed from ${to}`]),
  ]);
}

function repliesDue(model: ReferenceModel, seen: Observed): ReadonlySet<string> {
  const applied = model.subscribers.flatMap(({ ordered, name }) => (ordered ? [] : (seen.applied.get(name) ?? [])));
  const withoutKey = new Set(existingMessages(model, seen).flatMap(({ id, key }) => (key === undefined ? [id] : [])));
  return new Set(applied.filter((id) => withoutKey.has(id)));
}

/** The numbers of a key follow its commits, and the ordered subscriber follows the numbers (G4). */
function orderOfKeys(model: ReferenceModel, seen: Observed): readonly string[] {
  const wrong: string[] = [];
  for (const key of new Set(model.units.flatMap(({ messages }) => messages.flatMap((message) => message.key ?? [])))) {
    const line = lineOf(model, seen, key);
    for (const [at, later] of line.entries()) {
      const overtaken = line.slice(at + 1).find(({ unit }) => unit.endedAt < later.unit.begunAt);
      if (overtaken) wrong.push(`G4 ${later.message.id} came after ${overtaken.message.id} and has the smaller number`);
      const sibling = line[at + 1];
      if (sibling?.unit === later.unit && sibling.place < later.place) wrong.push(`G4 ${namesOf(later.unit)} is not numbered in its order`);
    }
    // What was given up leaves a gap, and may come back behind the others.
    const mayLeave = new Set(line.filter(({ message }) => ['refused', 'killer'].includes(message.health)).map(({ sequence }) => sequence));
    const expected = line.map(({ sequence }) => sequence).filter((sequence) => !mayLeave.has(sequence));
    const applied = (seen.order.get(key) ?? []).filter((sequence) => !mayLeave.has(sequence));
    if (applied.some((sequence, at) => sequence !== expected[at])) wrong.push(`G4 ${key} was applied as ${applied}, not as ${expected}`);
  }
  return wrong;
}

/** The published messages of a key by their numbers, each with its place in its unit. */
function lineOf(model: ReferenceModel, seen: Observed, key: string) {
  const line = model.units.flatMap((unit) =>
    unit.messages.flatMap((message, place) => {
      const sequence = message.key === key ? sequenceOf(seen, message.id) : undefined;
      return sequence === undefined ? [] : [{ unit, message, place, sequence }];
    }),
  );
  return line.sort((a, b) => a.sequence - b.sequence);
}

/** A unit whose caller was never told exists if its items do. */
function existingMessages(model: ReferenceModel, seen: Observed): readonly ModelMessage[] {
  const exists = ({ fate, messages }: ModelUnit) =>
    fate === 'committed' || (fate === 'unknown' && seen.written.includes(messages[0]?.id ?? ''));
  return model.units.filter(exists).flatMap(({ messages }) => messages);
}

const takes = ({ ordered }: Subscriber, { key }: ModelMessage) => !ordered || key !== undefined;
const canSucceed = (model: ReferenceModel, { id, health }: ModelMessage) => ['well', 'flaky'].includes(health) || model.cured.has(id);
const wasPublished = (seen: Observed, id: string) => seen.publications.some((publication) => publication.id === id);
const sequenceOf = (seen: Observed, id: string) => seen.publications.find((publication) => publication.id === id)?.sequence;
const namesOf = ({ messages }: ModelUnit) => messages.map(({ id }) => id).join('+');

function counted(ids: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
