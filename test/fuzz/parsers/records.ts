import * as z from 'zod';
import type { UnhandleableReason } from '../../../lib/consumer/consumer.errors.ts';
import { isQueueEvent, type QueueRecord } from '../../../lib/consumer/consumer.event.ts';
import { readRecord } from '../../../lib/consumer/consumer.reading.ts';
import { createRouter, on } from '../../../lib/consumer/consumer.routes.ts';
import { defineEvent } from '../../../lib/message/define.ts';
import type { Choices } from '../choices.ts';
import { type FuzzedParser, membersOf, must } from '../fuzz.ts';
import { HOSTILE_TEXTS, type Members } from '../hostile-json.ts';
import { drawBody, VALID_BODIES } from './envelopes.ts';

/** Where a record may end up before anything is known of earlier deliveries. A conflict with an earlier one is found later, in the inbox. */
type Verdict = 'run' | 'ignore' | 'BODY_INVALID' | 'MESSAGE_INVALID' | Exclude<UnhandleableReason, 'FINGERPRINT_MISMATCH'>;

const schema = z.object({ orderId: z.string(), total: z.number().default(0) });
const OrderPlaced = defineEvent({ name: 'orders.order-placed', version: 1, schema });
const OrderLost = defineEvent({ name: 'orders.order-lost', version: 1, schema });
const router = createRouter([on(OrderPlaced, () => {})], [OrderLost]);

const NOW = Date.UTC(2030, 0, 1);
const MAX_AGE_MS = 59 * 86_400_000;

/** Valid in themselves, and still nothing that this consumer runs. */
const UNWANTED: readonly Members[] = [
  ['type', '"orders.order-lost"', 'dataschema', '"urn:posthaste:schema:orders.order-lost:7"'],
  ['type', '"orders.order-eaten"', 'dataschema', '"urn:posthaste:schema:orders.order-eaten:1"'],
  ['dataschema', '"urn:posthaste:schema:orders.order-placed:2"'],
  ['time', '"2029-01-01T00:00:00Z"'],
  ['hops', '33'],
  ['data', '{"orderId":7}'],
].map((change) => {
  const replaced = new Map(VALID_BODIES[0]);
  for (let at = 0; at < change.length; at += 2) replaced.set(change[at] as string, change[at + 1] as string);
  return [...replaced];
});

const COUNTS = ['1', '2', '0', '-1', 'x', '', '1e3', '1.5', '99999999999999999999', 'Infinity'];
const ATTRIBUTES = HOSTILE_TEXTS.map((text) => ({ [`name ${text}`]: { dataType: text, stringValue: text } }));

/** A record as Lambda delivers it, with whatever a stranger could put on the queue. */
export function drawRecord(choices: Choices, messageId = 'sqs-1'): QueueRecord {
  const body = drawBody(choices, choices.oneIn(4) ? UNWANTED : VALID_BODIES);
  return {
    messageId,
    receiptHandle: `handle ${messageId}`,
    body,
    attributes: { ApproximateReceiveCount: choices.pick(COUNTS), ...(choices.oneIn(4) && { MessageGroupId: 'group' }) },
    messageAttributes: choices.oneIn(4) ? choices.pick(ATTRIBUTES) : {},
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:orders',
  };
}

export const records: FuzzedParser<QueueRecord> = {
  name: 'records of a queue',
  file: 'consumer/consumer.reading.ts',
  verdicts: membersOf<Verdict>({
    run: true,
    ignore: true,
    BODY_INVALID: true,
    MESSAGE_INVALID: true,
    UNKNOWN_TYPE: true,
    UNKNOWN_VERSION: true,
    TOO_OLD: true,
    HOPS_EXCEEDED: true,
  }),
  draw: drawRecord,
  read(record) {
    const { body } = record;
    const { reading, receiveCount, record: kept } = readRecord(record, 0, { router, now: NOW, maxAgeMs: MAX_AGE_MS });
    must(kept === record && kept.body === body, 'the record is kept as it came, byte for byte');
    must(Number.isSafeInteger(receiveCount) && receiveCount >= 1, `a receive count is a number of receives, not ${receiveCount}`);
    if (reading.kind === 'run') {
      const { data } = reading.message as { data: z.output<typeof schema> };
      must(typeof data.orderId === 'string' && typeof data.total === 'number', 'what runs fits the schema');
      must(/^[0-9a-f]{64}$/.test(reading.fingerprint), 'what runs has a fingerprint');
    }
    if (reading.kind === 'park')
      must(reading.error instanceof Error && reading.error.message !== '', 'what is parked has an error that says why');
    return reading.kind === 'park' ? reading.reason : reading.kind;
  },
};

const SNS_RECORD = { EventSource: 'aws:sns', EventVersion: '1.0', Sns: { Message: '{}', MessageAttributes: {} } };
const STREAM_RECORD = { eventName: 'INSERT', eventSourceARN: 'arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/1', dynamodb: {} };
const NO_RECORDS: readonly unknown[] = [
  null,
  undefined,
  7,
  'Records',
  [],
  {},
  { Records: null },
  { Records: 'a' },
  { Records: { length: 1 } },
];
const VALUES: readonly unknown[] = [undefined, null, 7, '', 'a', [], {}, true];
const MEMBERS = ['messageId', 'receiptHandle', 'body', 'attributes', 'messageAttributes', 'eventSourceARN'];

export const queueEvents: FuzzedParser = {
  name: 'events that a consumer is invoked with',
  file: 'consumer/consumer.event.ts',
  verdicts: ['accepted', 'refused'],
  draw(choices) {
    if (choices.oneIn(10)) return choices.pick(NO_RECORDS);
    const records = Array.from({ length: choices.below(3) }, (): unknown => {
      if (choices.oneIn(6)) return choices.pick([SNS_RECORD, STREAM_RECORD, null, 7, 'record', [], {}]);
      const record = { ...drawRecord(choices), body: choices.pick(HOSTILE_TEXTS) };
      return choices.oneIn(2) ? record : { ...record, [choices.pick(MEMBERS)]: choices.pick(VALUES) };
    });
    return { Records: records };
  },
  read(event) {
    if (!isQueueEvent(event)) return 'refused';
    for (const record of event.Records) {
      const { reading, receiveCount } = readRecord(record, 0, { router, now: NOW, maxAgeMs: MAX_AGE_MS });
      must(receiveCount >= 1 && reading.kind === 'park', 'whatever passes as an event can be read');
    }
    return 'accepted';
  },
};
