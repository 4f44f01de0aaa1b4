import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import { tallyOf } from '../inbox/inbox.attempts.ts';
import { createInboxStore, type InboxClient } from '../inbox/inbox.dynamodb.ts';
import { attemptsKey, ENDED_START, endedStartValues, inboxTable, markerKey } from '../inbox/inbox.ts';
import type { ConsumerEntry } from '../topology/topology.contract.ts';

/** How a message stands with its consumer, for whoever wants to send it back. */
export interface InboxStanding {
  /**
   * `done`: handled. `running`: the only run of an at-most-once consumer is at it, or has just died. `started`: that run has ended, and nobody
   * knows how. `open`: it may be sent.
   */
  readonly kind: 'done' | 'running' | 'started' | 'open';
  /** Of what is `running` or `started`, the run. */
  readonly run?: string;
  /** Failures that its attempts count now. */
  readonly failed: number;
}

/** The inboxes of the stack's consumers. */
export interface RedriveInbox {
  look(consumer: ConsumerEntry, messageIds: readonly string[], until?: number): Promise<ReadonlyMap<string, InboxStanding>>;
  /** Lets a message run again after the run that is given, if it is `started` by that one: the marker of any other stays. */
  reopen(consumer: ConsumerEntry, start: { readonly messageId: string; readonly run: string }, until?: number): Promise<void>;
}

/** What reading inboxes works with. */
export interface RedriveInboxDeps {
  readonly client: InboxClient;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** The inbox tables in DynamoDB: markers and attempts of a batch in one consistent read. */
export function createRedriveInbox(deps: RedriveInboxDeps): RedriveInbox {
  const { clock } = deps;
  const storeOf = ({ inbox }: ConsumerEntry) => createInboxStore({ ...deps, table: inboxTable(inbox.table) });
  return {
    async look(entry, messageIds, until) {
      const store = storeOf(entry);
      const consumer = scopedName(entry);
      const distinct = [...new Set(messageIds)];
      const items = await store.read(
        distinct.flatMap((id) => [markerKey(consumer, id), attemptsKey(consumer, id)]),
        until,
      );
      const standing = (id: string): InboxStanding => ({
        ...standingOf(items.get(markerKey(consumer, id)), clock.now()),
        failed: tallyOf(items.get(attemptsKey(consumer, id))).failed,
      });
      return new Map(distinct.map((id) => [id, standing(id)]));
    },
    async reopen(entry, { messageId, run }, until) {
      const ended = {
        condition: `${ENDED_START} AND #owner = :run`,
        names: { '#state': 'state', '#owner': 'owner' },
        values: { ...endedStartValues(clock.now()), ':run': run },
      };
      await storeOf(entry).remove(markerKey(scopedName(entry), messageId), ended, until);
    },
  };
}

function scopedName({ name, inbox }: ConsumerEntry): string {
  return inbox.scope === '' ? name : `${inbox.scope}/${name}`;
}

// A lease says nothing against sending: its copy waits behind it, or finds the message done. An expired marker is none (inbox, `FREE_AT`).
function standingOf(marker: Readonly<Record<string, unknown>> | undefined, now: number): Pick<InboxStanding, 'kind' | 'run'> {
  if (marker === undefined || Number(marker['expiresAt']) < Math.floor(now / 1_000)) return { kind: 'open' };
  if (marker['state'] === 'DONE') return { kind: 'done' };
  if (marker['state'] !== 'STARTED') return { kind: 'open' };
  return { kind: Number(marker['leaseUntil']) < now ? 'started' : 'running', run: String(marker['owner']) };
}
