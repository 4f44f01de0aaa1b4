import { FilterPolicyError } from './filter-matcher.ts';
import { type FilterScope, parseFilterPolicy } from './filter-policy.ts';
import { invalidParameter } from './sns-errors.ts';
import { type Filter, isFifoArn, type Subscription } from './topic.ts';

/** What decides which attribute values a subscription takes. */
export interface SubscriptionShape {
  readonly endpoint: string;
  readonly fifoTopic: boolean;
}

const SETTABLE = ['DeliveryPolicy', 'FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery', 'RedrivePolicy', 'SubscriptionRoleArn'];
const QUEUE_ARN = /^arn:[a-z-]+:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,80}$/;

/**
 * The attributes after changes; an empty value removes the attribute. Throws on the first that is not allowed.
 * `where` begins the message: Subscribe says `Attributes Reason: `, SetSubscriptionAttributes nothing.
 */
export function changedAttributes(
  current: ReadonlyMap<string, string>,
  changes: Iterable<readonly [string, string]>,
  { shape, where }: { readonly shape: SubscriptionShape; readonly where: string },
): Map<string, string> {
  const attributes = new Map(current);
  for (const [name, value] of changes) {
    if (!SETTABLE.includes(name)) throw invalidParameter(where === '' ? 'AttributeName' : `${where}Unknown attribute: ${name}`);
    const reason = faultOf(name, value, shape);
    if (reason !== undefined) throw invalidParameter(`${where}${reason}`);
    if (value === '' || (name === 'FilterPolicy' && isEmptyPolicy(value))) attributes.delete(name);
    else attributes.set(name, value);
  }
  try {
    filterOf(attributes);
  } catch (error) {
    if (error instanceof FilterPolicyError) throw invalidParameter(`${where}${error.message}`);
    throw error;
  }
  return attributes;
}

function faultOf(name: string, value: string, shape: SubscriptionShape): string | undefined {
  if (name === 'RawMessageDelivery' && !['true', 'false'].includes(value.toLowerCase())) {
    return `RawMessageDelivery: Invalid value [${value}]. Must be true or false.`;
  }
  if (name === 'FilterPolicyScope' && value !== 'MessageBody' && value !== 'MessageAttributes') {
    return `FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`;
  }
  return name === 'RedrivePolicy' && value !== '' ? redriveFault(value, shape) : undefined;
}

function redriveFault(text: string, shape: SubscriptionShape): string | undefined {
  let arn: unknown;
  try {
    arn = JSON.parse(text)?.deadLetterTargetArn;
  } catch (error) {
    return `RedrivePolicy: failed to parse JSON. ${(error as Error).message}`;
  }
  if (typeof arn !== 'string' || !QUEUE_ARN.test(arn)) return 'RedrivePolicy: deadLetterTargetArn is an invalid arn';
  if (shape.fifoTopic && isFifoArn(shape.endpoint) && !isFifoArn(arn)) {
    return 'RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.';
  }
  return undefined;
}

function isEmptyPolicy(text: string): boolean {
  return text.replace(/\s/g, '') === '{}';
}

/** The filter that the attributes describe; undefined when everything passes. */
export function filterOf(attributes: ReadonlyMap<string, string>): Filter | undefined {
  const text = attributes.get('FilterPolicy');
  if (text === undefined) return undefined;
  const scope = (attributes.get('FilterPolicyScope') ?? 'MessageAttributes') as FilterScope;
  return { scope, policy: parseFilterPolicy(text, scope) };
}

/** Whether messages reach the queue as published, without the envelope. */
export function isRaw(subscription: Subscription): boolean {
  return subscription.attributes.get('RawMessageDelivery')?.toLowerCase() === 'true';
}

/** The queue for what cannot be delivered. */
export function deadLetterArn(subscription: Subscription): string | undefined {
  const text = subscription.attributes.get('RedrivePolicy');
  return text === undefined ? undefined : (JSON.parse(text) as { deadLetterTargetArn: string }).deadLetterTargetArn;
}
