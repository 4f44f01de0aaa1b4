import { invalidParameter, invalidValue } from './sqs-errors.ts';

/** Where a queue sends what was received too often. */
export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/** Which source queues may use a queue as their dead-letter queue. */
export interface RedriveAllowPolicy {
  readonly redrivePermission: 'allowAll' | 'denyAll' | 'byQueue';
  readonly sourceQueueArns: readonly string[];
}

const QUEUE_ARN = /^arn:[a-z-]+:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,80}$/;
// SetQueueAttributes reference: maxReceiveCount 1 to 1,000; sourceQueueArns up to 10, only with byQueue.
const MAX_RECEIVE_COUNT = 1_000;
const MAX_SOURCES = 10;

/** Reads the `RedrivePolicy` attribute: JSON with both members, the count as a number or a numeric string. */
export function parseRedrivePolicy(text: string): RedrivePolicy {
  const { deadLetterTargetArn, maxReceiveCount } = parseJson(text, 'RedrivePolicy');
  const refuse = (reason: string) => invalidValue(text, 'RedrivePolicy', reason);
  if (deadLetterTargetArn === undefined) throw refuse('Redrive policy does not contain mandatory attribute: deadLetterTargetArn.');
  if (maxReceiveCount === undefined) throw refuse('Redrive policy does not contain mandatory attribute: maxReceiveCount.');
  if (typeof deadLetterTargetArn !== 'string' || !QUEUE_ARN.test(deadLetterTargetArn))
    throw refuse('Invalid value for deadLetterTargetArn.');
  const count = typeof maxReceiveCount === 'string' ? Number(maxReceiveCount) : maxReceiveCount;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MAX_RECEIVE_COUNT) {
    throw refuse(`Invalid value for maxReceiveCount: ${maxReceiveCount}, valid values are from 1 to 1000 both inclusive.`);
  }
  return { deadLetterTargetArn, maxReceiveCount: count };
}

/** Reads the `RedriveAllowPolicy` attribute. */
export function parseRedriveAllowPolicy(text: string): RedriveAllowPolicy {
  const { redrivePermission, sourceQueueArns } = parseJson(text, 'RedriveAllowPolicy');
  const refuse = (reason: string) => invalidValue(text, 'RedriveAllowPolicy', reason);
  if (redrivePermission !== 'allowAll' && redrivePermission !== 'denyAll' && redrivePermission !== 'byQueue') {
    throw refuse("Amazon SQS can't create the redrive allow policy. Valid values for redrivePermission are allowAll, denyAll and byQueue.");
  }
  const sources = sourceQueueArns ?? [];
  if (!Array.isArray(sources) || sources.some((arn) => typeof arn !== 'string'))
    throw refuse('sourceQueueArns must be a list of queue ARNs.');
  if (redrivePermission === 'byQueue' ? sources.length < 1 || sources.length > MAX_SOURCES : sources.length > 0) {
    throw refuse('sourceQueueArns must hold 1 to 10 queue ARNs with redrivePermission byQueue, and none otherwise.');
  }
  return { redrivePermission, sourceQueueArns: sources };
}

/** Whether the allow policy (none allows all) lets the source use the queue as its dead-letter queue. */
export function allowsSource(policy: RedriveAllowPolicy | undefined, sourceArn: string): boolean {
  if (policy === undefined || policy.redrivePermission === 'allowAll') return true;
  return policy.redrivePermission === 'byQueue' && policy.sourceQueueArns.includes(sourceArn);
}

function parseJson(text: string, attribute: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidValue(text, attribute, `${attribute} is not valid JSON.`);
  }
  if (typeof value !== 'object' || value === null) throw invalidParameter(`${attribute} must be a JSON object.`);
  return value as Record<string, unknown>;
}
