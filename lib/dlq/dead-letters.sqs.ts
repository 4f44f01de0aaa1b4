import type { SendMessageCommandInput, SendMessageCommandOutput } from '@aws-sdk/client-sqs';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import { SQS_MAX_BYTES } from '../message/message.contract.ts';
import type { DeadLetter, DeadLetters } from '../retry/dead-letter.ts';
import { retry } from '../retry/retry.ts';
import { FAILURE_ATTRIBUTE, FAILURE_RECORD_MAX_BYTES } from './dlq.contract.ts';
import { failureRecord } from './failure-record.ts';
import { encodeFailureRecord } from './fit-failure-record.ts';

/** The part of an SQS client that parking needs. */
export interface DeadLetterClient {
  send(command: SendMessageCommand): Promise<SendMessageCommandOutput>;
}

/** What parking needs; `queueUrl` is that of the dead-letter queue. */
export interface DeadLettersOptions {
  readonly client: DeadLetterClient;
  readonly queueUrl: string;
  readonly clock: Clock;
  readonly rng: Rng;
}

/**
 * Parks messages in a dead-letter queue: the received body byte for byte, and one attribute with the failure record. It resolves
 * only once SQS has confirmed; a lost answer is tried again, so the queue may hold a letter twice, which a redrive bears.
 *
 * @example
 * const deadLetters = createDeadLetters({ client: new SQSClient({ maxAttempts: 1 }), queueUrl, clock: systemClock, rng: systemRng });
 */
export function createDeadLetters({ client, queueUrl, clock, rng }: DeadLettersOptions): DeadLetters {
  return {
    async park(letter, options = {}) {
      const input = sendInput(letter, queueUrl);
      await retry(() => client.send(new SendMessageCommand(input)), { clock, rng, ...options });
    },
  };
}

function sendInput(letter: DeadLetter, queueUrl: string): SendMessageCommandInput {
  const failure = encodeFailureRecord(failureRecord(letter), roomBeside(letter.body));
  return {
    QueueUrl: queueUrl,
    MessageBody: letter.body,
    ...(failure !== undefined && { MessageAttributes: { [FAILURE_ATTRIBUTE]: { DataType: 'String', StringValue: failure } } }),
    ...(queueUrl.endsWith('.fifo') && {
      MessageGroupId: letter.groupId ?? letter.sqsMessageId,
      // The id of this copy, not of the message: a letter that is redriven and fails again within the deduplication window of five
      // minutes would be accepted and not delivered (SQS "Exactly-once processing"). A redriven copy has a new id.
      MessageDeduplicationId: letter.sqsMessageId,
    }),
  };
}

/** An attribute's name, type and value count towards the message's size (SQS "Amazon SQS message metadata"). */
function roomBeside(body: string): number {
  const room = SQS_MAX_BYTES - Buffer.byteLength(body) - Buffer.byteLength(FAILURE_ATTRIBUTE) - 'String'.length;
  return Math.min(FAILURE_RECORD_MAX_BYTES, room);
}
