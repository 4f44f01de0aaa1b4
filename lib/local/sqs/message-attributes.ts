import { hash } from 'node:crypto';

/** A message attribute as the SQS and SNS APIs carry it; `BinaryValue` is base64. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** Message attributes by name. */
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

// Marks the kind of value inside the MD5 (SQS Developer Guide, "Calculating the MD5 message digest for message attributes").
const STRING_TRANSPORT = 1;
const BINARY_TRANSPORT = 2;
/** Three lengths and the kind of value. */
const FRAME_BYTES = 13;

// SendMessage reference: "A message can include only XML, JSON, and unformatted text" of exactly these characters.
const OUTSIDE_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** Whether the attribute holds bytes: `Binary`, or a custom type such as `Binary.png`. */
export function isBinary(attribute: MessageAttribute): boolean {
  return attribute.DataType === 'Binary' || attribute.DataType.startsWith('Binary.');
}

/** Whether the text holds a character that a message must not: anything outside XML 1.0, a lone surrogate included. */
export function hasForbiddenCharacter(text: string): boolean {
  return OUTSIDE_XML.test(text);
}

/** The MD5 of a UTF-8 text in hex, as `MD5OfMessageBody` shows it. */
export function md5OfText(text: string): string {
  return hash('md5', text);
}

/**
 * The MD5 over message attributes that SQS returns and SDKs verify, or undefined when there are none.
 *
 * Names in byte order; for each: name, type and value with a four-byte big-endian length before, and one byte for the kind of
 * value between type and value.
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes);
  if (names.length === 0) return undefined;
  const bytes = Buffer.alloc(sizeOfAttributes(attributes) + names.length * FRAME_BYTES);
  let end = 0;
  const addWithLength = (text: string, encoding: 'utf8' | 'base64' = 'utf8') => {
    const length = bytes.write(text, end + 4, encoding);
    end = bytes.writeUInt32BE(length, end) + length;
  };
  for (const name of names.sort()) {
    const attribute = attributes[name] as MessageAttribute;
    addWithLength(name);
    addWithLength(attribute.DataType);
    const binary = isBinary(attribute);
    end = bytes.writeUInt8(binary ? BINARY_TRANSPORT : STRING_TRANSPORT, end);
    if (binary) addWithLength(attribute.BinaryValue ?? '', 'base64');
    else addWithLength(attribute.StringValue ?? '');
  }
  return hash('md5', bytes.subarray(0, end));
}

/** The bytes that count against the size limit: name, type and value of every attribute (SQS message metadata). */
function sizeOfAttributes(attributes: MessageAttributes): number {
  let size = 0;
  for (const name in attributes) {
    const attribute = attributes[name] as MessageAttribute;
    size += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + valueLength(attribute);
  }
  return size;
}

/** The bytes of a message that count against the size limit of a queue or topic. */
export function sizeOfMessage(body: string, attributes: MessageAttributes): number {
  return Buffer.byteLength(body) + sizeOfAttributes(attributes);
}

function valueLength(attribute: MessageAttribute): number {
  return isBinary(attribute) ? Buffer.byteLength(attribute.BinaryValue ?? '', 'base64') : Buffer.byteLength(attribute.StringValue ?? '');
}

/**
 * The attributes that a `MessageAttributeNames` list asks for: a name, `All`, `.*`, or a prefix followed by `.*`
 * (ReceiveMessage reference). Nothing is returned unless it is asked for.
 */
export function selectAttributes(attributes: MessageAttributes, names: readonly string[]): MessageAttributes {
  if (names.some((name) => name === 'All' || name === '.*')) return attributes;
  const prefixes = names.filter((name) => name.endsWith('.*')).map((name) => name.slice(0, -2));
  const selected: Record<string, MessageAttribute> = {};
  for (const name in attributes) {
    if (names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix))) selected[name] = attributes[name] as MessageAttribute;
  }
  return selected;
}
