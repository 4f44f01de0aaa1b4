import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../lib/core/logger.ts';
import type { Metrics } from '../../lib/core/metrics.ts';
import { FAILURE_ATTRIBUTE } from '../../lib/dlq/dlq.contract.ts';
import type { Failure } from '../../lib/dlq/failure.ts';
import { createFailureIndexer } from '../../lib/dlq/failure-indexer.ts';
import { failureRecord } from '../../lib/dlq/failure-record.ts';
import type { FailureStore } from '../../lib/dlq/failure-store.ts';
import { encodeFailureRecord } from '../../lib/dlq/fit-failure-record.ts';
import type { Letter } from '../../lib/dlq/letter.ts';
import { takeStreamFailures } from '../../lib/dlq/stream-failures.ts';
import type { TopologyEntry } from '../../lib/topology/topology.contract.ts';
import { contents, failureWorld } from './failure-world.ts';

const at = (name: string) => ({ url: `https://sqs/${name}`, arn: `arn:aws:sqs:eu-west-1:1:${name}` });
const SHIP: TopologyEntry = {
  kind: 'consumer',
  name: 'ship-order',
  queue: at('ship-order'),
  ordered: false,
  deadLetterQueue: at('ship-order-dlq'),
  indexed: true,
  undelivered: [at('ship-order-undelivered')],
  functionName: 'shop-ship-order',
  mappingId: 'm',
  inbox: { table: 'inbox', scope: 'shop', retentionDays: 60 },
};
const OUTBOX: TopologyEntry = {
  kind: 'outbox',
  name: 'outbox',
  table: 'outbox',
  relayFunction: 'relay',
  sweeperFunction: 'sweeper',
  failuresBucket: 'given-up',
  unscheduled: at('outbox-sweeper-dlq'),
};

const envelope = {
  id: 'message-1',
  type: 'orders.order-placed',
  partitionkey: 'ada',
  time: '2030-01-01T00:00:00Z',
  traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
};

function letter(queue: string, changes: Partial<Letter> = {}): Letter {
  return {
    messageId: 'letter-1',
    body: JSON.stringify(envelope),
    attributes: { ApproximateReceiveCount: '1' },
    eventSourceARN: at(queue).arn,
    ...changes,
  };
}

function recorded(changes: { disposition?: 'parked'; failedAt?: number } = {}): Letter['messageAttributes'] {
  const record = failureRecord({
    reason: 'HANDLER_PERMANENT',
    error: new TypeError('no such order'),
    consumer: 'ship-order',
    body: '',
    attributes: { type: { dataType: 'String', stringValue: 'orders.order-placed' } },
    sqsMessageId: 'received-1',
    receiveCount: 3,
    attempts: [],
    failedAt: Date.UTC(2029, 11, 31),
    messageId: 'message-1',
    messageType: 'orders.order-placed',
    ...changes,
  });
  return { [FAILURE_ATTRIBUTE]: { dataType: 'String', stringValue: encodeFailureRecord(record) ?? '' } };
}

function indexing(entries: () => readonly TopologyEntry[] = () => [SHIP, OUTBOX], store?: Pick<FailureStore, 'add'>) {
  const world = failureWorld();
  const counted: string[] = [];
  const metrics: Metrics = { add: (name, _value, { dimensions } = {}) => counted.push(`${name} ${dimensions?.['consumer']}`) };
  const reads = { after: [] as number[], mayRead: true };
  const topology = {
    entries: async () => entries(),
    readAfter: async (time: number) => {
      reads.after.push(time);
      return reads.mayRead ? entries() : undefined;
    },
  };
  const { clock } = world.world;
  const indexer = createFailureIndexer({ store: store ?? world.store, topology, clock, log: silentLogger, metrics });
  const index = (...Records: Letter[]) => world.timed(indexer.index({ Records }, { deadline: clock.now() + 60_000 }));
  const failures = async (): Promise<readonly Failure[]> => (await world.timed(contents(world.store))).failures;
  return { ...world, index, failures, counted, reads };
}

