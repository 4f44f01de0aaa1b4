import { callAsFunction, type MappingTarget, type RunnerDeps } from './mapping-runner.ts';
import { queueUrl } from './queue-client.ts';
import type { StreamRecord } from './stream-event.ts';

/** Records that a stream mapping gives up. */
export interface Discard {
  readonly shardId: string;
  readonly records: readonly StreamRecord[];
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  /** Invocations so far; zero when the records grew too old before the first. */
  readonly invokeCount: number;
  readonly functionError: boolean;
}

/** Tells the on-failure destination of discarded records, if there is one. Returns a problem when the destination refused. */
export function reportDiscard(deps: RunnerDeps, target: MappingTarget, discard: Discard): string | null {
  const destination = target.config.onFailureArn;
  if (destination === undefined) return null;
  try {
    send(deps, target, { destination, discard });
    return null;
  } catch (error) {
    return `PROBLEM: on-failure destination ${destination}: ${(error as Error).message}`;
  }
}

function send(deps: RunnerDeps, target: MappingTarget, { destination, discard }: { destination: string; discard: Discard }): void {
  const call = (service: 'sqs' | 'sns' | 's3', action: string, input: Record<string, unknown>) =>
    callAsFunction(deps, target.config.functionArn, { service, action, input });
  const metadata = invocationRecord(deps, target, discard);
  const service = destination.split(':')[2];
  if (service === 'sqs')
    call('sqs', 'SendMessage', { QueueUrl: queueUrl(deps.aws().place.endpoint, destination), MessageBody: JSON.stringify(metadata) });
  else if (service === 'sns') call('sns', 'Publish', { TopicArn: destination, Message: JSON.stringify(metadata) });
  else if (service === 's3') {
    // Only the S3 object carries the records themselves (Lambda guide, "Retaining discarded records for a DynamoDB event source").
    const body = { ...metadata, payload: JSON.stringify({ Records: discard.records.map((record) => record.event) }) };
    const input = { Bucket: destination.split(':::')[1], Key: objectKey(deps, target, discard), Body: Buffer.from(JSON.stringify(body)) };
    call('s3', 'PutObject', input);
  } else throw new Error(`a destination must be a queue, a topic or a bucket, got ${destination}`);
}

/** The documented key: `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<random UUID>`. */
function objectKey(deps: RunnerDeps, target: MappingTarget, discard: Discard): string {
  const time = new Date(deps.clock.now()).toISOString().slice(0, 19);
  const day = time.slice(0, 10).replaceAll('-', '/');
  return `aws/lambda/${target.uuid}/${discard.shardId}/${day}/${time.replaceAll(':', '.')}-${deps.ids.next()}`;
}

function invocationRecord(deps: RunnerDeps, target: MappingTarget, discard: Discard): Record<string, unknown> {
  const { functionArn, eventSourceArn } = target.config;
  const { records } = discard;
  const [first, last] = [records[0], records.at(-1)];
  return {
    requestContext: {
      requestId: deps.ids.next(),
      functionArn,
      condition: discard.condition,
      approximateInvokeCount: discard.invokeCount,
    },
    ...(discard.invokeCount === 0 ? {} : { responseContext: responseContext(functionArn, discard.functionError) }),
    version: '1.0',
    timestamp: new Date(deps.clock.now()).toISOString(),
    DDBStreamBatchInfo: {
      shardId: discard.shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      approximateArrivalOfFirstRecord: arrival(first),
      approximateArrivalOfLastRecord: arrival(last),
      batchSize: records.length,
      streamArn: eventSourceArn,
    },
  };
}

function responseContext(functionArn: string, functionError: boolean): Record<string, unknown> {
  return {
    statusCode: 200,
    executedVersion: functionArn.split(':')[7] ?? '$LATEST',
    ...(functionError ? { functionError: 'Unhandled' } : {}),
  };
}

/** Whole seconds, as in the documented example. */
function arrival(record: StreamRecord | undefined): string {
  return `${new Date(record?.createdMs ?? 0).toISOString().slice(0, 19)}Z`;
}
