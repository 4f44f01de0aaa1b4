import { AwsError } from '../aws.ts';
import type { MessageCounts } from './message-store.ts';
import type { Queue } from './queue.ts';
import { defaultAttributes, FIFO_ONLY, isSettable, type QueueAttributes, REMOVABLE, validateValue } from './queue-settings.ts';
import { invalidAttributeValue, unknownAttribute } from './sqs-errors.ts';

/** The attributes of a new queue: the defaults, changed by what its creator gave. Throws on the first that is not allowed. */
export function attributesOfNewQueue(name: string, given: QueueAttributes): QueueAttributes {
  // A standard queue has no attribute FifoQueue, not even with the value false.
  const fifo = name.endsWith('.fifo') && given['FifoQueue'] === 'true';
  return changedAttributes(defaultAttributes(fifo), given);
}

/** The attributes after a change. Throws on the first that is not allowed; then nothing changed. */
export function changedAttributes(current: QueueAttributes, changes: QueueAttributes): QueueAttributes {
  const fifo = current['FifoQueue'] === 'true';
  const attributes: Record<string, string> = { ...current };
  for (const [name, value] of Object.entries(changes)) {
    if (!isSettable(name) || (!fifo && FIFO_ONLY.includes(name))) throw unknownAttribute(name);
    if (value === '' && REMOVABLE.includes(name)) {
      delete attributes[name];
      continue;
    }
    validateValue(name, value);
    attributes[name] = value;
  }
  if (attributes['FifoQueue'] !== current['FifoQueue']) throw invalidAttributeValue('FifoQueue', 'Modifying queue type is not supported.');
  checkThroughput(attributes);
  return withOneEncryption(attributes, changes);
}

function checkThroughput(attributes: QueueAttributes): void {
  if (attributes['FifoThroughputLimit'] === 'perMessageGroupId' && attributes['DeduplicationScope'] !== 'messageGroup') {
    throw invalidAttributeValue(
      'FifoThroughputLimit',
      'perMessageGroupId is allowed only when the value for DeduplicationScope is messageGroup.',
    );
  }
}

/** A queue is encrypted with a KMS key or by SQS itself, never both: naming a key switches the other off. */
function withOneEncryption(attributes: Record<string, string>, changes: QueueAttributes): QueueAttributes {
  if (!attributes['KmsMasterKeyId']) return attributes;
  if (changes['SqsManagedSseEnabled'] === 'true') {
    throw new AwsError(
      'InvalidAttributeName',
      'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
    );
  }
  return { ...attributes, SqsManagedSseEnabled: 'false' };
}

/**
 * The first attribute that a second CreateQueue gives another value than the queue has, or undefined when the call is a repeat.
 * JSON values are compared by what they say.
 */
export function differingAttribute(current: QueueAttributes, given: QueueAttributes): string | undefined {
  return Object.keys(given).find((name) => canonical(given[name]) !== canonical(current[name]));
}

function canonical(value: string | undefined): string | undefined {
  if (value === undefined || !value.startsWith('{')) return value || undefined;
  try {
    const object = JSON.parse(value) as Record<string, unknown>;
    return JSON.stringify(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
  } catch {
    return value;
  }
}

/** The counts that GetQueueAttributes adds, which are approximate on AWS. */
const COUNTS: Readonly<Record<string, keyof MessageCounts>> = {
  ApproximateNumberOfMessages: 'visible',
  ApproximateNumberOfMessagesDelayed: 'delayed',
  ApproximateNumberOfMessagesNotVisible: 'inFlight',
};

/** What else GetQueueAttributes adds to the attributes that were set. */
const COMPUTED: Readonly<Record<string, (queue: Queue) => string>> = {
  CreatedTimestamp: (queue) => String(Math.floor(queue.createdAt / 1_000)),
  LastModifiedTimestamp: (queue) => String(Math.floor(queue.modifiedAt / 1_000)),
  QueueArn: (queue) => queue.arn,
};

/** The attributes of a queue that `names` asks for; `All` means every one that has a value. A hostile queue counts wrong. */
export function readAttributes(queue: Queue, names: readonly string[], miscount = (count: number) => count): QueueAttributes {
  const known = [...Object.keys(COUNTS), ...Object.keys(COMPUTED)];
  for (const name of names) if (name !== 'All' && !isSettable(name) && !known.includes(name)) throw unknownAttribute(name);
  const wanted = names.includes('All') ? [...known, ...Object.keys(queue.attributes)] : names;
  const attributes: Record<string, string> = {};
  for (const name of wanted) {
    const counted = COUNTS[name];
    const value = counted ? String(miscount(queue.store.counts[counted])) : (COMPUTED[name]?.(queue) ?? queue.attributes[name]);
    if (value !== undefined) attributes[name] = value;
  }
  return attributes;
}
