import type { ConsumerInbox, Handled } from '../../consumer/consumer.ports.ts';
import { createCommitter } from '../../unit-of-work/commit.ts';
import { createUnit } from '../../unit-of-work/create-unit.ts';
import type { UnitOutcome } from '../../unit-of-work/outcome.ts';
import type { CollectedUnit, Guard, Item, Table } from '../../unit-of-work/unit-of-work.ts';
import type { CaseDefinition, ContractWorld, Given } from './suite.ts';

/**
 * What an inbox may promise beyond one effect per message: `leases` for handlers with effects elsewhere, `attempts` for books that tell
 * crashes from failures, `restarts` (needs `reopen`), `lostAnswers` (needs `loseNextAnswer`), and `virtualTime`, in which weeks take no
 * time.
 */
export type InboxFeature = 'leases' | 'attempts' | 'restarts' | 'lostAnswers' | 'virtualTime';

/** An inbox under contract, over an empty store. */
export interface InboxInstance extends ContractWorld {
  readonly inbox: ConsumerInbox;
  /** A table in the same store, with the partition key `id`: what guarded units write. */
  readonly effects: Table;
  /** Reads one item of that table, consistently. */
  effect(id: string): Promise<Item | undefined>;
  /** The same inbox as a process has it that was started after a crash. Feature `restarts`. */
  reopen?(): Promise<ConsumerInbox> | ConsumerInbox;
  /** The next write is applied, and its caller is told of a timeout. Feature `lostAnswers`. */
  loseNextAnswer?(): void;
}

/** A case of the inbox suite. */
export type InboxCase = CaseDefinition<InboxFeature, InboxInstance>;

/** A run of the message `message-1` by the consumer `ship-order`, or as changed. */
export function runOf({ ids }: Pick<Given, 'ids'>, change: Partial<Handled> = {}): Handled {
  return {
    consumer: 'ship-order',
    messageId: 'message-1',
    type: 'orders.order-placed',
    fingerprint: 'said-this',
    token: ids.next(),
    ...change,
  };
}

/** How a run ends. */
export interface Ending {
  readonly run: Handled;
  /** @default - a guard of the inbox for this run */
  readonly guard?: Guard;
  /** What it counts one of. @default - the id of the message */
  readonly effect?: string;
  /** Makes the unit's own condition fail. */
  readonly breaks?: boolean;
  /** Counts nothing: the guard is all that is written, which is no transaction. */
  readonly idle?: boolean;
}

type Place = Pick<InboxInstance, 'inbox' | 'effects'>;

/** Commits as a consumer does: the guard in front of a unit that counts the effect. */
export function commit(instance: Place, given: Given, ending: Ending): Promise<UnitOutcome> {
  const { run, guard = instance.inbox.guard(run) } = ending;
  const committer = createCommitter({ client: instance.inbox.client, ...given });
  return committer.commit({ unit: unitOf(instance, given, ending), guards: [guard], token: run.token });
}

/** A unit that counts one effect. */
export function unitOf(
  { effects }: Pick<Place, 'effects'>,
  { clock }: Given,
  { run, effect = run.messageId, breaks, idle }: Ending,
): CollectedUnit {
  const unit = createUnit({ unitId: run.token, source: 'urn:posthaste:contract', time: clock.now() });
  const update = { expression: 'ADD runs :one', values: { ':one': 1 } };
  const condition = { expression: 'attribute_exists(neverThere)' };
  if (!idle) unit.update(effects, { id: effect }, { update, ...(breaks && { condition }) });
  return unit;
}

/** How often an effect has been applied. */
export async function runsOf({ effect }: Pick<InboxInstance, 'effect'>, id = 'message-1'): Promise<number> {
  return Number((await effect(id))?.['runs'] ?? 0);
}

/** How a run's message stands, as a consumer finds out before it runs it. */
export async function standingOf(inbox: ConsumerInbox, run: Handled): Promise<string> {
  const { consumer, messageId } = run;
  const entry = (await inbox.look(consumer, [messageId])).get(messageId);
  return inbox.standing(entry?.marker, run).kind;
}

/** What a refused commit was told of the marker in its way; the outcome itself for any other. */
export function refusalOf(inbox: ConsumerInbox, outcome: UnitOutcome, run: Handled): string {
  return outcome.status === 'guardFailed' ? inbox.standing(outcome.existing, run).kind : outcome.status;
}
