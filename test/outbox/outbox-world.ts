import type { Clock } from '../../lib/core/clock.ts';
import { silentLogger } from '../../lib/core/logger.ts';
import type { Metrics } from '../../lib/core/metrics.ts';
import { createRng } from '../../lib/core/rng.ts';
import { AwsError, DEVELOPER, type Json, LOCAL_PLACE, type ServiceName } from '../../lib/local/aws.ts';
import { createDispatcher } from '../../lib/local/dispatch.ts';
import { createDynamoDb } from '../../lib/local/dynamodb/dynamodb.ts';
import { createSns } from '../../lib/local/sns/sns.ts';
import { createSqs } from '../../lib/local/sqs/sqs.ts';
import { decodeEnvelope } from '../../lib/message/decode-envelope.ts';
import type { Envelope } from '../../lib/message/envelope.ts';
import { createOutbox, type Outbox } from '../../lib/outbox/create-outbox.ts';
import { createOutboxStore } from '../../lib/outbox/outbox.dynamodb.ts';
import { createRelay, type StreamRecord, type StreamResponse } from '../../lib/outbox/outbox.relay.ts';
import { createSweeper, type SweepReport } from '../../lib/outbox/outbox.sweeper.ts';
import type { PublishDeps } from '../../lib/outbox/publish-lanes.ts';
import { createVirtualClock, type VirtualClock } from '../../lib/simulation/virtual-clock.ts';
import { parseDestinations } from '../../lib/topic/destination.ts';
import type { CommandSender } from '../../lib/topic/send-result.ts';
import { createSnsSender } from '../../lib/topic/topic.sns.ts';
import { createSqsSender } from '../../lib/topic/topic.sqs.ts';
import type { Table } from '../../lib/unit-of-work/unit-of-work.ts';

/** What goes wrong at one call: refused without effect, or applied and the answer lost, or the caller dies before or after. */
export type Fault = 'throttle' | 'conflict' | 'lost' | 'crashBefore' | 'crashAfter' | 'denied';

export interface Call {
  readonly index: number;
  readonly action: string;
  readonly input: Json;
}

export interface OutboxWorld {
  readonly clock: VirtualClock;
  readonly calls: string[];
  readonly orders: Table;
  readonly outbox: Outbox;
  readonly deps: PublishDeps;
  readonly counted: Record<string, number>;
  /** Decides what goes wrong from here on. */
  fault(decide: (call: Call) => Fault | undefined): void;
  client(service: ServiceName): CommandSender;
  engine(service: ServiceName, action: string, input: Json): Json;
  /** Runs virtual time until the promise settles; `dead` when it never will. */
  finish<T>(promise: Promise<T>): Promise<T | 'dead'>;
  /** The stream's records that were not read yet. */
  records(): StreamRecord[];
  relay(records?: readonly StreamRecord[], ms?: number): Promise<StreamResponse | 'dead'>;
  sweep(options?: { afterMs?: number; ms?: number }): Promise<SweepReport | 'dead'>;
  /** Everything that arrived on a queue and was not taken yet. */
  arrived(queue: string): Promise<Envelope[]>;
  /** The items of the outbox table. */
  rows(prefix?: string): Json[];
}

const ACCOUNT = `${LOCAL_PLACE.region}:${LOCAL_PLACE.accountId}`;
export const ARNS = {
  orders: `arn:aws:sns:${ACCOUNT}:orders`,
  audit: `arn:aws:sns:${ACCOUNT}:audit`,
  ledger: `arn:aws:sns:${ACCOUNT}:ledger.fifo`,
  'charge-card': `arn:aws:sqs:${ACCOUNT}:charge-card`,
} as const;

