import type { FailureStatus } from '../dlq/failure.ts';

/** A message in the failure store, and how its failure stands. */
export interface KeptMessage {
  readonly id: string;
  readonly status: FailureStatus;
}

/** What a checker knows of one message, as a pure function of the history and the final state. */
export interface Accounts {
  /** Message ids whose unit was acknowledged as committed. */
  readonly committed: readonly string[];
  /** Message ids whose unit ended without a known outcome: they may exist or not, but not in between. */
  readonly unknown: readonly string[];
  /** Ids of messages that never were part of any unit's attempt cannot appear anywhere; these are all that were attempted. */
  readonly attempted: readonly string[];
  /** Consumers, each with the ids whose effect is in its table, once per effect (an id twice = two effects). */
  readonly effects: ReadonlyMap<string, readonly string[]>;
  /** Per consumer, ids in its dead-letter queue. */
  readonly deadLettered: ReadonlyMap<string, readonly string[]>;
  /** Per consumer, what the failure store keeps of its messages. @default - there is no failure store */
  readonly kept?: ReadonlyMap<string, readonly KeptMessage[]>;
  /** Ids parked in the outbox. */
  readonly parked: readonly string[];
  /** Per consumer, whether it subscribes to the message. */
  readonly subscribes: (consumer: string, messageId: string) => boolean;
}

/** A promise that a run broke. */
export interface Violation {
  /** Its number in docs/guarantees.md. */
  readonly guarantee: 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6' | 'G7' | 'G12' | 'G13' | 'G14';
  readonly message: string;
}

/** A failure that stands otherwise is behind its message: it was sent back, had been handled, or a copy has taken its place. */
const PLACES: ReadonlySet<FailureStatus> = new Set(['open', 'parked', 'redriving', 'archived']);

/**
 * Conservation (G6) with its parts, after the drain phase: every committed message is done, dead-lettered, in the failure store or parked
 * for each of its subscribers (G1); nothing appears that was never attempted (G2); no effect happens twice (G3); what was sent back from the
 * failure store is somewhere (G7).
 * The classes are those of Jepsen's total-queue checker: lost, unexpected, duplicated, and recovered for unknown acknowledgements.
 */
export function checkConservation(accounts: Accounts): readonly Violation[] {
  const violations: Violation[] = [];
  const attempted = new Set(accounts.attempted);
  const parked = new Set(accounts.parked);
  const existing = new Set(accounts.committed);
  for (const id of accounts.unknown) if (appears(accounts, id)) existing.add(id);

  for (const [consumer, effects] of accounts.effects) {
    const done = countById(effects);
    const dead = new Set(accounts.deadLettered.get(consumer) ?? []);
    const kept = accounts.kept?.get(consumer) ?? [];
    const standing = new Set(kept.filter(({ status }) => PLACES.has(status)).map(({ id }) => id));
    for (const [id, count] of done) {
      if (!attempted.has(id)) violations.push({ guarantee: 'G2', message: `${consumer} applied ${id}, which was never committed` });
      if (count > 1) violations.push({ guarantee: 'G3', message: `${consumer} applied ${id} ${count} times` });
    }
    for (const id of existing) {
      if (!accounts.subscribes(consumer, id) || done.has(id) || dead.has(id) || standing.has(id) || parked.has(id)) continue;
      const worked = kept.find((one) => one.id === id);
      if (worked)
        violations.push({ guarantee: 'G7', message: `${consumer} never applied ${id}, which the failure store has as ${worked.status}` });
      else
        violations.push({ guarantee: 'G1', message: `${consumer} never saw ${id}: committed, and neither done, dead-lettered nor parked` });
    }
  }
  return violations;
}

/** First effects of one key must come in the order of their sequence, without a skip (G4). */
export function checkOrder(applied: readonly { readonly key: string; readonly sequence: number }[]): readonly Violation[] {
  const last = new Map<string, number>();
  const violations: Violation[] = [];
  for (const { key, sequence } of applied) {
    const expected = (last.get(key) ?? 0) + 1;
    if (sequence !== expected)
      violations.push({ guarantee: 'G4', message: `key ${key}: applied sequence ${sequence} where ${expected} was next` });
    last.set(key, Math.max(sequence, last.get(key) ?? 0));
  }
  return violations;
}

function appears(accounts: Accounts, id: string): boolean {
  const kept = [...(accounts.kept?.values() ?? [])].map((messages) => messages.map((message) => message.id));
  const places = [...accounts.effects.values(), ...accounts.deadLettered.values(), ...kept, accounts.parked];
  return places.some((ids) => ids.includes(id));
}

function countById(ids: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
