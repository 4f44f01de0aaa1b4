import { messageOf } from '../core/errors.ts';
import { type AwsFailure, awsFailure, errorName } from '../retry/aws-failure.ts';

/** What a service said about one message. */
export type SendResult =
  | { readonly status: 'sent'; readonly serviceId?: string }
  | { readonly status: 'failed'; readonly failure: AwsFailure; readonly code: string; readonly message: string };

/** A client as this library needs it, e.g. `new SNSClient({ maxAttempts: 1 })`: retries are ours. */
export interface CommandSender {
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's `send` is overloaded per command; a structural client answers them all
  send(command: any): Promise<any>;
}

/** The parts that the batch answers of SNS and SQS have in common. */
export interface BatchAnswer {
  readonly Successful?: readonly { readonly Id?: string; readonly MessageId?: string }[];
  readonly Failed?: readonly BatchFailure[];
}

interface BatchFailure {
  readonly Id?: string;
  readonly Code?: string;
  readonly Message?: string;
  readonly SenderFault?: boolean;
}

/** An answer that does not mention an entry is no success. */
export const NO_RESULT: SendResult = {
  status: 'failed',
  failure: 'ambiguous',
  code: 'NO_RESULT',
  message: 'the answer does not mention the message',
};

/** Reads one answer entry by entry: HTTP 200 says nothing about any of them ("PublishBatch" API reference). Ids are the indexes. */
export function readBatch(answer: BatchAnswer, count: number): SendResult[] {
  const said = new Map<string | undefined, SendResult>();
  for (const { Id, MessageId } of answer.Successful ?? []) {
    said.set(Id, { status: 'sent', ...(MessageId !== undefined && { serviceId: MessageId }) });
  }
  for (const failure of answer.Failed ?? []) said.set(failure.Id, readFailure(failure));
  return Array.from({ length: count }, (_, index) => said.get(String(index)) ?? NO_RESULT);
}

// `SenderFault` is true for a missing permission too; the code tells it from a message that is wrong in itself.
function readFailure({ Code, Message = 'no reason was given', SenderFault = false }: BatchFailure): SendResult {
  const code = Code || 'Unknown';
  const likeError = Object.assign(new Error(Message), { name: code, $fault: SenderFault ? 'client' : 'server' });
  return { status: 'failed', failure: failureOf(likeError), code, message: Message };
}

// Topics of another region, or of another account's spelling, are refused as a parameter of the request: "Invalid parameter: TopicArn".
// That is no fault of the message, and repaired by a deployment.
const NAMES_DESTINATION = /\b(?:TopicArn|TargetArn|QueueUrl)\b/;

function failureOf(error: unknown): AwsFailure {
  const failure = awsFailure(error);
  return failure === 'rejected' && error instanceof Error && NAMES_DESTINATION.test(messageOf(error)) ? 'denied' : failure;
}

/** A thrown error as the result of a message. */
export function readError(error: unknown): Extract<SendResult, { status: 'failed' }> {
  return {
    status: 'failed',
    failure: failureOf(error),
    code: errorName(error),
    message: messageOf(error),
  };
}