/** An account with an outbox table, topics with a queue behind each, and a client whose every call can go wrong. */
export async function createOutboxWorld(seed = 1): Promise<OutboxWorld> {
  const rng = createRng(seed);
  const clock = createVirtualClock(createRng(seed + 1));
  let id = 0;
  const ids = { next: () => `00000000-0000-4000-8000-${String(++id).padStart(12, '0')}` };
  const aws = createDispatcher({ place: LOCAL_PLACE });
  const sqs = createSqs({ clock, rng, ids, place: LOCAL_PLACE });
  const { dynamodb, streams } = createDynamoDb({ clock, ids, place: LOCAL_PLACE });
  const sns = createSns({
    clock,
    ids,
    place: LOCAL_PLACE,
    aws: () => aws,
    invoker: () => ({ invoke: () => Promise.reject(new Error('no functions')) }) as never,
  });
  aws.register(sqs, sns, dynamodb, streams);
  const engine = (service: ServiceName, action: string, input: Json) => aws.callNow({ service, action, input, caller: DEVELOPER });

  setUp(engine);
  const calls: string[] = [];
  const counted: Record<string, number> = {};
  let decide: (call: Call) => Fault | undefined = () => undefined;

  // Whoever dies hears none of its timers any more.
  let life = 0;
  const mortal: Clock = {
    now: () => clock.now(),
    after: (ms, callback) => {
      const born = life;
      return clock.after(ms, () => {
        if (born === life) callback();
      });
    },
  };
  function die(): Promise<never> {
    life += 1;
    return new Promise(() => {});
  }

  function client(service: ServiceName): CommandSender {
    return {
      async send(command: { constructor: { name: string }; input: Json }) {
        const action = command.constructor.name.replace(/Command$/, '');
        const input = JSON.parse(JSON.stringify(command.input)) as Json;
        const fault = decide({ index: calls.length, action, input });
        calls.push(action);
        await new Promise<void>((resolve) => void clock.after(1, resolve));
        if (fault === 'crashBefore') return die();
        if (fault === 'throttle') throw sdkError(new AwsError('ThrottlingException', 'Rate exceeded'));
        if (fault === 'conflict' && action === 'TransactWriteItems') throw sdkError(conflict(input));
        if (fault === 'denied') throw sdkError(new AwsError('AccessDeniedException', 'not authorized', { status: 403 }));
        const answer = attempt(() => engine(service, action, input));
        if (fault === 'crashAfter') return die();
        if (fault === 'lost') throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
        if (answer instanceof AwsError) throw sdkError(answer);
        return answer;
      },
    };
  }

  async function finish<T>(promise: Promise<T>): Promise<T | 'dead'> {
    let settled: { value: T } | { error: unknown } | undefined;
    promise.then(
      (value) => {
        settled = { value };
      },
      (error: unknown) => {
        settled = { error };
      },
    );
    for (let step = 0; step < 1_200 && settled === undefined; step += 1) await clock.run(clock.now() + 1_000);
    if (settled === undefined) return 'dead';
    if ('error' in settled) throw settled.error;
    return settled.value;
  }

  const metrics: Metrics = { add: (name, value) => Object.assign(counted, { [name]: (counted[name] ?? 0) + value }) };
  const deps: PublishDeps = {
    store: createOutboxStore({ client: client('dynamodb'), table: 'outbox', clock: mortal, rng }),
    senders: { topic: createSnsSender(client('sns')), queue: createSqsSender(client('sqs')) },
    destinations: parseDestinations(ARNS),
    clock: mortal,
    rng,
    log: silentLogger,
    metrics,
  };
  const read = streamReader(engine);
  return {
    clock,
    calls,
    counted,
    deps,
    client,
    engine,
    finish,
    orders: { name: 'orders', partitionKey: 'id' },
    outbox: createOutbox({ client: client('dynamodb'), table: 'outbox', source: 'urn:posthaste:test', clock, rng, ids }),
    fault: (next) => {
      decide = next;
    },
    records: read,
    relay: (records = read(), ms = 30_000) => finish(createRelay(deps).handle(records, { deadline: clock.now() + ms })),
    sweep: ({ afterMs = 0, ms = 60_000 } = {}) =>
      finish(createSweeper({ ...deps, sweepAfterMs: afterMs }).sweep({ deadline: clock.now() + ms })),
    arrived: async (queue) => {
      await clock.run(clock.now() + 1_000);
      return drain(engine, queue).map(decodeEnvelope);
    },
    rows: (prefix = '') =>
      dynamodb
        .scanTable('outbox')
        .map(unwrap)
        .filter((item) => `${item['pk']} ${item['sk']}`.startsWith(prefix)),
  };
}

