import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import { ownerOf, type Topology } from '../topology/topology.ts';
import { arrivalOf, type Origin, UNKNOWN_ORIGIN } from './arrival-of.ts';
import { INDEXER_METRICS } from './dlq.contract.ts';
import type { Arrival } from './failure.ts';
import type { Added, FailureStore } from './failure-store.ts';
import type { Letter, LetterEvent } from './letter.ts';

/** What the indexer works with. */
export interface FailureIndexerDeps {
  readonly store: Pick<FailureStore, 'add'>;
  readonly topology: Topology;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The partial batch response: what it lists stays in its queue. */
export interface IndexerResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Drains dead-letter queues. */
export interface FailureIndexer {
  /** Never throws for what a letter says. A letter that is not listed in the answer is in the store, body included. */
  index(event: LetterEvent, options: { readonly deadline: number }): Promise<IndexerResponse>;
}

/**
 * Moves letters from dead-letter queues into the failure store: SQS deletes one only after it was kept. A batch is one transaction; where that
 * cannot be written, each letter is tried by itself, so that one that cannot be kept holds up no other.
 */
export function createFailureIndexer(deps: FailureIndexerDeps): FailureIndexer {
  const { store, clock, log, metrics } = deps;

  async function keep(arrivals: readonly Arrival[], until: number): Promise<void> {
    const added = await store.add(arrivals, { until });
    for (const [index, arrival] of arrivals.entries()) count(metrics, arrival, added[index] ?? 'known');
  }

  async function keepEach(arrivals: readonly Arrival[], until: number): Promise<string[]> {
    const failed: string[] = [];
    for (const arrival of arrivals) {
      try {
        if (clock.now() >= until) throw new Error('no time was left for it');
        await keep([arrival], until);
      } catch (error) {
        failed.push(arrival.letterId);
        log.error('a dead letter could not be kept and stays in its queue', { letter: arrival.letterId, error: messageOf(error) });
      }
    }
    return failed;
  }

  return {
    async index({ Records: letters }, { deadline }) {
      const arrivals = await read(deps, letters);
      if (arrivals === undefined)
        return left(
          deps,
          letters.map(({ messageId }) => messageId),
        );
      try {
        await keep(arrivals, deadline);
        return left(deps, []);
      } catch (error) {
        log.warn('a batch of dead letters could not be kept at once', { letters: arrivals.length, error: messageOf(error) });
        return left(deps, await keepEach(arrivals, deadline));
      }
    },
  };
}

/** Undefined when it cannot be said whose letters they are: they wait, and come again. */
async function read({ topology, clock, log }: FailureIndexerDeps, letters: readonly Letter[]): Promise<readonly Arrival[] | undefined> {
  try {
    const arrivals: Arrival[] = [];
    for (const letter of letters) arrivals.push(arrivalOf(letter, await originOf(topology, letter.eventSourceARN), clock.now()));
    return arrivals;
  } catch (error) {
    log.error('the topology of the stack could not be read; its dead letters wait', { error: messageOf(error) });
    return undefined;
  }
}

async function originOf(topology: Topology, arn: string): Promise<Origin> {
  const owner = ownerOf(await topology.entries(), arn) ?? ownerOf(await topology.refresh(), arn);
  return owner === undefined ? UNKNOWN_ORIGIN : { source: owner.kind, consumer: owner.entry.name };
}

function count(metrics: Metrics, { consumer, status }: Arrival, added: Added): void {
  if (added === 'known') return;
  const name = status === 'parked' ? INDEXER_METRICS.parked : INDEXER_METRICS.indexed;
  metrics.add(name, 1, { dimensions: { consumer } });
}

/** The age of its queue says nothing of a letter that was received three times: what is left is counted here. */
function left({ metrics }: FailureIndexerDeps, ids: readonly string[]): IndexerResponse {
  if (ids.length > 0) metrics.add(INDEXER_METRICS.unkept, ids.length);
  return { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) };
}
