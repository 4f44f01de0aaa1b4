import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import { requiredEnv } from '../core/env.ts';
import type { Rng } from '../core/rng.ts';
import { systemRng } from '../core/rng.ts';
import type { AttemptTally } from '../retry/attempts.ts';
import { sharedDynamoDb } from '../unit-of-work/shared-client.ts';
import type { Guard, Item } from '../unit-of-work/unit-of-work.ts';
import { beginChange, endChange, type RunEnd, tallyOf } from './inbox.attempts.ts';
import { INBOX_ENV, INBOX_RETENTION_DAYS, MIN_RETENTION_DAYS } from './inbox.contract.ts';
import { createInboxStore, type InboxClient, type InboxStore } from './inbox.dynamodb.ts';
import { InboxConfigError } from './inbox.errors.ts';
import {
  attemptsKey,
  completionWrite,
  ENDED_START,
  endedStartValues,
  expiryOf,
  FREE_AT,
  freeAtValues,
  type Handling,
  inboxTable,
  markerKey,
  markerWrite,
  OWNED,
  OWNED_NAMES,
  ownedValues,
  type Standing,
  standingOf,
} from './inbox.ts';

/** How an inbox is made; everything has a default inside a function that the `Consumer` construct deployed. */
export interface InboxOptions {
  /** A DynamoDB client created with `maxAttempts: 1`. Consumers commit through it too. @default - one client per process */
  readonly client?: InboxClient;
  /** The inbox table's name. @default - the environment variable `POSTHASTE_INBOX_TABLE` */
  readonly table?: string;
  /** How long a marker is kept, in days; 2 and more. @default - `POSTHASTE_INBOX_RETENTION_DAYS`, or 60 */
  readonly retentionDays?: number;
  /** Tells consumers of one name apart that share the table. @default - `POSTHASTE_INBOX_SCOPE`, or none */
  readonly scope?: string;
  readonly clock?: Clock;
  readonly rng?: Rng;
}

/** What the inbox knows of one message before it is run. */
export interface InboxEntry {
  readonly marker: Item | undefined;
  readonly attempts: AttemptTally;
}

/** One run of one message. */
export interface InboxRun {
  readonly consumer: string;
  readonly messageId: string;
  /** Fresh for each run. */
  readonly run: string;
}

/** Bounds a call in time. */
export interface Until {
  /** No try starts at or after this time (epoch milliseconds). */
  readonly until?: number;
}

/**
 * Remembers which messages a consumer has handled.
 *
 * Promise: of all runs of one message by one consumer, exactly one commits the guard, and with it its unit of work.
 * No promise: effects outside the unit's transaction happen at least once; a message that comes back after the retention may run again.
 */
export interface Inbox {
  /** The client through which units with this inbox's guards commit. */
  readonly client: InboxClient;
  readonly retentionMs: number;
  /** The guard of a handler whose effect is its unit: marker and effect are one transaction. */
  guard(handling: Handling): Guard;
  /** The guard of a handler with a lease: completes it, if the run still owns it. */
  completion(handling: Handling): Guard;
  /** What a marker found in place of ours means. */
  standing(marker: Item | undefined, handling: Handling): Standing;
  /** Markers and attempts of several messages in one read. */
  look(consumer: string, messageIds: readonly string[], options?: Until): Promise<ReadonlyMap<string, InboxEntry>>;
  /**
   * Takes the lease of a message for `leaseMs` (at least 1), or says how the message stands. `mine` when it was taken. With `once` nobody
   * takes it again after the lease: whoever comes then finds it `started`.
   */
  claim(
    handling: Handling,
    leaseMs: number,
    options?: Until & { readonly once?: boolean },
  ): Promise<Standing | { readonly kind: 'mine'; readonly until: number }>;
  /** Gives a lease back, if the run still owns it. */
  release(handling: Handling, options?: Until): Promise<void>;
  /**
   * Lets a message run again whose only run left no outcome, for somebody who has found out what it did: deletes a marker that is
   * `started`, and no other.
   */
  reopen(consumer: string, messageId: string, options?: Until): Promise<void>;
  /** Enters that a run begins; resolves to the attempts including it. */
  begin(run: InboxRun, options?: Until): Promise<AttemptTally>;
  /** Enters how a run ended; resolves to the attempts including it. */
  end(run: InboxRun, end: RunEnd, options?: Until): Promise<AttemptTally>;
  /** Deletes the attempts of a message that was parked: redriven, it starts anew. */
  forget(consumer: string, messageId: string, options?: Until): Promise<void>;
}

const DAY_MS = 86_400_000;

/** An end that could not be entered looks like a crash and is charged: it is worth more tries than other calls. */
const END_TRIES = 12;

/**
 * An inbox over the table that the `Inbox` construct deployed. Throws `InboxConfigError` (code `INBOX_CONFIG`) for a retention that cannot work.
 *
 * @example
 * export const handler = createConsumer({ name: 'ship-order', inbox: createInbox(), handlers: [on(OrderPlaced, ship)] });
 */
