import { AwsError, type Json } from '../aws.ts';

/** Tag 1: a time in seconds since the epoch (RFC 8949 §3.4.2). */
const EPOCH_TIME = 0xc1;
const BREAK = 0xff;

/** Reads one CBOR value (RFC 8949): byte strings become base64 text, times become seconds, as engines expect both. */
export function decodeCbor(bytes: Buffer): unknown {
  try {
    const cursor = { bytes, offset: 0 };
    const value = readValue(cursor);
    if (cursor.offset !== bytes.length) throw new RangeError('bytes follow the value');
    return value;
  } catch (cause) {
    if (cause instanceof AwsError) throw cause;
    throw new AwsError('SerializationException', 'The request body is not CBOR.');
  }
}

interface Cursor {
  readonly bytes: Buffer;
  offset: number;
}

function readValue(cursor: Cursor): unknown {
  const head = cursor.bytes.readUInt8(cursor.offset++);
  const major = head >> 5;
  const low = head & 0x1f;
  if (major === 7) return readSimple(cursor, low);
  const endless = low === 31;
  const length = endless ? Number.POSITIVE_INFINITY : readArgument(cursor, low);
  if (major === 0) return length;
  if (major === 1) return -1 - length;
  if (major === 2) return readString(cursor, length).toString('base64');
  if (major === 3) return readString(cursor, length).toString('utf8');
  if (major === 4) return readList(cursor, length);
  return major === 5 ? readMap(cursor, length) : readValue(cursor);
}

function readArgument(cursor: Cursor, low: number): number {
  const { bytes, offset } = cursor;
  if (low < 24) return low;
  if (low > 27) throw new RangeError('a reserved length');
  cursor.offset += 2 ** (low - 24);
  if (low === 24) return bytes.readUInt8(offset);
  if (low === 25) return bytes.readUInt16BE(offset);
  return low === 26 ? bytes.readUInt32BE(offset) : Number(bytes.readBigUInt64BE(offset));
}

function readSimple(cursor: Cursor, low: number): unknown {
  if (low === 20 || low === 21) return low === 21;
  if (low === 22 || low === 23) return null;
  if (low < 25 || low > 27) throw new RangeError('a simple value of no meaning here');
  const { bytes, offset } = cursor;
  cursor.offset += 2 ** (low - 24);
  if (low === 25) return halfFloat(bytes.readUInt16BE(offset));
  return low === 26 ? bytes.readFloatBE(offset) : bytes.readDoubleBE(offset);
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * 2 ** -14 * (fraction / 1024);
  return exponent === 31
    ? fraction === 0
      ? sign * Number.POSITIVE_INFINITY
      : Number.NaN
    : sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

const atBreak = (cursor: Cursor): boolean => cursor.bytes[cursor.offset] === BREAK && ++cursor.offset > 0;

function readString(cursor: Cursor, length: number): Buffer {
  if (Number.isFinite(length)) {
    if (cursor.offset + length > cursor.bytes.length) throw new RangeError('the string is cut off');
    const start = cursor.offset;
    cursor.offset += length;
    return cursor.bytes.subarray(start, cursor.offset);
  }
  const pieces: Buffer[] = [];
  while (!atBreak(cursor)) {
    const low = cursor.bytes.readUInt8(cursor.offset++) & 0x1f;
    pieces.push(readString(cursor, readArgument(cursor, low)));
  }
  return Buffer.concat(pieces);
}

function readList(cursor: Cursor, length: number): unknown[] {
  const list: unknown[] = [];
  while (list.length < length && !(length === Number.POSITIVE_INFINITY && atBreak(cursor))) list.push(readValue(cursor));
  return list;
}

function readMap(cursor: Cursor, length: number): Json {
  const entries: [string, unknown][] = [];
  while (entries.length < length && !(length === Number.POSITIVE_INFINITY && atBreak(cursor))) {
    const name = readValue(cursor);
    if (typeof name !== 'string') throw new TypeError('a member has no name');
    entries.push([name, readValue(cursor)]);
  }
  return Object.fromEntries(entries);
}

/** Writes a JSON value as CBOR; numbers of members that `isTime` names are tagged as times. */
export function encodeCbor(value: unknown, isTime: (member: string) => boolean): Buffer {
  const pieces: Buffer[] = [];
  write(value, '', { pieces, isTime });
  return Buffer.concat(pieces);
}

interface Sink {
  readonly pieces: Buffer[];
  readonly isTime: (member: string) => boolean;
}

function write(value: unknown, member: string, sink: Sink): void {
  if (typeof value === 'number') writeNumber(value, sink.isTime(member), sink.pieces);
  else if (typeof value === 'string') writeText(value, sink.pieces);
  else if (typeof value === 'boolean') sink.pieces.push(Buffer.from([value ? 0xf5 : 0xf4]));
  else if (value === null || value === undefined) sink.pieces.push(Buffer.from([0xf6]));
  else if (Array.isArray(value)) {
    sink.pieces.push(header(4, value.length));
    for (const item of value) write(item, member, sink);
  } else {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    sink.pieces.push(header(5, entries.length));
    for (const [name, item] of entries) {
      writeText(name, sink.pieces);
      write(item, name, sink);
    }
  }
}

function writeText(text: string, pieces: Buffer[]): void {
  const bytes = Buffer.from(text, 'utf8');
  pieces.push(header(3, bytes.length), bytes);
}

function writeNumber(value: number, isTime: boolean, pieces: Buffer[]): void {
  if (isTime) pieces.push(Buffer.from([EPOCH_TIME]));
  if (Number.isSafeInteger(value)) {
    pieces.push(value >= 0 ? header(0, value) : header(1, -1 - value));
    return;
  }
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(0xfb);
  bytes.writeDoubleBE(value, 1);
  pieces.push(bytes);
}

function header(major: number, argument: number): Buffer {
  if (argument < 24) return Buffer.from([(major << 5) | argument]);
  const bytes = Buffer.alloc(argument < 0x1_0000_0000 ? 5 : 9);
  bytes.writeUInt8((major << 5) | (bytes.length === 5 ? 26 : 27));
  if (bytes.length === 5) bytes.writeUInt32BE(argument, 1);
  else bytes.writeBigUInt64BE(BigInt(argument), 1);
  return bytes;
}
