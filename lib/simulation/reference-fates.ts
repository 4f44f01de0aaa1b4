import { ATTEMPTS, FLAKY_FAILURES, type ModelMessage, type ReferenceModel, type Subscriber, takes } from './reference-model.ts';
import { lineOf, type Observed, sequenceOf, wasPublished } from './reference-view.ts';

/** Where a message is at one of its subscribers: its effect is there, it was given up, it waits, or none of that. */
export type Standing = 'done' | 'dead' | 'queued' | 'nowhere';

/** A message at one of its subscribers. */
interface Place {
  readonly subscriber: Subscriber;
  readonly message: ModelMessage;
}

/** Where a message may end, once everything has come to rest. */
export function standings(model: ReferenceModel, seen: Observed, { subscriber, message }: Place): readonly Standing[] {
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
export function alone(model: ReferenceModel, { name, ordered }: Subscriber, { id, health }: ModelMessage): readonly Standing[] {
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
