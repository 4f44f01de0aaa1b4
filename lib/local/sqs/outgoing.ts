import { hash } from 'node:crypto';
import type { AwsRequest, Caller, Json, Place } from '../aws.ts';
import { AwsError } from '../aws.ts';
import { type AttributeFault, attributeFault } from './attribute-names.ts';
import { optionalInteger } from './input.ts';
import type { MessageContent } from './message.ts';
import { hasForbiddenCharacter, type MessageAttributes, md5OfAttributes, md5OfText, sizeOfMessage } from './message-attributes.ts';
import type { QueueSettings } from './queue-settings.ts';
import { invalidParameter, invalidValue, missingParameter } from './sqs-errors.ts';

/** A message that passed every check, ready to enqueue. */
export interface Outgoing {
  readonly content: MessageContent;
  readonly delayMs: number;
  readonly md5OfSystemAttributes: string | undefined;
}

const MAX_ATTRIBUTES = 10;
const CHARACTERS = '#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF';
/** Why a parameter of the other kind of queue is refused. */
export const WRONG_QUEUE_TYPE = 'The request include parameter that is not valid for this queue type.';
// SendMessage and ReceiveMessage references: up to 128 alphanumeric and punctuation characters.
const TOKEN = /^[!-~]{1,128}$/;

/** The size of an entry as SQS counts it for the limits; 0 for what is no text, which fails on its own later. */
export function sizeOfEntry(entry: Json): number {
  const body = entry['MessageBody'];
  return sizeOfMessage(typeof body === 'string' ? body : '', attributesOf(entry));
}

/**
 * What a FIFO queue needs of every message. In a batch it is checked for all entries before any is accepted, as the service does:
 * the whole call fails.
 */
export function checkFifoParameters(entry: Json, settings: QueueSettings, missingGroup = () => missingParameter('MessageGroupId')): void {
  if (!settings.fifo) return;
  if (!entry['MessageGroupId']) throw missingGroup();
  if (!entry['MessageDeduplicationId'] && !settings.contentBasedDeduplication) {
    throw invalidParameter('The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly');
  }
}

