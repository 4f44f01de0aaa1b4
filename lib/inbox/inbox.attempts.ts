import type { AttemptTally } from '../retry/attempts.ts';
import { MAX_HISTORY, NO_ATTEMPTS } from '../retry/attempts.ts';
import type { AttemptNote } from '../retry/dead-letter.ts';
import type { Item } from '../unit-of-work/unit-of-work.ts';
import type { ItemChange } from './inbox.dynamodb.ts';

/** One run of one message, for the books. */
export interface RunEntry {
  readonly key: string;
  /** Fresh for each run: the same entry made twice, because its answer was lost, counts once. */
  readonly run: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

/** How a run ended, for the books. */
export interface RunEnd {
  /** Whether its beginning was entered; that of a first receive is not. `perhaps` when the answer was lost: then the end counts if the beginning did. */
  readonly begun: boolean | 'perhaps';
  /** The failure that it is charged for; without one the run costs nothing (throttle, conflict, deadline). */
  readonly failure?: AttemptNote;
  /** The history known so far. */
  readonly history: readonly AttemptNote[];
  /** The next run is not to begin before (epoch milliseconds), where that is longer than a queue can hide a message. */
  readonly notBefore?: number;
}

/** Enters the beginning of a run, before it: one update, from the second receive on. */
export function beginChange({ key, run, expiresAt }: RunEntry): ItemChange {
  return {
    key,
    update: 'ADD #started :one SET lastBegun = :run, expiresAt = :expiresAt',
    condition: 'attribute_not_exists(lastBegun) OR lastBegun <> :run',
    names: { '#started': 'started' },
    values: { ':one': 1, ':run': run, ':expiresAt': expiresAt },
  };
}

/** Enters the end of a run. A failed first receive enters its beginning too, so that it never looks like a crash. */
export function endChange({ key, run, expiresAt }: RunEntry, { begun, failure, history, notBefore }: RunEnd): ItemChange {
  const counters = ['#settled :one', ...(begun ? [] : ['#started :one']), ...(failure ? ['#failed :one'] : [])];
  const kept = failure ? [...history, failure].slice(-MAX_HISTORY) : [];
  return {
    key,
    update: `ADD ${counters.join(', ')} SET lastEnded = :run, expiresAt = :expiresAt${failure ? ', #history = :history' : ''}${notBefore === undefined ? '' : ', notBefore = :notBefore'}`,
    condition: `${begun === 'perhaps' ? 'lastBegun = :run AND ' : ''}(attribute_not_exists(lastEnded) OR lastEnded <> :run)`,
    names: {
      '#settled': 'settled',
      ...(begun ? {} : { '#started': 'started' }),
      ...(failure ? { '#failed': 'failed', '#history': 'history' } : {}),
    },
    values: {
      ':one': 1,
      ':run': run,
      ':expiresAt': expiresAt,
      ...(failure ? { ':history': kept } : {}),
      ...(notBefore === undefined ? {} : { ':notBefore': notBefore }),
    },
  };
}

/** Reads the books of a message; nothing written yet is no attempts. */
export function tallyOf(item: Item | undefined): AttemptTally {
  if (item === undefined) return NO_ATTEMPTS;
  const count = (name: string) => (typeof item[name] === 'number' ? item[name] : 0);
  const history = Array.isArray(item['history']) ? (item['history'] as AttemptNote[]) : [];
  const notBefore = typeof item['notBefore'] === 'number' ? { notBefore: item['notBefore'] } : {};
  return { started: count('started'), settled: count('settled'), failed: count('failed'), history, ...notBefore };
}
