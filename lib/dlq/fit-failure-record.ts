import { escapeForSqs } from '../message/wire-text.ts';
import { FAILURE_RECORD_MAX_BYTES, FAILURE_STACK_MAX_BYTES } from './dlq.contract.ts';
import type { FailureRecord } from './failure-record.ts';

/** What is given up, step by step, until the record fits: the least useful to an operator first. */
const STEPS: readonly ((record: FailureRecord) => FailureRecord)[] = [
  (record) => cutStack(record, 2 * 1024),
  (record) => ({ ...record, attempts: record.attempts.slice(-3).map((note) => ({ ...note, message: cut(note.message, 200) })) }),
  ({ stack: _, ...record }) => ({ ...record, attempts: [] }),
  (record) => ({ ...record, message: cut(record.message, 512) }),
  ...[8 * 1024, 1024, 0].map((bytes) => (record: FailureRecord) => dropAttributes(record, bytes)),
  ({ droppedAttributes: _, ...record }) => record,
  (record) => ({ ...record, message: '', type: cut(record.type, 64), consumer: cut(record.consumer, 128) }),
  ({ messageId: _, messageType: __, handlerVersion: ___, traceId: ____, note: _____, sqsMessageId: ______, ...record }) => record,
];

/**
 * The record as JSON in characters that SQS takes, in at most `maxBytes` UTF-8 bytes: stack and history are cut first, original attributes
 * last. Undefined when not even the bare reason fits, which takes less than half a kilobyte.
 */
export function encodeFailureRecord(record: FailureRecord, maxBytes: number = FAILURE_RECORD_MAX_BYTES): string | undefined {
  const limit = Math.min(maxBytes, FAILURE_RECORD_MAX_BYTES);
  let fitted = cutStack(record, FAILURE_STACK_MAX_BYTES);
  for (const step of [null, ...STEPS]) {
    if (step) fitted = step(fitted);
    const text = escapeForSqs(JSON.stringify(fitted));
    if (Buffer.byteLength(text) <= limit) return text;
  }
  return undefined;
}

function cutStack(record: FailureRecord, maxBytes: number): FailureRecord {
  return record.stack === undefined ? record : { ...record, stack: cut(record.stack, maxBytes) };
}

/** Cuts to UTF-8 bytes without leaving half a character. */
function cut(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  // A continuation byte (10xxxxxx) at the cut belongs to the character before it.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}

/** Keeps the small attributes, which are the routing fields, and only names the large ones. */
function dropAttributes(record: FailureRecord, maxBytes: number): FailureRecord {
  const entries = Object.entries(record.attributes);
  const kept = entries.filter(([, value]) => (value.stringValue ?? value.binaryValue ?? '').length <= maxBytes);
  if (kept.length === entries.length) return record;
  const dropped = entries.filter((entry) => !kept.includes(entry)).map(([name]) => name);
  return {
    ...record,
    attributes: maxBytes === 0 ? {} : Object.fromEntries(kept),
    droppedAttributes: [...(record.droppedAttributes ?? []), ...dropped],
  };
}
