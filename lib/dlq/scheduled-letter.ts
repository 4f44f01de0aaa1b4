import type { RecordAttribute } from '../retry/dead-letter.ts';
import { type Letter, membersOf } from './letter.ts';

/**
 * The message in a letter of the Scheduler, which was to send it to its consumer's queue after a long wait: a letter of a schedule holds
 * what it called SQS with (EventBridge Scheduler user guide, dead-letter queues). Undefined for one of another schedule, and for one that the
 * Scheduler has cut short. Never throws.
 */
export function scheduledMessage({ body, messageAttributes }: Letter): Pick<Letter, 'body' | 'messageAttributes'> | undefined {
  if (messageAttributes?.['IS_PAYLOAD_TRUNCATED']?.stringValue === 'true') return undefined;
  const input = membersOf(body);
  const { MessageBody: text, MessageAttributes: attributes = {} } = input;
  if (typeof text !== 'string' || typeof input['QueueUrl'] !== 'string') return undefined;
  const entries = Object.entries(typeof attributes === 'object' && attributes !== null ? attributes : {});
  return { body: text, messageAttributes: Object.fromEntries(entries.flatMap(([name, value]) => attributeOf(name, value))) };
}

function attributeOf(name: string, value: unknown): [string, RecordAttribute][] {
  const { DataType: dataType, StringValue: stringValue } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof dataType === 'string' && typeof stringValue === 'string' ? [[name, { dataType, stringValue }]] : [];
}
