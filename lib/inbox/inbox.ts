import type { Guard, Item, Table } from '../unit-of-work/unit-of-work.ts';
import { INBOX_ATTRIBUTES, markerPrefix } from './inbox.contract.ts';

/** One handling of one message by one consumer. */
export interface Handling {
  readonly consumer: string;
  readonly messageId: string;
  readonly type: string;
  /** A hash of what the message says: tells two contents under one message id apart. */
  readonly fingerprint: string;
  /** Fresh for each run: by it a run knows its own marker, and a lease its owner. */
  readonly token: string;
}

/** How a message stands with a consumer. */
export type Standing =
  /** Not handled, or so long ago that its marker has expired. */
  | { readonly kind: 'open' }
  /** Handled. */
  | { readonly kind: 'done' }
  /** A message of this id was handled, and it said something else. */
  | { readonly kind: 'mismatch' }
  /** Another run holds the lease until the given time (epoch milliseconds). */
  | { readonly kind: 'running'; readonly until: number }
  /** A run that could be the only one began and left no outcome: it may have had its effects, and nothing runs the message again. */
  | { readonly kind: 'started' };

/** Where markers live and how long they are kept. */
export interface MarkerOptions {
  readonly table: Table;
  readonly retentionMs: number;
}

const { pk, expiresAt } = INBOX_ATTRIBUTES;

/** The inbox table as a unit of work sees it. */
export function inboxTable(name: string): Table {
  return { name, partitionKey: pk };
}

/** The key of a marker. Both parts are case-sensitive, and the consumer is part of it: two consumers of one event both run. */
export function markerKey(consumer: string, messageId: string): string {
  return `${markerPrefix(consumer)}${messageId}`;
}

/** The key of the attempts of one message. */
export function attemptsKey(consumer: string, messageId: string): string {
  return `ATTEMPTS#${consumer}#${messageId}`;
}

/** Epoch seconds at which what is written now expires. */
export function expiryOf(now: number, retentionMs: number): number {
  return Math.floor((now + retentionMs) / 1000);
}

/**
 * A marker may be written where there is none, where it has expired (DynamoDB's TTL deletes days late, so the condition decides), or
 * where a lease has run out. Not where the only run that there may be has begun (`STARTED`), however long ago.
 */
export const FREE_AT: string = `attribute_not_exists(${pk}) OR ${expiresAt} < :seconds OR (#state = :running AND leaseUntil < :now)`;

/** The values of `FREE_AT`. */
export function freeAtValues(now: number): Record<string, unknown> {
  return { ':seconds': Math.floor(now / 1000), ':now': now, ':running': 'RUNNING' };
}

/** The only run that there may be has begun, and its time is over: as `standingOf` tells `started` from a run that may still go on. */
export const ENDED_START: string = '#state = :started AND leaseUntil < :now';

/** The values of `ENDED_START`. */
export function endedStartValues(now: number): Record<string, unknown> {
  return { ':started': 'STARTED', ':now': now };
}

/** Only the owner of a lease ends it or gives it back. */
export const OWNED: string = '#owner = :me AND #state IN (:running, :started)';

/** The names in `OWNED`. */
export const OWNED_NAMES = { '#state': 'state', '#owner': 'owner' } as const;

/** The values of `OWNED`. */
export function ownedValues(token: string): Record<string, unknown> {
  return { ':running': 'RUNNING', ':started': 'STARTED', ':me': token };
}

/** The write that goes in front of a unit: the marker and the effect are one transaction, so neither exists without the other. */
export function markerWrite(handling: Handling, now: number, { table, retentionMs }: MarkerOptions): Guard {
  return {
    kind: 'put',
    table,
    item: {
      [pk]: markerKey(handling.consumer, handling.messageId),
      state: 'DONE',
      commit: handling.token,
      fingerprint: handling.fingerprint,
      consumer: handling.consumer,
      type: handling.type,
      doneAt: new Date(now).toISOString(),
      [expiresAt]: expiryOf(now, retentionMs),
    },
    condition: { expression: FREE_AT, names: { '#state': 'state' }, values: freeAtValues(now) },
  };
}

/** The write that ends a lease: only its owner may, so a run that lost its lease to another cannot complete over it. */
export function completionWrite(handling: Handling, now: number, { table, retentionMs }: MarkerOptions): Guard {
  return {
    kind: 'update',
    table,
    key: { [pk]: markerKey(handling.consumer, handling.messageId) },
    update: {
      expression: `SET #state = :done, #commit = :me, fingerprint = :fingerprint, doneAt = :doneAt, ${expiresAt} = :expiresAt REMOVE leaseUntil`,
      names: { '#state': 'state', '#commit': 'commit' },
      values: {
        ':done': 'DONE',
        ':me': handling.token,
        ':fingerprint': handling.fingerprint,
        ':doneAt': new Date(now).toISOString(),
        ':expiresAt': expiryOf(now, retentionMs),
      },
    },
    condition: {
      expression: OWNED,
      names: OWNED_NAMES,
      values: ownedValues(handling.token),
    },
  };
}

/** Reads a marker. A fingerprint is compared only with that of a handled message: one that is still failing may be edited. */
export function standingOf(marker: Item | undefined, handling: Pick<Handling, 'fingerprint'>, now: number): Standing {
  if (marker === undefined || Number(marker[expiresAt]) < Math.floor(now / 1000)) return { kind: 'open' };
  if (marker['state'] === 'RUNNING') {
    const until = Number(marker['leaseUntil']);
    return until < now ? { kind: 'open' } : { kind: 'running', until };
  }
  if (marker['state'] === 'STARTED') {
    const until = Number(marker['leaseUntil']);
    return until < now ? { kind: 'started' } : { kind: 'running', until };
  }
  return marker['fingerprint'] === handling.fingerprint ? { kind: 'done' } : { kind: 'mismatch' };
}
