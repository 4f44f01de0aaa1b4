import type { RedriveAllowPolicy, RedrivePolicy } from './redrive-policy.ts';
import { parseRedriveAllowPolicy, parseRedrivePolicy } from './redrive-policy.ts';
import { invalidAttributeValue } from './sqs-errors.ts';

/** The settable attributes of a queue as strings, as the API shows them. */
export type QueueAttributes = Readonly<Record<string, string>>;

/** What the attributes mean to the queue. Times in milliseconds. */
export interface QueueSettings {
  readonly fifo: boolean;
  readonly delayMs: number;
  readonly visibilityMs: number;
  readonly retentionMs: number;
  readonly waitMs: number;
  readonly maximumMessageSize: number;
  readonly contentBasedDeduplication: boolean;
  /** Whether a deduplication id counts within its message group only. */
  readonly deduplicateByGroup: boolean;
  readonly redrivePolicy: RedrivePolicy | undefined;
  readonly redriveAllowPolicy: RedriveAllowPolicy | undefined;
}

// SetQueueAttributes reference: defaults and ranges; MaximumMessageSize is 1 MiB since August 2025.
const STANDARD_DEFAULTS: QueueAttributes = {
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
  VisibilityTimeout: '30',
};
const FIFO_DEFAULTS: QueueAttributes = {
  ...STANDARD_DEFAULTS,
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoQueue: 'true',
  FifoThroughputLimit: 'perQueue',
};

/** What a queue has when its creator says nothing. */
export function defaultAttributes(fifo: boolean): QueueAttributes {
  return fifo ? FIFO_DEFAULTS : STANDARD_DEFAULTS;
}

/** Reads the meaning of a queue's attributes, which `validateAttributes` has checked. */
export function settingsOf(attributes: QueueAttributes): QueueSettings {
  const seconds = (name: string) => Number(attributes[name]) * 1_000;
  const redrive = attributes['RedrivePolicy'];
  const allow = attributes['RedriveAllowPolicy'];
  return {
    fifo: attributes['FifoQueue'] === 'true',
    delayMs: seconds('DelaySeconds'),
    visibilityMs: seconds('VisibilityTimeout'),
    retentionMs: seconds('MessageRetentionPeriod'),
    waitMs: seconds('ReceiveMessageWaitTimeSeconds'),
    maximumMessageSize: Number(attributes['MaximumMessageSize']),
    contentBasedDeduplication: attributes['ContentBasedDeduplication'] === 'true',
    deduplicateByGroup: attributes['DeduplicationScope'] === 'messageGroup',
    redrivePolicy: redrive === undefined ? undefined : parseRedrivePolicy(redrive),
    redriveAllowPolicy: allow === undefined ? undefined : parseRedriveAllowPolicy(allow),
  };
}

const integer = (minimum: number, maximum: number) => (value: string) =>
  /^\d+$/.test(value) && Number(value) >= minimum && Number(value) <= maximum;
const oneOf =
  (...allowed: readonly string[]) =>
  (value: string) =>
    allowed.includes(value);
const json = (value: string) => {
  try {
    return typeof JSON.parse(value) === 'object';
  } catch {
    return false;
  }
};

/** For each settable attribute, whether a value is allowed. */
const VALUE_RULES: Readonly<Record<string, (value: string) => boolean>> = {
  ContentBasedDeduplication: oneOf('true', 'false'),
  DeduplicationScope: oneOf('queue', 'messageGroup'),
  DelaySeconds: integer(0, 900),
  FifoQueue: oneOf('true', 'false'),
  FifoThroughputLimit: oneOf('perQueue', 'perMessageGroupId'),
  KmsDataKeyReusePeriodSeconds: integer(60, 86_400),
  KmsMasterKeyId: () => true,
  MaximumMessageSize: integer(1_024, 1_048_576),
  MessageRetentionPeriod: integer(60, 1_209_600),
  Policy: json,
  ReceiveMessageWaitTimeSeconds: integer(0, 20),
  RedriveAllowPolicy: () => true,
  RedrivePolicy: () => true,
  SqsManagedSseEnabled: oneOf('true', 'false'),
  VisibilityTimeout: integer(0, 43_200),
};

/** Attributes that only a FIFO queue has. */
export const FIFO_ONLY: readonly string[] = ['FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit'];

/** Attributes that an empty value removes. */
export const REMOVABLE: readonly string[] = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy', 'KmsMasterKeyId'];

/** Whether this attribute can be set. */
export function isSettable(name: string): boolean {
  return name in VALUE_RULES;
}

/** Throws `InvalidAttributeValue` when the value of a settable attribute is out of range. */
export function validateValue(name: string, value: string): void {
  if (VALUE_RULES[name]?.(value) !== true) throw invalidAttributeValue(name);
}
