import type { ModelMessage, ModelUnit, ReferenceModel } from './reference-model.ts';

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

/** The published messages of a key by their numbers, each with its place in its unit. */
export function lineOf(model: ReferenceModel, seen: Observed, key: string) {
  const line = model.units.flatMap((unit) =>
    unit.messages.flatMap((message, place) => {
      const sequence = message.key === key ? sequenceOf(seen, message.id) : undefined;
      return sequence === undefined ? [] : [{ unit, message, place, sequence }];
    }),
  );
  return line.sort((a, b) => a.sequence - b.sequence);
}

/** A unit whose caller was never told exists if its items do. */
export function existingMessages(model: ReferenceModel, seen: Observed): readonly ModelMessage[] {
  const exists = ({ fate, messages }: ModelUnit) =>
    fate === 'committed' || (fate === 'unknown' && seen.written.includes(messages[0]?.id ?? ''));
  return model.units.filter(exists).flatMap(({ messages }) => messages);
}

/** Whether a topic has taken it. */
export const wasPublished = (seen: Observed, id: string): boolean => seen.publications.some((publication) => publication.id === id);

/** Its number in its key, as it was published. */
export const sequenceOf = (seen: Observed, id: string): number | undefined =>
  seen.publications.find((publication) => publication.id === id)?.sequence;
