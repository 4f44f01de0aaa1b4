import { systemClock } from '../../lib/core/clock.ts';
import { systemIds } from '../../lib/core/ids.ts';
import { silentLogger } from '../../lib/core/logger.ts';
import { silentMetrics } from '../../lib/core/metrics.ts';
import { systemRng } from '../../lib/core/rng.ts';
import { createFailureBodies } from '../../lib/dlq/failure-bodies.s3.ts';
import { createFailureIndexer } from '../../lib/dlq/failure-indexer.ts';
import { createFailureStore } from '../../lib/dlq/failure-store.dynamodb.ts';
import type { Redrive } from '../../lib/ops/operations.ts';
import { createRedriveInbox } from '../../lib/ops/redrive.inbox.ts';
import { createRedriveRows } from '../../lib/ops/redrive.rows.dynamodb.ts';
import { createRedriveQueue } from '../../lib/ops/redrive.sqs.ts';
import { createRedrives } from '../../lib/ops/redrive.ts';
import type { ConsumerEntry } from '../../lib/topology/topology.contract.ts';
import type { Hop } from './ledger.ts';
import { eventOf } from './queue-events.ts';
import type { World } from './world.ts';

const RATE = 1_000;
const system = { clock: systemClock, rng: systemRng, ids: systemIds };

function shipOrder({ queueUrl, deadLetterQueueUrl }: World): ConsumerEntry {
  const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
  return {
    kind: 'consumer',
    name: 'ship-order',
    ordered: false,
    queue: { url: queueUrl, arn: arn('bench') },
    deadLetterQueue: { url: deadLetterQueueUrl, arn: arn('bench-dlq') },
    indexed: true,
    undelivered: [],
    functionName: 'ship-order',
    mappingId: 'bench',
    inbox: { table: 'inbox', scope: 'ship-order', retentionDays: 60 },
  };
}

/** What happens to dead letters: the indexer and redrives, on clients that count. */
export function createFailureDesk(world: World) {
  const { ledger, call, deadLetterQueueUrl } = world;
  const entry = shipOrder(world);
  const client = ledger.client('dynamodb');
  const bodies = createFailureBodies({ client: ledger.client('s3'), bucket: 'bodies', owner: '000000000000', ...system });
  const failures = createFailureStore({ client, table: 'failures', bodies, ...system });
  const entries = async () => [entry];
  const indexer = createFailureIndexer({
    ...{ store: failures, clock: systemClock, log: silentLogger, metrics: silentMetrics },
    topology: { entries, readAfter: entries },
  });
  const redrives = createRedrives({
    failures,
    rows: createRedriveRows({ client, table: 'failures', ...system }),
    inbox: createRedriveInbox({ client, ...system }),
    queue: createRedriveQueue({ client: ledger.client('sqs'), ...system }),
    consumers: async () => new Map([[entry.name, entry]]),
    log: silentLogger,
    ...system,
  });
  return {
    /** Indexes one batch of dead letters. */
    async index(hop: string): Promise<Hop> {
      const event = eventOf(call, deadLetterQueueUrl, 'bench-dlq');
      const spent = await ledger.during(() => indexer.index(event as never, { deadline: systemClock.now() + 30_000 }));
      for (const { receiptHandle } of event.Records) {
        call('sqs', 'DeleteMessage', { QueueUrl: deadLetterQueueUrl, ReceiptHandle: receiptHandle });
      }
      return { hop, messages: event.Records.length, ...spent };
    },
    /** Sends back all that is open. */
    async redrive(hop: string, messages: number): Promise<Hop> {
      let ended: Redrive | undefined;
      const spent = await ledger.during(async () => {
        ended = await redrives.start({ where: {}, options: { rate: RATE }, author: { who: 'bench' } }, systemClock.now() + 30_000);
      });
      if (ended?.state !== 'finished' || ended.counts.sent !== messages) throw new Error(`${hop}: ${JSON.stringify(ended)}`);
      return { hop, messages, ...spent };
    },
  };
}