describe('a letter', () => {
  test('of a consumer is what its record says, with what the envelope adds', async () => {
    const { index, failures, counted, store, timed } = indexing();
    expect(await index(letter('ship-order-dlq', { messageAttributes: recorded() }))).toEqual({ batchItemFailures: [] });
    const [failure] = await failures();
    expect(failure).toMatchObject({
      status: 'open',
      source: 'consumer',
      consumer: 'ship-order',
      reason: 'HANDLER_PERMANENT',
      errorType: 'TypeError',
      errorMessage: 'no such order',
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      failedAt: Date.UTC(2029, 11, 31),
      receiveCount: 3,
      messageId: 'message-1',
      messageType: 'orders.order-placed',
      key: 'ada',
      messageTime: Date.UTC(2030, 0, 1),
      attributes: { type: { dataType: 'String', stringValue: 'orders.order-placed' } },
    });
    expect(await timed(store.bodyOf(failure as Failure))).toBe(JSON.stringify(envelope));
    expect(counted).toEqual(['FailuresIndexed ship-order']);
  });

  test('that a rule parked waits, and is not counted as one to be worked', async () => {
    const { index, failures, counted } = indexing();
    await index(letter('ship-order-dlq', { messageAttributes: recorded({ disposition: 'parked' }) }));
    expect(await failures()).toMatchObject([{ status: 'parked' }]);
    expect(counted).toEqual(['FailuresParked ship-order']);
  });

  test('that SQS itself moved is named by its message, and keeps its attributes', async () => {
    const { index, failures } = indexing();
    const messageAttributes = { type: { dataType: 'String', stringValue: 'x', stringListValues: [] } as never };
    await index(letter('ship-order-dlq', { messageAttributes, attributes: { ApproximateReceiveCount: '101', MessageGroupId: 'g' } }));
    expect(await failures()).toMatchObject([
      {
        reason: 'RECEIVES_EXHAUSTED',
        messageId: 'message-1',
        groupId: 'g',
        receiveCount: 101,
        traceId: 'a'.repeat(32),
        attributes: { type: { dataType: 'String', stringValue: 'x' } },
      },
    ]);
  });

  test('of a subscription or a schedule says so', async () => {
    const { index, failures } = indexing();
    const messageAttributes = { ERROR_CODE: { dataType: 'String', stringValue: 'AccessDenied' } };
    await index(letter('ship-order-undelivered'), letter('outbox-sweeper-dlq', { messageId: 'letter-2', body: '{}', messageAttributes }));
    const found = await failures();
    expect(found.find(({ source }) => source === 'subscription')).toMatchObject({ reason: 'UNDELIVERED', consumer: 'ship-order' });
    expect(found.find(({ source }) => source === 'schedule')).toMatchObject({
      reason: 'UNSCHEDULED',
      consumer: 'outbox',
      errorType: 'AccessDenied',
    });
  });

  test('of a long wait is the message that was to be sent, so that it can be sent back', async () => {
    const { index, failures } = indexing(() => [{ ...SHIP, unscheduled: at('ship-order-unscheduled') }]);
    const message = letter('ship-order-dlq').body;
    const attributes = { 'posthaste.attempts': { DataType: 'Number', StringValue: '2' }, odd: 7 };
    const body = JSON.stringify({ QueueUrl: 'q', MessageBody: message, MessageAttributes: attributes });
    const messageAttributes = { ERROR_CODE: { dataType: 'String', stringValue: 'AccessDenied' } };
    await index(letter('ship-order-unscheduled', { body, messageAttributes }));
    expect(await failures()).toMatchObject([
      {
        ...{ source: 'schedule', consumer: 'ship-order', reason: 'UNSCHEDULED', errorType: 'AccessDenied', messageId: 'message-1' },
        attributes: { 'posthaste.attempts': { dataType: 'Number', stringValue: '2' } },
        body: { kind: 'inline', text: message },
      },
    ]);
  });

  test.each([
    ['says so', '{"QueueUrl":"q","MessageBody":"{}"}', 'true'],
    ['cannot be read', '{"QueueUrl":"q","MessageBo', 'false'],
  ])(
    'of a long wait that the Scheduler has cut short and that %s is no message, and keeps what the Scheduler said',
    async (_, body, cut) => {
      const { index, failures } = indexing(() => [{ ...SHIP, unscheduled: at('ship-order-unscheduled') }]);
      const messageAttributes = { IS_PAYLOAD_TRUNCATED: { dataType: 'String', stringValue: cut } };
      await index(letter('ship-order-unscheduled', { body, messageAttributes }));
      const [failure] = await failures();
      expect(failure).toMatchObject({ source: 'schedule', reason: 'CUT_SHORT', attributes: messageAttributes, body: { text: body } });
      expect(failure?.messageId).toBeUndefined();
    },
  );

  test('of a queue that nobody knows is kept all the same, after looking once more', async () => {
    let entries: readonly TopologyEntry[] = [];
    const { index, failures, reads } = indexing(() => entries);
    await index(letter('ship-order-dlq'));
    expect([await failures(), reads.after]).toMatchObject([[{ consumer: 'unknown' }], [0]]);
    entries = [SHIP];
    await index(letter('ship-order-dlq', { messageId: 'letter-2', body: 'other' }));
    expect((await failures()).map(({ consumer }) => consumer).sort()).toEqual(['ship-order', 'unknown']);
  });

  test('of a queue that is not known yet waits in it until the topology has been read since it came', async () => {
    let entries: readonly TopologyEntry[] = [OUTBOX];
    const { index, failures, reads, counted } = indexing(() => entries);
    reads.mayRead = false;
    const attributes = { ApproximateReceiveCount: '1', ApproximateFirstReceiveTimestamp: '1893456000000' };
    const known = letter('outbox-sweeper-dlq', { messageId: 'letter-2', body: '{}' });
    expect(await index(letter('ship-order-dlq', { attributes }), known)).toEqual({ batchItemFailures: [{ itemIdentifier: 'letter-1' }] });
    expect([reads.after, await failures()]).toMatchObject([[1_893_456_000_000], [{ consumer: 'outbox' }]]);
    expect(await index(letter('ship-order-dlq', { attributes }))).toEqual({ batchItemFailures: [{ itemIdentifier: 'letter-1' }] });
    // It is no news that it waits.
    expect(counted).toEqual(['FailuresIndexed outbox']);
    entries = [OUTBOX, SHIP];
    expect(await index(letter('ship-order-dlq', { attributes }))).toEqual({ batchItemFailures: [] });
    expect((await failures()).map(({ consumer }) => consumer).sort()).toEqual(['outbox', 'ship-order']);
  });

  test.each([
    ['no JSON', { body: '{' }],
    ['members of other types', { body: '{"id":7,"type":{},"partitionkey":null,"time":"never","traceparent":[]}' }],
    ['an id of a megabyte', { body: JSON.stringify({ id: 'x'.repeat(900_000) }) }],
    ['a record that is none', { messageAttributes: { [FAILURE_ATTRIBUTE]: { dataType: 'String', stringValue: '{"reason":1}' } } }],
    ['a lone surrogate', { body: '{"id":"\\ud800","partitionkey":"\\udfff"}' }],
  ])('with %s is kept and stops nothing', async (_, changes) => {
    const { index, failures } = indexing();
    expect(await index(letter('ship-order-dlq', changes), letter('ship-order-dlq', { messageId: 'letter-2', body: 'b' }))).toEqual({
      batchItemFailures: [],
    });
    expect(await failures()).toHaveLength(2);
  });

  test('whose record is forged cannot come from the future, nor choose its consumer', async () => {
    const { index, failures, world } = indexing();
    const [name] = [FAILURE_ATTRIBUTE];
    const forged = {
      ...JSON.parse(recorded()?.[name]?.stringValue ?? ''),
      consumer: 'pay-out',
      failedAt: '9999-01-01T00:00:00Z',
      fingerprint: '#',
    };
    await index(letter('ship-order-dlq', { messageAttributes: { [name]: { dataType: 'String', stringValue: JSON.stringify(forged) } } }));
    const [failure] = await failures();
    expect(failure).toMatchObject({ consumer: 'ship-order', fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(failure?.failedAt).toBeLessThanOrEqual(world.clock.now());
  });
});

describe('a listing', () => {
  test('by type passes over nothing, whatever records say of their groups', async () => {
    const { index, store, timed } = indexing();
    const forged = (text: object) => ({ [FAILURE_ATTRIBUTE]: { dataType: 'String', stringValue: JSON.stringify(text) } });
    const record = {
      reason: 'MESSAGE_INVALID',
      type: 'X',
      message: 'm',
      fingerprint: 'a'.repeat(16),
      consumer: 'ship-order',
      failedAt: '',
    };
    const messageAttributes = forged({ ...record, receiveCount: 1, attempts: [], attributes: {} });
    for (const [number, type] of ['orders.a', 'orders.b', 'orders.c'].entries()) {
      const body = JSON.stringify({ id: `m-${number}`, type });
      await index(letter('ship-order-dlq', { messageId: `l-${number}`, body, messageAttributes }));
    }
    for (const type of ['orders.a', 'orders.b', 'orders.c']) {
      expect((await timed(store.list({ type }))).items).toMatchObject([{ messageType: type, consumer: 'ship-order' }]);
    }
  });

  const deep = (levels: number): unknown => (levels === 0 ? 1 : { deeper: deep(levels - 1) });
  test.each([
    ['a note that is too deep for an item', { attempts: [{ at: '', type: '', message: '', more: deep(40) }] }],
    ['a note with a number too large', { attempts: [{ at: '', type: '', message: '', more: 1e300 }] }],
    ['half a megabyte of note', { note: 'x'.repeat(500_000) }],
    ['half a megabyte of attempts', { attempts: Array.from({ length: 9_000 }, () => ({ at: 'x'.repeat(50), type: '', message: '' })) }],
    ['half a megabyte of names', { droppedAttributes: Array.from({ length: 9_000 }, () => 'x'.repeat(50)) }],
    ['half a megabyte of error', { message: 'x'.repeat(500_000) }],
  ])('a letter is kept though its record has %s', async (_, forged) => {
    const { index, failures } = indexing();
    const record = { reason: 'R', type: 'X', message: 'm', fingerprint: 'f', consumer: 'ship-order', failedAt: '', receiveCount: 1 };
    const stringValue = JSON.stringify({ ...record, attempts: [], attributes: {}, ...forged });
    const messageAttributes = { [FAILURE_ATTRIBUTE]: { dataType: 'String', stringValue } };
    expect(await index(letter('ship-order-dlq', { messageAttributes }))).toEqual({ batchItemFailures: [] });
    expect(await failures()).toHaveLength(1);
  });
});

describe('a batch', () => {
  test('that cannot be kept at once is kept letter by letter, and what cannot stays in its queue', async () => {
    const kept: string[] = [];
    const store: Pick<FailureStore, 'add'> = {
      async add(arrivals) {
        if (arrivals.some(({ letterId }) => letterId === 'bad')) throw new Error('no');
        kept.push(...arrivals.map(({ letterId }) => letterId));
        return arrivals.map(() => 'new' as const);
      },
    };
    const { index, counted } = indexing(undefined, store);
    const letters = ['a', 'bad', 'b'].map((messageId) => letter('ship-order-dlq', { messageId }));
    expect(await index(...letters)).toEqual({ batchItemFailures: [{ itemIdentifier: 'bad' }] });
    expect(kept).toEqual(['a', 'b']);
    expect(counted).toEqual(['FailuresIndexed ship-order', 'FailuresIndexed ship-order', 'LettersUnkept undefined']);
  });

  test('waits whole while nobody can say whose it is', async () => {
    const { index, failures } = indexing(() => {
      throw new Error('throttled');
    });
    expect(await index(letter('ship-order-dlq'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'letter-1' }] });
    expect(await failures()).toEqual([]);
  });

  test('that is delivered again changes nothing', async () => {
    const { index, failures, counted } = indexing();
    await index(letter('ship-order-dlq', { messageAttributes: recorded() }));
    await index(letter('ship-order-dlq', { messageAttributes: recorded() }));
    expect([await failures(), counted]).toMatchObject([[{ letters: 1 }], ['FailuresIndexed ship-order']]);
  });
});

describe('batches that a stream gave up', () => {
  const objects = (texts: Map<string, string>) => ({
    list: async () => [...texts.keys()],
    read: async (_: string, key: string) => texts.get(key),
    remove: async (_: string, key: string) => void texts.delete(key),
  });

  test('are kept, and their objects removed only then', async () => {
    const { store, world, timed } = failureWorld();
    const texts = new Map([['aws/lambda/1', '{"requestContext":{}}']]);
    const deps = { objects: objects(texts), clock: world.clock, log: silentLogger };
    const options = { deadline: world.clock.now() + 60_000 };
    const broken = { add: () => Promise.reject(new Error('down')) };
    expect(await timed(takeStreamFailures({ ...deps, store: broken }, [OUTBOX], options))).toBe(0);
    expect(texts.size).toBe(1);
    expect(await timed(takeStreamFailures({ ...deps, store }, [OUTBOX], options))).toBe(1);
    expect(texts.size).toBe(0);
    expect((await timed(contents(store))).failures).toMatchObject([
      { source: 'stream', consumer: 'outbox', reason: 'STREAM_GIVEN_UP', body: { text: '{"requestContext":{}}' } },
    ]);
  });
});
