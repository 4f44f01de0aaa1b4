import { systemClock } from '../../lib/core/clock.ts';
import { systemIds } from '../../lib/core/ids.ts';
import { silentLogger } from '../../lib/core/logger.ts';
import { silentMetrics } from '../../lib/core/metrics.ts';
import { systemRng } from '../../lib/core/rng.ts';
import { type CreateConsumerOptions, createConsumer, createInbox, createOutbox, on } from '../../lib/index.ts';
import { DEVELOPER, type Json, LOCAL_PLACE, type ServiceName } from '../../lib/local/aws.ts';
import { createEmbeddedAws } from '../../lib/local/embedded-aws.ts';
import { createRelay, type StreamRecord } from '../../lib/outbox/outbox.relay.ts';
import { createPublishDeps } from '../../lib/outbox/publish-deps.ts';
import { failureTable, keyedTable, outboxTable, type TableInput } from '../../lib/simulation/table-inputs.ts';
import { OrderPlaced, shipments } from '../orders.ts';
import { createLedger } from './ledger.ts';

/** The engines with the tables, topics and queues of one pipeline, and the runtime on clients that count. */
export function createCountingWorld() {
  const embedded = createEmbeddedAws({ clock: systemClock, rng: systemRng, ids: systemIds, place: LOCAL_PLACE });
  const call = (service: ServiceName, action: string, input: Json) => embedded.aws.callNow({ service, action, input, caller: DEVELOPER });
  const streamArn = createTables(call);
  const topics = createTopics(call);
  const createQueue = (QueueName: string) => String(call('sqs', 'CreateQueue', { QueueName })['QueueUrl']);
  const queueUrl = createQueue('bench');
  const deadLetterQueueUrl = createQueue('bench-dlq');
  const ledger = createLedger(embedded.aws);
  const dynamodb = ledger.client('dynamodb');

  return {
    ledger,
    call,
    queueUrl,
    deadLetterQueueUrl,
    outbox: createOutbox({ client: dynamodb, table: 'outbox', source: 'urn:posthaste:bench' }),
    relay: createRelay(
      createPublishDeps({
        dynamodb,
        sns: ledger.client('sns'),
        sqs: ledger.client('sqs'),
        log: silentLogger,
        metrics: silentMetrics,
        env: { POSTHASTE_OUTBOX_TABLE: 'outbox', POSTHASTE_DESTINATIONS: JSON.stringify(topics) },
      }),
    ),
    consumer: (options: Partial<CreateConsumerOptions> = {}) =>
      createConsumer({
        name: 'ship-order',
        inbox: createInbox({ client: dynamodb, table: 'inbox' }),
        handlers: [shipOrder],
        sqs: ledger.client('sqs'),
        queueUrl,
        deadLetterQueueUrl,
        log: silentLogger,
        metrics: silentMetrics,
        ...options,
      }),
    /** What the outbox table's stream brings of pending rows, since the last time it was asked. */
    streamed: createStreamReader(call, streamArn),
    close: () => embedded.close(),
  };
}

export type World = ReturnType<typeof createCountingWorld>;

/** One business write per message. */
const shipOrder = on(OrderPlaced, (message, { unit }) => {
  unit.put(shipments, { orderId: message.data.orderId, state: 'waiting', total: message.data.total });
});

export type Call = (service: ServiceName, action: string, input: Json) => Json;

function createTables(call: Call): string {
  const create = (table: TableInput) => call('dynamodb', 'CreateTable', { ...table })['TableDescription'] as Json;
  create(keyedTable('inbox', 'pk'));
  create(failureTable('failures'));
  create(keyedTable(shipments.name, shipments.partitionKey));
  return String(create(outboxTable('outbox'))['LatestStreamArn']);
}

function createTopics(call: Call): Readonly<Record<string, string>> {
  const standard = call('sns', 'CreateTopic', { Name: 'bench' });
  const ordered = call('sns', 'CreateTopic', { Name: 'bench-ordered.fifo', Attributes: { FifoTopic: 'true' } });
  return { bench: String(standard['TopicArn']), 'bench-ordered': String(ordered['TopicArn']) };
}

function createStreamReader(call: Call, StreamArn: string): () => readonly StreamRecord[] {
  const { StreamDescription } = call('dynamodbstreams', 'DescribeStream', { StreamArn });
  const { Shards } = StreamDescription as { readonly Shards: readonly { readonly ShardId: string }[] };
  const start = (ShardId: string) =>
    call('dynamodbstreams', 'GetShardIterator', { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' })['ShardIterator'];
  const iterators = Shards.map(({ ShardId }) => start(ShardId));
  return () =>
    iterators.flatMap((ShardIterator, index) => {
      const read = call('dynamodbstreams', 'GetRecords', { ShardIterator, Limit: 1_000 });
      iterators[index] = read['NextShardIterator'];
      const records = read['Records'] as readonly (StreamRecord & { readonly dynamodb: { readonly NewImage?: { state?: object } } })[];
      return records.filter(({ eventName, dynamodb }) => eventName === 'INSERT' && dynamodb.NewImage?.state !== undefined);
    });
}