type CallEngine = OutboxWorld['engine'];

function setUp(engine: CallEngine): void {
  const string = (name: string) => ({ AttributeName: name, AttributeType: 'S' });
  engine('dynamodb', 'CreateTable', {
    TableName: 'orders',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [string('id')],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });
  engine('dynamodb', 'CreateTable', {
    TableName: 'outbox',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [string('pk'), string('sk'), string('state'), { AttributeName: 'committedAt', AttributeType: 'N' }],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'pending',
        KeySchema: [
          { AttributeName: 'state', KeyType: 'HASH' },
          { AttributeName: 'committedAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  });
  engine('sqs', 'CreateQueue', { QueueName: 'charge-card' });
  for (const topic of ['orders', 'audit', 'ledger.fifo']) {
    const fifo = topic.endsWith('.fifo') ? { FifoTopic: 'true' } : {};
    engine('sns', 'CreateTopic', { Name: topic, Attributes: fifo });
    engine('sqs', 'CreateQueue', { QueueName: topic, Attributes: topic.endsWith('.fifo') ? { FifoQueue: 'true' } : {} });
    const Endpoint = `arn:aws:sqs:${ACCOUNT}:${topic}`;
    engine('sns', 'Subscribe', {
      TopicArn: `arn:aws:sns:${ACCOUNT}:${topic}`,
      Protocol: 'sqs',
      Endpoint,
      Attributes: { RawMessageDelivery: 'true' },
    });
  }
}

function drain(engine: CallEngine, queue: string): string[] {
  const { QueueUrl } = engine('sqs', 'GetQueueUrl', { QueueName: queue });
  const bodies: string[] = [];
  for (;;) {
    const answer = engine('sqs', 'ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 });
    const messages = (answer['Messages'] ?? []) as { Body: string; ReceiptHandle: string }[];
    if (messages.length === 0) return bodies;
    for (const { Body, ReceiptHandle } of messages) {
      bodies.push(Body);
      engine('sqs', 'DeleteMessage', { QueueUrl, ReceiptHandle });
    }
  }
}

function streamReader(engine: CallEngine): () => StreamRecord[] {
  const { Table } = engine('dynamodb', 'DescribeTable', { TableName: 'outbox' }) as { Table: { LatestStreamArn: string } };
  const StreamArn = Table.LatestStreamArn;
  const { StreamDescription } = engine('dynamodbstreams', 'DescribeStream', { StreamArn }) as {
    StreamDescription: { Shards: { ShardId: string }[] };
  };
  const iterators = StreamDescription.Shards.map(({ ShardId }) => {
    const { ShardIterator } = engine('dynamodbstreams', 'GetShardIterator', { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
    return ShardIterator;
  });
  return () => {
    const records: StreamRecord[] = [];
    for (const [index, iterator] of iterators.entries()) {
      const page = engine('dynamodbstreams', 'GetRecords', { ShardIterator: iterator }) as {
        Records: StreamRecord[];
        NextShardIterator: string;
      };
      records.push(...page.Records);
      iterators[index] = page.NextShardIterator;
    }
    return records;
  };
}

function attempt(call: () => Json): Json | AwsError {
  try {
    return call();
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

function conflict(input: Json): AwsError {
  const reasons = (input['TransactItems'] as unknown[]).map((_, index, all) => ({
    Code: index === all.length - 1 ? 'TransactionConflict' : 'None',
  }));
  return new AwsError('TransactionCanceledException', 'Transaction cancelled', { details: { CancellationReasons: reasons } });
}

function sdkError(error: AwsError): Error {
  const $metadata = { httpStatusCode: error.status };
  return Object.assign(new Error(error.message), {
    name: error.code,
    $fault: error.status < 500 ? 'client' : 'server',
    $metadata,
    ...error.details,
  });
}

function unwrap(item: Json): Json {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, Object.values(value as Json)[0]]));
}
