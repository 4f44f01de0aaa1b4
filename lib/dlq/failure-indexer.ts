import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import { type DeadLetterOwner, ownerOf, type Topology } from '../topology/topology.ts';
import { arrivalOf, type Origin, UNKNOWN_ORIGIN } from './arrival-of.ts';
import { INDEXER_METRICS } from './dlq.contract.ts';
import type { Arrival } from './failure.ts';
import type { Added, FailureStore } from './failure-store.ts';
import type { Letter, LetterEvent } from './letter.ts';

/** What the indexer works with. */
export interface FailureIndexerDeps {
  readonly store: Pick<FailureStore, 'add'>;
  readonly topology: Pick<Topology, 'entries' | 'readAfter'>;
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
      const read = await readAll(deps, letters);
      if (read === undefined) return answer(unkept(deps, idsOf(letters)));
      const { arrivals, waiting } = read;
      try {
        if (arrivals.length > 0) await keep(arrivals, deadline);
        return answer(waiting);
      } catch (error) {
        log.warn('a batch of dead letters could not be kept at once', { letters: arrivals.length, error: messageOf(error) });
        return answer([...waiting, ...unkept(deps, await keepEach(arrivals, deadline))]);
      }
    },
  };
}

interface Read {
  readonly arrivals: readonly Arrival[];
  /** Letters of which cannot be said yet whose they are: they come again within a minute or two. */
  readonly waiting: readonly string[];
}

/** Undefined when it cannot be said of any letter whose it is: they wait, and come again. */
async function readAll(deps: FailureIndexerDeps, letters: readonly Letter[]): Promise<Read | undefined> {
  const { topology, clock, log } = deps;
  const arrivals: Arrival[] = [];
  const waiting: Letter[] = [];
  try {
    for (const letter of letters) {
      const origin = await originOf(topology, letter);
      if (origin === undefined) waiting.push(letter);
      else arrivals.push(arrivalOf(letter, origin, clock.now()));
    }
    if (waiting.length > 0)
      log.info('dead letters of a queue that is new, or nobody’s, wait for the topology', { letters: waiting.length });
    return { arrivals, waiting: idsOf(waiting) };
  } catch (error) {
    log.error('the topology of the stack could not be read; its dead letters wait', { error: messageOf(error) });
    return undefined;
  }
}

/**
 * Whose letter it is. The mapping that brings it is made after the entry of its queue is written: a topology that was read since the letter
 * came for the first time names its owner, or nobody does. Undefined until then: what is kept as nobody's stays nobody's.
 */
async function originOf(topology: FailureIndexerDeps['topology'], letter: Letter): Promise<Origin | undefined> {
  const { eventSourceARN: arn, attributes } = letter;
  const owner = ownerOf(await topology.entries(), arn);
  if (owner !== undefined) return originAs(owner);
  const later = await topology.readAfter(Number(attributes['ApproximateFirstReceiveTimestamp'] ?? 0));
  return later && originAs(ownerOf(later, arn));
}

function originAs(owner: DeadLetterOwner | undefined): Origin {
  if (owner === undefined) return UNKNOWN_ORIGIN;
  const { kind: source, entry } = owner;
  return { source, consumer: entry.name, ...(source === 'schedule' && { holdsMessage: entry.kind === 'consumer' }) };
}

function idsOf(letters: readonly Letter[]): readonly string[] {
  return letters.map(({ messageId }) => messageId);
}

function count(metrics: Metrics, { consumer, status }: Arrival, added: Added): void {
  if (added === 'known') return;
  const name = status === 'parked' ? INDEXER_METRICS.parked : INDEXER_METRICS.indexed;
  metrics.add(name, 1, { dimensions: { consumer } });
}

/** The age of its queue says nothing of a letter that was received three times: what could not be kept is counted here. */
function unkept({ metrics }: FailureIndexerDeps, ids: readonly string[]): readonly string[] {
  if (ids.length > 0) metrics.add(INDEXER_METRICS.unkept, ids.length);
  return ids;
}

function answer(ids: readonly string[]): IndexerResponse {
  return { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) };
}
