import type { DynamoDbOptions } from '../local/dynamodb/world.ts';
import type { MappingFaults } from '../local/event-source-mapping/mapping-faults.ts';
import type { SnsOptions } from '../local/sns/topic.ts';
import type { SqsOptions } from '../local/sqs/queues.ts';
import type { Chance, Chances } from './chances.ts';
import { shuffled } from './shuffled.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Longer than any FIFO deduplication window. */
const LATE_COPY_MS = 10 * MINUTE;

const after =
  (chance: Chance, mostMs: number): (() => number | undefined) =>
  () =>
    chance.strikes() ? chance.upTo(mostMs) : undefined;

const lateBy = (chance: Chance, mostMs: number) => () => after(chance, mostMs)() ?? 0;

/** Queues as bad as the chances make them. */
export function hostileQueues(chances: Chances): Pick<SqsOptions, 'shuffle' | 'hostility'> {
  const [short, count] = [chances.of('queueShort'), chances.of('queueCount')];
  return {
    shuffle: chances.of('queueOrder').rate > 0 ? 64 : 1,
    hostility: {
      copyAfterMs: after(chances.of('queueCopy'), 2 * MINUTE),
      take: (limit) => (short.strikes() ? short.upTo(limit) : limit),
      lateByMs: lateBy(chances.of('queueLate'), 20 * SECOND),
      miscount: (exact) => (count.strikes() ? count.upTo(2 * exact + 3) : exact),
    },
  };
}

/** Topics as bad as the chances make them. */
export function hostileTopics(chances: Chances): Pick<SnsOptions, 'filterPolicyDelayMs' | 'hostility'> {
  return {
    filterPolicyDelayMs: Math.round(chances.of('lateFilter').rate * 15 * MINUTE),
    hostility: { lateByMs: lateBy(chances.of('topicLate'), MINUTE), copyAfterMs: after(chances.of('topicCopy'), LATE_COPY_MS) },
  };
}

/** Tables and streams as bad as the chances make them. */
export function hostileTables(chances: Chances): Omit<DynamoDbOptions, 'clock' | 'ids' | 'place'> {
  const [stale, left, page] = [chances.of('staleRead'), chances.of('leftOver'), chances.of('shortPage')];
  const [split, empty, order] = [chances.of('shardSplit'), chances.of('emptyRead'), chances.of('recordOrder')];
  const [expiry, trim, iterator] = [chances.of('lateExpiry'), chances.of('trim'), chances.of('shortIterator')];
  return {
    expiryDelayMs: Math.round(expiry.rate * 48 * HOUR),
    ...(order.rate > 0 && { shuffleTransaction: (count: number) => shuffled(order, count) }),
    ...(trim.rate > 0 && { streamRetentionMs: MINUTE + trim.upTo(MINUTE) }),
    ...(iterator.rate > 0 && { iteratorLifeMs: SECOND + iterator.upTo(10 * SECOND) }),
    hostility: {
      indexLagMs: lateBy(chances.of('indexLag'), 10 * SECOND),
      ...(stale.rate > 0 && { replicaLagMs: () => stale.upTo(2 * SECOND), readsReplica: stale.strikes }),
      leavesOver: left.strikes,
      pageLimit: () => (page.strikes() ? 1 + page.upTo(3) : undefined),
      splitsInto: () => (split.strikes() ? (split.upTo(1) === 0 ? 1 : 2) : 0),
      findsNothing: empty.strikes,
    },
  };
}

/** Mappings as bad as the chances make them. */
export function hostileMappings(chances: Chances): MappingFaults {
  const [small, skip, duplicate] = [chances.of('smallBatch'), chances.of('skip'), chances.of('duplicate')];
  const [delay, lost] = [chances.of('delay'), chances.of('loseResponse')];
  return {
    batchSize: (configured) => (small.strikes() ? 1 + small.upTo(configured - 1) : configured),
    beforeInvoke() {
      if (skip.strikes()) return { kind: 'skip' };
      if (duplicate.strikes()) return { kind: 'duplicate' };
      return delay.strikes() ? { kind: 'delay', ms: delay.upTo(70 * SECOND) } : undefined;
    },
    afterInvoke: () => (lost.strikes() ? { kind: 'lose-response' } : undefined),
  };
}