/** Checks one message against the rules of its queue. Throws the error of the first rule that it breaks. */
export function readOutgoing(entry: Json, settings: QueueSettings, sender: { request: AwsRequest; place: Place }): Outgoing {
  const body = entry['MessageBody'];
  if (typeof body !== 'string' || body === '') throw missingParameter('MessageBody');
  if (hasForbiddenCharacter(body)) throw invalidContents();
  const attributes = attributesOf(entry);
  checkAttributes(attributes);
  if (sizeOfMessage(body, attributes) > settings.maximumMessageSize) {
    throw invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${settings.maximumMessageSize} bytes.`,
    );
  }
  const traceHeader = readTraceHeader(entry);
  return {
    content: {
      body,
      md5OfBody: md5OfText(body),
      attributes,
      md5OfAttributes: md5OfAttributes(attributes),
      // SQS developer guide, "Amazon SQS and AWS X-Ray": the header of the request, unless the message says one itself.
      traceHeader: traceHeader?.StringValue ?? sender.request.traceHeader,
      senderId: senderIdOf(sender.request.caller, sender.place),
      groupId: readToken(entry, 'MessageGroupId'),
      deduplicationId: readDeduplicationId(entry, body, settings),
    },
    delayMs: readDelay(entry, settings),
    md5OfSystemAttributes: traceHeader && md5OfAttributes({ AWSTraceHeader: traceHeader }),
  };
}

function attributesOf(entry: Json): MessageAttributes {
  const attributes = entry['MessageAttributes'];
  return typeof attributes === 'object' && attributes !== null ? (attributes as MessageAttributes) : {};
}

function checkAttributes(attributes: MessageAttributes): void {
  const count = Object.keys(attributes).length;
  if (count > MAX_ATTRIBUTES)
    throw invalidParameter(`Number of message attributes [${count}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`);
  const fault = attributeFault(attributes);
  if (fault?.kind === 'forbidden-character') throw invalidContents();
  if (fault !== undefined) throw invalidParameter(describeFault(fault));
}

function describeFault(fault: AttributeFault): string {
  switch (fault.kind) {
    case 'empty-value':
      return `Message (user) attribute '${fault.name}' must contain a non-empty value of type '${fault.type}'.`;
    case 'wrong-field':
      return `Message (user) attribute '${fault.name}' with type '${fault.type}' must use field '${fault.type.startsWith('Binary') ? 'Binary' : 'String'}'.`;
    case 'unknown-type':
      return `The type of message (user) attribute '${fault.name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`;
    case 'not-a-number':
      return `Can't cast the value of message (user) attribute '${fault.name}' to a number.`;
    case 'name-length':
      return 'Message (user) attribute name must be between 1 and 256 characters long.';
    case 'type-length':
      return `The type of message (user) attribute '${fault.name}' must be at most 256 characters long.`;
    default:
      return `Message (user) attribute name '${fault.name}' is invalid: it can contain A-Z, a-z, 0-9, underscore, hyphen and period, must not start or end with a period, have periods in succession, or start with AWS. or Amazon.`;
  }
}

function invalidContents(): AwsError {
  return new AwsError('InvalidMessageContents', `Invalid characters found. Valid unicode characters are ${CHARACTERS}`);
}

function readTraceHeader(entry: Json): { DataType: string; StringValue: string } | undefined {
  const system = entry['MessageSystemAttributes'];
  if (typeof system !== 'object' || system === null) return undefined;
  for (const name in system) {
    if (name !== 'AWSTraceHeader') throw invalidParameter(`Message system attribute name '${name}' is invalid.`);
  }
  const header = (system as Record<string, { DataType?: unknown; StringValue?: unknown }>)['AWSTraceHeader'];
  if (header === undefined) return undefined;
  if (header.DataType !== 'String' || typeof header.StringValue !== 'string' || header.StringValue === '') {
    throw invalidParameter("Message (system) attribute 'AWSTraceHeader' must contain a non-empty value of type 'String'.");
  }
  return { DataType: 'String', StringValue: header.StringValue };
}

/** A group, deduplication or attempt id, if there is one. */
export function readToken(entry: Json, parameter: string): string | undefined {
  const value = entry[parameter];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && TOKEN.test(value)) return value;
  throw invalidValue(value, parameter, `${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`);
}

function readDeduplicationId(entry: Json, body: string, settings: QueueSettings): string | undefined {
  const given = readToken(entry, 'MessageDeduplicationId');
  if (settings.fifo) return given ?? hash('sha256', body);
  if (given !== undefined) throw invalidValue(given, 'MessageDeduplicationId', WRONG_QUEUE_TYPE);
  return undefined;
}

function readDelay(entry: Json, settings: QueueSettings): number {
  const refuse = (value: unknown) => invalidValue(value, 'DelaySeconds', 'DelaySeconds must be >= 0 and <= 900.');
  const seconds = optionalInteger(entry, 'DelaySeconds', { minimum: 0, maximum: 900, refuse });
  if (seconds === undefined) return settings.delayMs;
  if (!settings.fifo) return seconds * 1_000;
  // A FIFO queue has one delay for all its messages (SendMessage reference, DelaySeconds).
  if (seconds > 0) throw invalidValue(seconds, 'DelaySeconds', WRONG_QUEUE_TYPE);
  return settings.delayMs;
}

/** The unique id of whoever sent: of a role `AROA…:session`, of a user or service `AIDA…`. */
function senderIdOf(caller: Caller, place: Place): string {
  const unique = (prefix: string, name: string) => `${prefix}${hash('sha256', name).slice(0, 17).toUpperCase()}`;
  if (caller.kind === 'role') return `${unique('AROA', caller.roleArn)}:${caller.sessionName ?? 'session'}`;
  return caller.kind === 'service' ? unique('AIDA', caller.principal) : unique('AIDA', place.accountId);
}
