import { systemClock } from '../../lib/core/clock.ts';
import { systemIds } from '../../lib/core/ids.ts';
import { silentLogger } from '../../lib/core/logger.ts';
import { silentMetrics } from '../../lib/core/metrics.ts';
import { systemRng } from '../../lib/core/rng.ts';
import { type CreateConsumerOptions, createConsumer, createInbox, createOutbox, on } from '../../lib/index.ts';
import { DEVELOPER, type Json, LOCAL_PLACE, type ServiceName } from '../../lib/local/aws.ts';
import { createEmbeddedAws } from '../../lib/local/embedded-aws.ts';
import { OUTBOX_PENDING_INDEX } from '../../lib/outbox/outbox.contract.ts';
import { createRelay, type StreamRecord } from '../../lib/outbox/outbox.relay.ts';
import { createPublishDeps } from '../../lib/outbox/publish-deps.ts';
import { OrderPlaced, shipments } from '../orders.ts';
import { createLedger } from './ledger.ts';

/** The engines with the tables, topics and queues of one pipeline, and the runtime on clients that count. */
export function createCountingWorld() {
  const embedded = createEmbeddedAws({ clock: systemClock, rng: systemRng, ids: systemIds, place: LOCAL_PLACE });
  const call = (service: ServiceName, action: string, input: Json) => embedded.aws.callNow({ service, action, input, caller: DEVELOPER });
  const streamArn = createTables(call);
  const topics = createTopics(call);
  const queueUrl = String(call('sqs', 'CreateQueue', { QueueName: 'bench' })['QueueUrl']);
  const ledger = createLedger(embedded.aws);
  const dynamodb = ledger.client('dynamodb');

  return {
    ledger,
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
        deadLetterQueueUrl: queueUrl,
        log: silentLogger,
        metrics: silentMetrics,
        ...options,
      }),
    /** What the outbox table's stream brings of pending rows, since the last time it was asked. */
    streamed: createStreamReader(call, streamArn),
    close: () => embedded.close(),
  };
}

/** One business write per message. */
const shipOrder = on(OrderPlaced, (message, { unit }) => {
  unit.put(shipments, { orderId: message.data.orderId, state: 'waiting', total: message.data.total });
});

type Call = (service: ServiceName, action: string, input: Json) => Json;

function createTables(call: Call): string {
  const table = (name: string, key: string, more: Json = {}) =>
    call('dynamodb', 'CreateTable', {
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
      ...more,
    });
  table('inbox', 'pk');
  table(shipments.name, shipments.partitionKey);
  const outbox = table('outbox', 'pk', {
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
      { AttributeName: 'state', AttributeType: 'S' },
      { AttributeName: 'committedAt', AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: OUTBOX_PENDING_INDEX,
        KeySchema: [
          { AttributeName: 'state', KeyType: 'HASH' },
          { AttributeName: 'committedAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  });
  return String((outbox['TableDescription'] as Json)['LatestStreamArn']);
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
