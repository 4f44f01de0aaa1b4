import { expect } from 'vitest';
import { createRng } from '../../../lib/core/rng.ts';
import { AwsError, DEVELOPER, type Json, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import type { SqsOptions } from '../../../lib/local/sqs/queues.ts';
import { createSqs, type Sqs } from '../../../lib/local/sqs/sqs.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';

/** A message as a test looks at it. */
export interface Received {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Json;
  readonly MD5OfMessageAttributes?: string;
}

/** A queue as a test drives it. */
export interface TestQueue {
  readonly url: string;
  readonly arn: string;
  send(body: string, more?: Json): Json;
  receive(more?: Json): Received[];
  delete(message: Received): void;
  visibility(message: Received, seconds: number): void;
  counts(): { visible: number; inFlight: number; delayed: number };
}

export interface SqsWorld {
  readonly clock: FakeClock;
  readonly sqs: Sqs;
  call(action: string, input: Json, signal?: AbortSignal): Json;
  queue(name: string, attributes?: Json): TestQueue;
}

/** Ids that count up, shaped as UUIDs. */
export function countingIds() {
  let count = 0;
  return {
    next() {
      count += 1;
      return `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`;
    },
  };
}

/** An SQS on a fake clock. */
export function createSqsWorld(options: Pick<SqsOptions, 'shuffle' | 'maxInFlight' | 'hostility'> = {}): SqsWorld {
  const clock = createFakeClock();
  const sqs = createSqs({ clock, rng: createRng(1), ids: countingIds(), place: LOCAL_PLACE, ...options });
  const call = (action: string, input: Json, signal?: AbortSignal) =>
    sqs.call({ service: 'sqs', action, input, caller: DEVELOPER, signal }) as Json;

  function queue(name: string, attributes: Json = {}): TestQueue {
    const fifo = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
    const url = String(call('CreateQueue', { QueueName: name, Attributes: { ...fifo, ...attributes } })['QueueUrl']);
    const arn = sqs.queueArn(url);
    return {
      url,
      arn,
      send: (body, more = {}) => call('SendMessage', { QueueUrl: url, MessageBody: body, ...more }),
      receive: (more = {}) => (call('ReceiveMessage', { QueueUrl: url, MaxNumberOfMessages: 10, ...more })['Messages'] ?? []) as Received[],
      delete: (message) => call('DeleteMessage', { QueueUrl: url, ReceiptHandle: message.ReceiptHandle }),
      visibility: (message, VisibilityTimeout) =>
        call('ChangeMessageVisibility', { QueueUrl: url, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout }),
      counts() {
        const { visible, inFlight, delayed } = sqs.stats(arn);
        return { visible, inFlight, delayed };
      },
    };
  }
  return { clock, sqs, call, queue };
}

/** The bodies, in order. */
export const bodies = (messages: readonly Received[]) => messages.map((message) => message.Body);

/** Asserts that `act` is refused by AWS with this code, and returns the error to look closer. */
export function refused(act: () => unknown, code: string): AwsError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(AwsError);
    expect((error as AwsError).code).toBe(code);
    return error as AwsError;
  }
  throw new Error(`expected ${code}, but the call succeeded`);
}
