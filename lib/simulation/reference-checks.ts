import { alone, type Standing, standings } from './reference-fates.ts';
import { canSucceed, type ModelMessage, type ModelUnit, namesOf, type ReferenceModel, type Subscriber, takes } from './reference-model.ts';
import { existingMessages, type Letter, lineOf, type Observed, type Publication } from './reference-view.ts';

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
  // What leaves no process alive may be given up by SQS itself, which says no reason.
  const mayDie = message.health === 'refused' || alone({ ...model, cured: new Set() }, subscriber, message).includes('dead');
  return [
    ...(isWhole ? [] : [`G5 ${name} gave up ${letter.id} with another body`]),
    ...(mayDie ? [] : [`G13 ${name} gave up ${letter.id}, which it has to keep`]),
    ...(letter.reason === expected || (letter.reason === undefined && message.health === 'killer')
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

function counted(ids: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
