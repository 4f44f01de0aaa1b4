import type { CreateScheduleCommandInput } from '@aws-sdk/client-scheduler';
import { deriveId } from '../core/ids.ts';
import { ATTEMPTS_ATTRIBUTE } from './consumer.contract.ts';
import type { QueueRecord } from './consumer.event.ts';
import type { LongWait } from './consumer.ports.ts';

/** Where a consumer's schedules live, and what they work with. */
export interface SchedulePlace {
  readonly queueUrl: string;
  readonly group: string;
  readonly roleArn: string;
  readonly deadLetterQueueArn: string;
}

/**
 * A schedule takes 256 KB ("Maximum size of the target payload", EventBridge Scheduler user guide, quotas), and one that cannot send leaves
 * them in a letter, which it cuts short where they do not fit beside what it says of itself (`IS_PAYLOAD_TRUNCATED`): room is left for that.
 */
const MAX_INPUT_BYTES = 204_800;

/** SQS takes ten message attributes (SQS developer guide, message metadata); the copy has one more than the message. */
const MAX_ATTRIBUTES = 10;

/** What the queue is sent when the wait is over: the body byte for byte, the attributes, and one that says how far the message has come. */
function sendInput({ record, attempts }: Pick<LongWait, 'record' | 'attempts'>, queueUrl: string): string {
  const { [ATTEMPTS_ATTRIBUTE]: _, ...given } = record.messageAttributes ?? {};
  const own = { [ATTEMPTS_ATTRIBUTE]: { DataType: 'Number', StringValue: String(attempts) } };
  const attributes = Object.entries(given).map(([name, { dataType, stringValue }]) => [
    name,
    { DataType: dataType, StringValue: stringValue },
  ]);
  const groupId = record.attributes.MessageGroupId;
  const input = {
    QueueUrl: queueUrl,
    MessageBody: record.body,
    MessageAttributes: { ...Object.fromEntries(attributes), ...own },
    ...(groupId !== undefined && { MessageGroupId: groupId }),
  };
  // The Scheduler puts values of its own in place of `<aws.scheduler.…>` (user guide, context attributes), which a body may hold.
  return JSON.stringify(input).replaceAll('<', '\\u003c');
}

/** Whether a schedule can hold the message: its size, room for one attribute more, and no binary ones, which have no form in a schedule. */
export function fitsSchedule(record: QueueRecord, queueUrl: string): boolean {
  const { [ATTEMPTS_ATTRIBUTE]: _, ...given } = record.messageAttributes ?? {};
  const attributes = Object.values(given);
  return (
    attributes.length < MAX_ATTRIBUTES &&
    attributes.every(({ stringValue }) => typeof stringValue === 'string') &&
    Buffer.byteLength(sendInput({ record, attempts: 0 }, queueUrl)) <= MAX_INPUT_BYTES
  );
}

function partitionOf(arn: string): string {
  return arn.split(':')[1] ?? 'aws';
}

/**
 * The schedule of one wait. Its name follows from the wait, so that asking again, after a crash or for a copy of the message, finds it
 * there. It runs once and is deleted.
 */
export function scheduleInput(wait: LongWait, place: SchedulePlace): CreateScheduleCommandInput {
  const name = deriveId('wait', wait.consumer, wait.messageId, String(wait.until));
  return {
    Name: name,
    ClientToken: name,
    GroupName: place.group,
    // Whole seconds, not before the wait is over.
    ScheduleExpression: `at(${new Date(Math.ceil(wait.until / 1_000) * 1_000).toISOString().slice(0, 19)})`,
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: `arn:${partitionOf(place.roleArn)}:scheduler:::aws-sdk:sqs:sendMessage`,
      RoleArn: place.roleArn,
      Input: sendInput(wait, place.queueUrl),
      DeadLetterConfig: { Arn: place.deadLetterQueueArn },
    },
  };
}
