import { DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-dynamodb-streams';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { readBatchResponse } from '../../lib/local/event-source-mapping/batch-response.ts';
import { type ReceivedMessage, sqsEventRecord } from '../../lib/local/event-source-mapping/sqs-event.ts';
import { type StreamApiRecord, streamRecord } from '../../lib/local/event-source-mapping/stream-event.ts';
import { CLIENT_SETTINGS, SQS_CLIENT_SETTINGS } from '../../lib/retry/client-settings.ts';
import { wireInput } from '../../lib/simulation/sdk-shapes.ts';
import type { ConsumerQueues } from './protocol.ts';
import type { Outcome } from './workers.ts';

// What event source mappings do, over the wire: their own calls fail like those of everybody.

/** Where a client calls and with which keys; without any, with those of the SDK's default chain. */
export interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What a poller needs. */
export interface PollerDeps {
  /** Of the SDK's clients: where and who. */
  readonly settings: ClientSettings;
  readonly signal: AbortSignal;
  /** Between reads of a shard that had nothing new. */
  readonly streamEveryMs: number;
  readonly invoke: (role: string, event: unknown) => Promise<Outcome>;
}

/** Records of one batch; small, so that two pollers have something to do. */
const QUEUE_BATCH = 5;
const STREAM_BATCH = 100;
/** Then the sweeper publishes what is left (production: 10 as well, on the outbox's mapping). */
const STREAM_ATTEMPTS = 10;

const requestHandler = { ...CLIENT_SETTINGS.requestHandler, requestTimeout: 2_000 };

/** Receives, invokes, deletes what succeeded; what failed comes back after the visibility timeout. Resolves when `signal` aborts. */
export async function pollQueue(deps: PollerDeps, { name, queueUrl: QueueUrl, queueArn }: ConsumerQueues, number: number): Promise<void> {
  const { settings, signal } = deps;
  const sqs = new SQSClient({ ...SQS_CLIENT_SETTINGS, ...settings, requestHandler, userAgentAppId: `poller-${name}-${number}` });
  const receive = new ReceiveMessageCommand({
    ...{ QueueUrl, MaxNumberOfMessages: QUEUE_BATCH, WaitTimeSeconds: 1 },
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  await repeat(signal, async () => {
    const { Messages = [] } = await sqs.send(receive, { abortSignal: signal });
    if (Messages.length === 0) return;
    const outcome = await deps.invoke(name, {
      Records: Messages.map((message) => sqsEventRecord(wireInput('sqs', message) as unknown as ReceivedMessage, queueArn)),
    });
    const failed = failuresOf(outcome, new Set(Messages.map(({ MessageId = '' }) => MessageId)));
    const Entries = Messages.flatMap(({ MessageId = '', ReceiptHandle }, index) =>
      failed.has(MessageId) ? [] : [{ Id: `m${index}`, ReceiptHandle }],
    );
    if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  });
  sqs.destroy();
}

/** Reads the shards of a stream in order and stays at a batch until it succeeds or has failed too often. */
export async function pollStream(deps: PollerDeps, StreamArn: string, role: string): Promise<void> {
  const { settings, signal, streamEveryMs } = deps;
  const streams = new DynamoDBStreamsClient({ ...CLIENT_SETTINGS, ...settings, requestHandler, userAgentAppId: `poller-${role}-0` });
  const { StreamDescription } = await untilAnswered(signal, () => streams.send(new DescribeStreamCommand({ StreamArn })));
  const shards = StreamDescription?.Shards ?? [];
  await Promise.all(
    shards.map(async ({ ShardId }) => {
      const first = new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
      let { ShardIterator: iterator } = await untilAnswered(signal, () => streams.send(first));
      await repeat(signal, async () => {
        const { Records = [], NextShardIterator } = await streams.send(
          new GetRecordsCommand({ ShardIterator: iterator, Limit: STREAM_BATCH }),
        );
        iterator = NextShardIterator;
        const records = Records.map((record) =>
          streamRecord(wireInput('dynamodbstreams', record) as unknown as StreamApiRecord, StreamArn),
        );
        await deliver(deps, role, records);
        if (records.length === 0) await pause(signal, streamEveryMs);
      });
    }),
  );
  streams.destroy();
}

async function deliver({ invoke, signal }: PollerDeps, role: string, records: readonly ReturnType<typeof streamRecord>[]): Promise<void> {
  let left = records;
  for (let attempt = 1; left.length > 0 && attempt <= STREAM_ATTEMPTS && !signal.aborted; attempt += 1) {
    const outcome = await invoke(role, { Records: left.map(({ event }) => event) });
    const failed = failuresOf(outcome, new Set(left.map(({ sequenceNumber }) => sequenceNumber)));
    const lowest = left.findIndex(({ sequenceNumber }) => failed.has(sequenceNumber));
    left = lowest < 0 ? [] : left.slice(lowest);
    if (left.length > 0) await pause(signal, 50 * attempt);
  }
}

function failuresOf(outcome: Outcome, ids: ReadonlySet<string>): ReadonlySet<string> {
  if ('error' in outcome) return ids;
  const verdict = readBatchResponse(outcome.payload, ids);
  if (verdict.kind === 'partial') return verdict.failed;
  return verdict.kind === 'success' ? new Set() : ids;
}

/** Does it again and again; a failure is a reason to wait a little. */
export async function repeat(signal: AbortSignal, step: () => Promise<void>): Promise<void> {
  while (!signal.aborted) await step().catch(() => pause(signal, 50));
}

async function untilAnswered<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted) throw error;
      await pause(signal, 50);
    }
  }
}

/** Waits, at most until the signal. */
export function pause(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
