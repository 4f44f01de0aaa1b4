import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import { tallyOf } from '../inbox/inbox.attempts.ts';
import { createInboxStore, type InboxClient } from '../inbox/inbox.dynamodb.ts';
import { attemptsKey, inboxTable, markerKey } from '../inbox/inbox.ts';
import type { ConsumerEntry } from '../topology/topology.contract.ts';

/** How a message stands with its consumer, for whoever wants to send it back. */
export interface InboxStanding {
  /** `done`: handled. `started`: an at-most-once consumer began with it, and nobody knows how it ended. `open`: it may be sent. */
  readonly kind: 'done' | 'started' | 'open';
  /** Failures that its attempts count now. */
  readonly failed: number;
}

/** Reads the inboxes of the stack's consumers. */
export interface RedriveInbox {
  look(consumer: ConsumerEntry, messageIds: readonly string[], until?: number): Promise<ReadonlyMap<string, InboxStanding>>;
}

/** What reading inboxes works with. */
export interface RedriveInboxDeps {
  readonly client: InboxClient;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** The inbox tables in DynamoDB: markers and attempts of a batch in one consistent read. */
export function createRedriveInbox(deps: RedriveInboxDeps): RedriveInbox {
  return {
    async look({ name, inbox }, messageIds, until) {
      const store = createInboxStore({ ...deps, table: inboxTable(inbox.table) });
      const consumer = inbox.scope === '' ? name : `${inbox.scope}/${name}`;
      const distinct = [...new Set(messageIds)];
      const items = await store.read(
        distinct.flatMap((id) => [markerKey(consumer, id), attemptsKey(consumer, id)]),
        until,
      );
      const standing = (id: string): InboxStanding => ({
        kind: kindOf(items.get(markerKey(consumer, id)), deps.clock.now()),
        failed: tallyOf(items.get(attemptsKey(consumer, id))).failed,
      });
      return new Map(distinct.map((id) => [id, standing(id)]));
    },
  };
}

// A lease says nothing against sending: its copy waits behind it, or finds the message done. An expired marker is none (inbox, `FREE_AT`).
function kindOf(marker: Readonly<Record<string, unknown>> | undefined, now: number): InboxStanding['kind'] {
  if (marker === undefined || Number(marker['expiresAt']) < Math.floor(now / 1_000)) return 'open';
  if (marker['state'] === 'DONE') return 'done';
  return marker['state'] === 'STARTED' ? 'started' : 'open';
}
