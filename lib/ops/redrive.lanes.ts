import type { FailureFilter } from '../dlq/failure.ts';
import type { FailureStore } from '../dlq/failure-store.ts';
import type { ConsumerEntry } from '../topology/topology.contract.ts';
import { OperationError } from './operations.errors.ts';
import type { Rival } from './redrive.rows.ts';

/** What tells which consumers a redrive may be about. */
export interface LaneDeps {
  readonly failures: FailureStore;
  readonly consumers: () => Promise<ReadonlyMap<string, ConsumerEntry>>;
}

/**
 * The ordered consumers that a redrive may send to; each is a lane for one redrive at a time. Two of them take pages of one key by turns, and
 * what the first has claimed is not there for the second to send in front. Only a consumer, an id or a fingerprint says whom a filter is about.
 */
export async function lanesOf(deps: LaneDeps, where: FailureFilter): Promise<readonly string[]> {
  const ordered = [...(await deps.consumers()).values()].filter((consumer) => consumer.ordered).map(({ name }) => name);
  if (ordered.length === 0) return [];
  const only = where.consumer ?? (await consumerOf(deps.failures, where));
  return only === undefined ? ordered : ordered.filter((name) => name === only);
}

async function consumerOf(failures: FailureStore, { id, fingerprint, status }: FailureFilter): Promise<string | undefined> {
  if (id !== undefined) return (await failures.get(id))?.consumer ?? '';
  if (fingerprint === undefined) return undefined;
  const { items } = await failures.list({ fingerprint, ...(status !== undefined && { status }) }, { limit: 1 });
  return items[0]?.consumer;
}

/** What an operator is told who comes second. */
export function laneTaken({ redrive, consumer }: Rival): OperationError {
  const { id, who, state } = redrive;
  const [standing, remedy] =
    state === 'stopped'
      ? [
          'was stopped, and still ends what it has claimed',
          'Wait until it has: it goes on by itself, minute by minute, and the log of the operations function says what it waits for',
        ]
      : ['has not ended', `Wait until it has ended (--resume ${id} watches it), or stop it (--stop ${id})`];
  return new OperationError(
    'REDRIVE_RUNNING',
    `the redrive ${id}, by ${who}, ${standing}, and may send to '${consumer}', which keeps the order of each key: with two at once a newer message ` +
      `could pass an older one. ${remedy}; for another consumer, select by consumer=`,
  );
}