export function createInbox(options: InboxOptions = {}): Inbox {
  const { clock = systemClock, rng = systemRng, client = sharedDynamoDb() } = options;
  const table = inboxTable(options.table ?? requiredEnv(INBOX_ENV.table, 'the Consumer construct'));
  const retentionMs = retentionDaysOf(options) * DAY_MS;
  const marker = { table, retentionMs };
  const scope = options.scope ?? process.env[INBOX_ENV.scope] ?? '';
  const nameOf = (consumer: string) => (scope === '' ? consumer : `${scope}/${consumer}`);
  const own = (handling: Handling): Handling => ({ ...handling, consumer: nameOf(handling.consumer) });
  const store = createInboxStore({ client, table, clock, rng });
  const entry = ({ consumer, messageId, run }: InboxRun) => ({
    key: attemptsKey(nameOf(consumer), messageId),
    run,
    expiresAt: expiryOf(clock.now(), retentionMs),
  });
  return {
    client,
    retentionMs,
    guard: (handling) => markerWrite(own(handling), clock.now(), marker),
    completion: (handling) => completionWrite(own(handling), clock.now(), marker),
    standing: (found, handling) => standingOf(found, handling, clock.now()),
    look: (consumer, messageIds, { until } = {}) => look(store, { consumer: nameOf(consumer), messageIds, until }),
    claim: (handling, leaseMs, { until, once = false } = {}) =>
      claim({ store, clock, retentionMs }, own(handling), { leaseMs, until, once }),
    async release({ consumer, messageId, token }, { until } = {}) {
      const owned = { condition: OWNED, names: OWNED_NAMES, values: ownedValues(token) };
      await store.remove(markerKey(nameOf(consumer), messageId), owned, until);
    },
    async reopen(consumer, messageId, { until } = {}) {
      const ended = { condition: ENDED_START, names: { '#state': 'state' }, values: endedStartValues(clock.now()) };
      await store.remove(markerKey(nameOf(consumer), messageId), ended, until);
    },
    begin: async (run, { until } = {}) => tallyOf((await store.update(beginChange(entry(run)), until)).item),
    end: async (run, end, { until } = {}) => tallyOf((await store.update(endChange(entry(run), end), until, END_TRIES)).item),
    forget: (consumer, messageId, { until } = {}) => store.remove(attemptsKey(nameOf(consumer), messageId), undefined, until),
  };
}

interface LookFor {
  readonly consumer: string;
  readonly messageIds: readonly string[];
  readonly until: number | undefined;
}

async function look(store: InboxStore, { consumer, messageIds, until }: LookFor): Promise<ReadonlyMap<string, InboxEntry>> {
  const distinct = [...new Set(messageIds)];
  const keys = distinct.flatMap((id) => [markerKey(consumer, id), attemptsKey(consumer, id)]);
  const items = await store.read(keys, until);
  return new Map(
    distinct.map((id) => [id, { marker: items.get(markerKey(consumer, id)), attempts: tallyOf(items.get(attemptsKey(consumer, id))) }]),
  );
}

interface ClaimDeps {
  readonly store: InboxStore;
  readonly clock: Clock;
  readonly retentionMs: number;
}

interface Lease {
  readonly leaseMs: number;
  readonly until: number | undefined;
  readonly once: boolean;
}

async function claim({ store, clock, retentionMs }: ClaimDeps, handling: Handling, { leaseMs, until, once }: Lease) {
  const now = clock.now();
  // A lease without an end would block the message for ever; one that ends now would protect nothing.
  const leaseUntil = now + Math.max(1, Math.ceil(leaseMs));
  const { consumer, messageId, type, token } = handling;
  const item = {
    pk: markerKey(consumer, messageId),
    state: once ? 'STARTED' : 'RUNNING',
    owner: token,
    leaseUntil,
    consumer,
    type,
    expiresAt: expiryOf(Math.max(now, leaseUntil), retentionMs),
  };
  const taken = await store.put(item, { condition: FREE_AT, names: { '#state': 'state' }, values: freeAtValues(now) }, until);
  // The answer to an earlier try of this very put may have been lost.
  if (taken.applied || taken.item?.['owner'] === token) return { kind: 'mine' as const, until: leaseUntil };
  return standingOf(taken.item, handling, clock.now());
}

function retentionDaysOf({ retentionDays }: InboxOptions): number {
  const given = retentionDays ?? process.env[INBOX_ENV.retentionDays] ?? INBOX_RETENTION_DAYS;
  const days = Number(given);
  if (Number.isFinite(days) && days >= MIN_RETENTION_DAYS) return days;
  throw new InboxConfigError(
    `an inbox keeps markers for '${given}' days; it takes ${MIN_RETENTION_DAYS} or more, because a message that is older than a day less is not run: leave it at ${INBOX_RETENTION_DAYS}`,
  );
}
