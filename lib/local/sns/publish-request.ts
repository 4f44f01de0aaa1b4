import { hash } from 'node:crypto';
import type { Json } from '../aws.ts';
import { type AttributeFault, attributeFault } from '../sqs/attribute-names.ts';
import { isBinary, type MessageAttributes, sizeOfMessage } from '../sqs/message-attributes.ts';
import { invalidAttribute, invalidParameter } from './sns-errors.ts';
import type { Subscription, Topic } from './topic.ts';
import { maximumMessageSize } from './topic-attributes.ts';

/** What a publisher asks for, checked. */
export interface PublishRequest {
  textFor(protocol: Subscription['protocol']): string;
  /** The message as published, which filters on the body look at. */
  readonly message: string;
  readonly subject: string | undefined;
  readonly attributes: MessageAttributes;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
}

// Publish reference: a subject is ASCII text of up to 100 characters without line breaks or control characters.
const SUBJECT = /^[ -~]{1,100}$/;
const TOKEN = /^[!-~]{1,128}$/;

/** The size of an entry as SNS counts it against the limit of the topic. */
export function sizeOfEntry(entry: Json): number {
  return sizeOfMessage(String(entry['Message'] ?? ''), attributesOf(entry));
}

/** The rules whose breach fails a whole batch: group, deduplication id, attributes and message structure. */
export function checkEnvelope(entry: Json, topic: Topic): void {
  checkOrder(entry, topic);
  const fault = attributeFault(attributesOf(entry));
  if (fault !== undefined) throw invalidAttribute(describeFault(fault));
  textsOf(entry);
}

/** Checks and reads one message. */
export function readPublish(entry: Json, topic: Topic): PublishRequest {
  const message = entry['Message'];
  if (typeof message !== 'string' || message === '') throw invalidParameter('Empty message');
  const subject = entry['Subject'];
  if (subject !== undefined && subject !== null && !SUBJECT.test(String(subject))) throw invalidParameter('Subject');
  checkEnvelope(entry, topic);
  if (sizeOfEntry(entry) > maximumMessageSize(topic)) throw invalidParameter('Message too long');
  const texts = textsOf(entry);
  return {
    message,
    textFor: (protocol) => texts?.[protocol] ?? texts?.['default'] ?? message,
    subject: typeof subject === 'string' ? subject : undefined,
    attributes: attributesOf(entry),
    groupId: textOf(entry, 'MessageGroupId'),
    deduplicationId: topic.fifo ? (textOf(entry, 'MessageDeduplicationId') ?? hash('sha256', message)) : undefined,
  };
}

function checkOrder(entry: Json, topic: Topic): void {
  for (const parameter of ['MessageGroupId', 'MessageDeduplicationId']) {
    const value = textOf(entry, parameter);
    if (value !== undefined && !TOKEN.test(value)) {
      throw invalidParameter(
        `${parameter} Reason: ${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
      );
    }
  }
  const deduplicationId = textOf(entry, 'MessageDeduplicationId');
  if (!topic.fifo) {
    if (deduplicationId === undefined) return;
    throw invalidParameter(
      'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    );
  }
  if (textOf(entry, 'MessageGroupId') === undefined) throw invalidParameter('The MessageGroupId parameter is required for FIFO topics');
  if (deduplicationId === undefined && topic.attributes.get('ContentBasedDeduplication') !== 'true') {
    throw invalidParameter('The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly');
  }
}

/** The texts by protocol of a message with `MessageStructure: json`; undefined for a plain message. */
function textsOf(entry: Json): Readonly<Record<string, string>> | undefined {
  if (entry['MessageStructure'] !== 'json') return undefined;
  let texts: Record<string, unknown>;
  try {
    texts = JSON.parse(String(entry['Message']));
  } catch {
    throw invalidParameter('Message Structure - JSON message body failed to parse');
  }
  if (typeof texts?.['default'] !== 'string') throw invalidParameter('Message Structure - No default entry in JSON message body');
  return Object.fromEntries(Object.entries(texts).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

function attributesOf(entry: Json): MessageAttributes {
  const attributes = entry['MessageAttributes'];
  return typeof attributes === 'object' && attributes !== null ? (attributes as MessageAttributes) : {};
}

function textOf(entry: Json, parameter: string): string | undefined {
  const value = entry[parameter];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function describeFault(fault: AttributeFault): string {
  switch (fault.kind) {
    case 'name-length':
    case 'type-length':
      return 'Length of message attribute name must be less than 256 bytes.';
    case 'name-character':
      return `Invalid non-alphanumeric character '#x${fault.character.charCodeAt(0).toString(16).toUpperCase()}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.`;
    case 'name-start':
      return "Invalid message attribute name starting with character '.' was found.";
    case 'name-end':
      return "Invalid message attribute name ending with character '.' was found.";
    case 'successive-dots':
      return "Message attribute name can not have successive '.' character.";
    case 'reserved-prefix':
      return `Message attribute name '${fault.name}' can not start with a prefix reserved for AWS.`;
    case 'empty-value':
      return `The message attribute '${fault.name}' must contain non-empty message attribute value for message attribute type '${fault.type}'.`;
    case 'wrong-field':
      return `The message attribute '${fault.name}' with type '${fault.type}' must use field '${isBinary({ DataType: fault.type }) ? 'Binary' : 'String'}'.`;
    case 'unknown-type':
      return `The message attribute '${fault.name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`;
    case 'not-a-number':
      return `Could not cast message attribute '${fault.name}' value to number.`;
    case 'forbidden-character':
      return `The message attribute '${fault.name}' contains characters that are not allowed.`;
  }
}
