import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GITHUB_EVENTS } from '../../lib/app/github/github.messages.ts';
import { receiveWebhook } from '../../lib/app/github/receive-webhook.ts';
import { signatureOf } from '../../lib/app/github/signature.ts';
import { systemClock } from '../../lib/core/clock.ts';
import { silentLogger } from '../../lib/core/logger.ts';
import { silentMetrics } from '../../lib/core/metrics.ts';
import { createRng } from '../../lib/core/rng.ts';
import type { Outbox } from '../../lib/index.ts';
import { attributesOf } from '../../lib/message/attributes.ts';
import { encodeEnvelope } from '../../lib/message/envelope.ts';
import { createRelay, type StreamRecord } from '../../lib/outbox/outbox.relay.ts';
import type { OutboxStore } from '../../lib/outbox/outbox.ts';
import type { Sender } from '../../lib/topic/deliver.ts';
import type { Parcel } from '../../lib/topic/destination.ts';
import { parseDestinations } from '../../lib/topic/destination.ts';
import { bodyOf } from '../consumer/world.ts';
import { type Choices, choicesOf, decisions } from './choices.ts';
import { RUNS, SEED } from './fuzz.ts';
import { HOSTILE_TEXTS } from './hostile-json.ts';
import { drawImage } from './parsers/outbox-rows.ts';
import { webhooks } from './parsers/webhooks.ts';

const numRuns = Math.ceil(RUNS / 50);
const timeout = 60_000 + RUNS;

/** A table that holds what the stream brings and nothing else, and destinations that take everything. */
function relayInto(sent: Parcel[]) {
  const parked: string[] = [];
  const store = {
    readHeads: async () => new Map(),
    readRows: async () => [],
    oldestOf: async () => ({ items: [] }),
    remove: async () => {},
    park: async (row) => void parked.push(row.id),
    due: async () => ({ items: [] }),
    countOf: async () => 0,
  } satisfies OutboxStore;
  const take = (parcel: Parcel) => {
    sent.push(parcel);
    return { status: 'sent' } as const;
  };
  const sender: Sender = {
    sendOne: async (_, parcel) => take(parcel),
    sendBatch: async (_, parcels) => parcels.map(take),
  };
  const destinations = parseDestinations({ orders: 'arn:aws:sns:us-east-1:000000000000:orders' });
  const deps = {
    store,
    senders: { topic: sender, queue: sender },
    destinations,
    rng: createRng(1),
    log: silentLogger,
    metrics: silentMetrics,
  };
  return { relay: createRelay({ ...deps, clock: systemClock }), parked };
}

function drawStreamRecord(choices: Choices, index: number): StreamRecord {
  const eventName = choices.oneIn(8) ? choices.pick(['MODIFY', 'REMOVE', undefined, 'insert']) : 'INSERT';
  if (choices.oneIn(12)) return { eventName, ...(choices.oneIn(2) && { dynamodb: {} }) };
  return { eventName, dynamodb: { SequenceNumber: String(index), NewImage: drawImage(choices) as Record<string, object> } };
}

test('beside any items of a stream, the relay publishes the good row once and answers with nothing to repeat', { timeout }, async () => {
  const good = {
    ...{
      pk: { S: 'UNIT#good' },
      sk: { S: 'MSG#0000' },
      id: { S: 'good' },
      type: { S: 't' },
      body: { S: bodyOf('good') },
      attributes: { M: {} },
    },
    ...{ destinations: { L: [{ S: 'orders' }] }, state: { S: 'PENDING#0' }, committedAt: { N: '1' } },
  };
  const property = fc.asyncProperty(fc.array(decisions, { maxLength: 8 }), async (lists) => {
    const sent: Parcel[] = [];
    const records = lists.map((list, index) => drawStreamRecord(choicesOf(list), index));
    const all = records.toSpliced(lists.length >> 1, 0, { eventName: 'INSERT', dynamodb: { SequenceNumber: '99', NewImage: good } });
    const answer = await relayInto(sent).relay.handle(all, { deadline: systemClock.now() + 60_000 });
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(sent.filter(({ id }) => id === 'good')).toEqual([{ id: 'good', body: good.body.S, attributes: {} }]);
  });
  await fc.assert(property, { numRuns, seed: SEED });
});

/** An outbox that takes what can travel, and refuses the rest as the real one does. */
function outboxInto(committed: unknown[]): Outbox {
  const unit = () => ({
    publishUnchecked: ({ name }: { name: string }, data: unknown, { key }: { key?: string } = {}) => {
      const message = {
        id: 'm',
        type: name,
        version: 1,
        source: 'urn:a',
        time: '2030-01-01T00:00:00.000Z',
        correlationId: 'c',
        hops: 0,
        data,
      };
      attributesOf({ ...message, routing: key === undefined ? {} : { key } });
      committed.push(JSON.parse(encodeEnvelope(message)).data);
    },
    commit: async () => ({ status: 'committed', unitId: 'u', messages: [{ id: 'm' }] }),
  });
  return { unit } as unknown as Outbox;
}

const CODES = new Set<unknown>([
  'SIGNATURE_INVALID',
  'DELIVERY_MISSING',
  'NOT_JSON',
  'EVENT_UNKNOWN',
  'NUMBER_UNSAFE',
  'MESSAGE_INVALID',
  'MESSAGE_FIELD_INVALID',
]);

test('whatever is posted to the webhook is committed as it is or refused with a reason, and nothing is answered that is neither', {
  timeout,
}, async () => {
  const answers = new Map<unknown, number>();
  const property = fc.asyncProperty(decisions, async (list) => {
    const choices = choicesOf(list);
    const { bytes } = webhooks.draw(choices) as { bytes: Buffer };
    const committed: unknown[] = [];
    const handle = receiveWebhook({ outbox: outboxInto(committed), secret: async () => 'secret', events: GITHUB_EVENTS });
    const signature = choices.oneIn(12) ? choices.pick(HOSTILE_TEXTS) : signatureOf(bytes, 'secret');
    const event = choices.oneIn(8) ? choices.pick(HOSTILE_TEXTS) : 'issues';
    const delivery = choices.oneIn(12) ? undefined : 'd1';
    const headers = { 'x-hub-signature-256': signature, 'x-github-event': event, 'x-github-delivery': delivery };
    const { statusCode, body } = await handle({ headers, body: bytes.toString('base64'), isBase64Encoded: true });
    const { code } = JSON.parse(body);
    answers.set(code, (answers.get(code) ?? 0) + 1);
    if (statusCode === 202) expect(JSON.stringify(committed)).toBe(JSON.stringify([JSON.parse(new TextDecoder().decode(bytes))]));
    else expect([committed.length, statusCode >= 400 && statusCode < 500, CODES.has(code)]).toEqual([0, true, true]);
  });
  await fc.assert(property, { numRuns, seed: SEED });
  expect([...CODES].filter((code) => !answers.has(code))).toEqual([]);
});
