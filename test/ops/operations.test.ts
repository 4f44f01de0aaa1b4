import { describe, expect, test } from 'vitest';
import type { FailureStatus } from '../../lib/dlq/failure.ts';
import { OUTBOX_ATTRIBUTES } from '../../lib/outbox/outbox.contract.ts';
import type { FaultSource } from '../../lib/simulation/fault.ts';
import { plannedFaults } from '../../lib/simulation/fault-plan.ts';
import { type OperationsWorld, operationsWorld } from './operations-world.ts';
import { ADA, letter, SHIP } from './redrive-world.ts';

const T0 = Date.UTC(2029, 11, 31);
const HOUR = 3_600_000;

/** Three failures in two groups. */
async function incident(world: OperationsWorld): Promise<void> {
  await world.add(letter('a'), letter('b', { failedAt: T0 + HOUR }), letter('c', { fingerprint: 'f2', errorType: 'RangeError' }));
}

describe('status', () => {
  test('says how queues, failures, outboxes and redrives stand', async () => {
    const world = operationsWorld();
    await incident(world);
    world.world.call('sqs', 'SendMessage', { QueueUrl: SHIP.queue.url, MessageBody: 'x' });
    const row = (index: number, state: string) => ({
      pk: { S: `UNIT#${index}` },
      sk: { S: 'MSG#0000' },
      [OUTBOX_ATTRIBUTES.state]: { S: state },
      [OUTBOX_ATTRIBUTES.committedAt]: { N: String(world.world.clock.now() - 90_000) },
    });
    for (const [index, state] of ['PENDING#1', 'PENDING#3', 'PARKED#0'].entries()) {
      world.world.call('dynamodb', 'PutItem', { TableName: 'orders-outbox', Item: row(index, state) });
    }
    await world.world.run(120_000);
    const status = await world.ask({ operation: 'status' });
    expect(status.stack).toBe('orders');
    expect(status.consumers[1]).toMatchObject({
      name: 'ship-order',
      queue: { visible: 1, inFlight: 0, delayed: 0, oldestSeconds: expect.any(Number) },
      deadLetters: { visible: 0 },
      undelivered: 0,
      failures: { open: 3 },
      mapping: 'Disabled',
    });
    // CloudWatch's figure is the one of the last whole minute.
    expect(status.consumers[1]?.queue.oldestSeconds).toBeGreaterThanOrEqual(60);
    expect(status.outboxes).toEqual([{ name: 'outbox', pending: 2, parked: 1, oldestSeconds: expect.any(Number) }]);
    expect(status.outboxes[0]?.oldestSeconds).toBeGreaterThanOrEqual(90);
    expect(status.groups.map(({ fingerprint, counts }) => [fingerprint, counts.open])).toEqual([
      ['f1', 2],
      ['f2', 1],
    ]);
    expect(status.redrives).toEqual([]);
  });

  test('counts what is held back for another attempt as in flight, and as delayed what was sent with a delay only', async () => {
    const { world, ask } = operationsWorld();
    const { url: QueueUrl } = SHIP.queue;
    for (const MessageBody of ['held', 'waiting']) world.call('sqs', 'SendMessage', { QueueUrl, MessageBody });
    const { Messages } = world.call('sqs', 'ReceiveMessage', { QueueUrl });
    const [{ ReceiptHandle }] = Messages as readonly [{ ReceiptHandle: string }];
    world.call('sqs', 'ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 3_600 });
    for (const MessageBody of ['late', 'later']) world.call('sqs', 'SendMessage', { QueueUrl, MessageBody, DelaySeconds: 900 });
    const { consumers } = await ask({ operation: 'status' });
    expect(consumers[1]?.queue).toMatchObject({ visible: 1, inFlight: 1, delayed: 2 });
  });

  const ASKED = ['GetEventSourceMapping', 'GetMetricData'] as const;
  const asked = (world: OperationsWorld) => ASKED.map((action) => world.calls(action));

  test('asks about mappings and ages once, however often it is looked at; what may be old by then says so, and fresh asks again', async () => {
    const world = operationsWorld();
    const before = await world.ask({ operation: 'status' });
    expect(before.consumers[1]).toMatchObject({ name: 'ship-order', mapping: 'Disabled' });
    expect(before.consumers[1]).not.toHaveProperty('mappingSeconds');
    expect(asked(world)).toEqual([1, 1]);
    world.resume();
    await world.world.run(25_000);
    const remembered = (await world.ask({ operation: 'status' })).consumers[1];
    expect(remembered).toMatchObject({ mapping: 'Disabled', mappingSeconds: expect.any(Number) });
    expect(remembered?.mappingSeconds).toBeGreaterThanOrEqual(25);
    expect(asked(world)).toEqual([1, 1]);
    const fresh = (await world.ask({ operation: 'status', fresh: true })).consumers[1];
    expect(fresh?.mapping).toBe('Enabled');
    expect(fresh).not.toHaveProperty('mappingSeconds');
    expect(asked(world)).toEqual([2, 2]);
  });

  test('asks CloudWatch again once its figures are a minute old', async () => {
    const world = operationsWorld();
    await world.ask({ operation: 'status' });
    await world.world.run(40_000);
    await world.ask({ operation: 'status' });
    expect(asked(world)).toEqual([2, 1]);
    await world.world.run(20_000);
    await world.ask({ operation: 'status' });
    expect(asked(world)).toEqual([2, 2]);
  });

  test('is whole but for a mapping that Lambda is too busy to tell of', async () => {
    const faults: FaultSource = { decide: ({ action }) => (action === 'GetEventSourceMapping' ? 'throttle' : undefined) };
    const world = operationsWorld({ faults });
    await incident(world);
    const { consumers, error } = await world.ask({ operation: 'status' });
    expect(error).toBeUndefined();
    expect(consumers[1]).toMatchObject({ mapping: 'unknown', failures: { open: 3 } });
    expect(consumers[1]).not.toHaveProperty('mappingSeconds');
  });
});

describe('failures', () => {
  test('are shown by group, in pages, and each with its body and its story', async () => {
    const world = operationsWorld();
    await incident(world);
    expect((await world.ask({ operation: 'groups', where: { type: 'orders.order-placed' } })).groups).toHaveLength(2);
    expect((await world.ask({ operation: 'groups', where: { consumer: 'nobody' } })).groups).toEqual([]);
    const first = await world.ask({ operation: 'list', where: { consumer: 'ship-order' }, limit: 2 });
    const cursor = first.cursor ?? '';
    const second = await world.ask({ operation: 'list', where: { consumer: 'ship-order' }, cursor });
    expect([...first.failures, ...second.failures].map(({ messageId }) => messageId)).toEqual(['a', 'b', 'c']);
    const [failure] = first.failures;
    const shown = await world.ask({ operation: 'show', id: failure?.id ?? '' });
    expect(shown).toMatchObject({ failure, body: letter('a').body, audits: [] });
    expect((await world.ask({ operation: 'show', id: 'nothing' })).error).toMatchObject({
      code: 'FAILURE_UNKNOWN',
      message: expect.stringContaining("there is no failure 'nothing'"),
    });
  });

  test('are exported with their bodies, in answers that Lambda can give', async () => {
    const world = operationsWorld();
    const large = (id: string) => letter(id, { body: JSON.stringify({ id, data: '"'.repeat(400_000) }), failedAt: T0 });
    await world.add(...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(large));
    const ids: (string | undefined)[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await world.ask({ operation: 'export', ...(cursor !== undefined && { cursor }) });
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(6_000_000);
      for (const { text, messageId } of page.failures) {
        expect(text).toBe(large(messageId ?? '').body);
        ids.push(messageId);
      }
      cursor = page.cursor;
      pages += 1;
    } while (cursor !== undefined);
    expect(ids.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
    expect(pages).toBeGreaterThan(1);
  });

  test('whose body is gone are shown and exported all the same, and left by a redrive', async () => {
    const world = operationsWorld();
    await world.add(letter('a', { body: JSON.stringify({ id: 'a', data: 'x'.repeat(300_000) }) }), letter('b'));
    const [object] = (world.world.call('s3', 'ListObjectsV2', { Bucket: 'bodies' })['Contents'] ?? []) as { Key: string }[];
    world.world.call('s3', 'DeleteObject', { Bucket: 'bodies', Key: object?.Key });
    const { failures } = await world.ask({ operation: 'export' });
    expect(failures.map(({ messageId, text, missing }) => [messageId, text === '', missing !== undefined]).toSorted()).toEqual([
      ['a', true, true],
      ['b', false, false],
    ]);
    const gone = failures.find(({ messageId }) => messageId === 'a');
    expect(await world.ask({ operation: 'show', id: gone?.id ?? '' })).toMatchObject({
      body: '',
      missing: expect.stringContaining('is gone'),
    });
    const ended = await world.ask({ operation: 'redrive', where: {}, author: ADA });
    expect(ended).toMatchObject({ state: 'finished', counts: { sent: 1, left: 1 }, reasons: { BODY_GONE: 1 } });
  });

  test('whose body no answer could hold are shown and exported without it, and say where it is', async () => {
    const world = operationsWorld();
    await world.add(letter('a', { body: '"'.repeat(4_000_000), source: 'stream', consumer: 'outbox' }), letter('b'));
    const { failures } = await world.ask({ operation: 'export' });
    expect(failures.map(({ messageId, text }) => [messageId, text === '']).toSorted()).toEqual([
      ['a', true],
      ['b', false],
    ]);
    const id = failures.find(({ messageId }) => messageId === 'a')?.id ?? '';
    const shown = await world.ask({ operation: 'show', id });
    expect(shown).toMatchObject({ body: '', missing: expect.stringMatching(/^its 4000000 bytes .* bodies\//) });
  });

  test('are archived and restored, with who did it', async () => {
    const world = operationsWorld();
    await incident(world);
    expect(await world.ask({ operation: 'archive', where: { fingerprint: 'f1' }, author: ADA })).toEqual({ changed: 2, refused: 0 });
    await world.world.run(1_000);
    const { failures } = await world.ask({ operation: 'list', where: { status: 'archived' } });
    expect(failures).toHaveLength(2);
    expect(await world.ask({ operation: 'restore', where: {}, author: ADA })).toEqual({ changed: 2, refused: 0 });
    const { audits } = await world.ask({ operation: 'show', id: failures[0]?.id ?? '' });
    expect(audits.map(({ action, who, why }) => [action, who, why])).toEqual([
      ['archive', 'ada', ADA.why],
      ['restore', 'ada', ADA.why],
    ]);
  });

  test('are edited into copies that keep the id, with what changed', async () => {
    const world = operationsWorld();
    await world.add(letter('a'));
    const { id, body } = letter('a');
    const edited = await world.ask({ operation: 'edit', id, body: body.replace('"n":1', '"n":2'), author: ADA });
    expect(edited.diff).toContain('-    "n": 1');
    expect(edited.failure).toMatchObject({ editOf: id, status: 'open', messageId: 'a' });
    const { failure, audits } = await world.ask({ operation: 'show', id });
    expect(failure.status).toBe('replaced');
    expect(audits).toMatchObject([{ action: 'edit', diff: edited.diff, result: `edited as ${edited.failure.id}` }]);
    expect((await world.ask({ operation: 'edit', id: edited.failure.id, body: '{"id":"b"}', author: ADA })).error?.code).toBe(
      'EDIT_REFUSED',
    );
  });
});

describe('a redrive', () => {
  test('is planned without being done', async () => {
    const world = operationsWorld();
    await incident(world);
    await world.add(letter('old', { messageTime: T0 - 60 * 24 * HOUR }));
    const plan = await world.ask({ operation: 'plan', where: { consumer: 'ship-order' }, options: { rate: 2 } });
    expect(plan).toMatchObject({ matching: 4, tooOld: 1, tooOften: 0, takesSeconds: 2 });
    expect(plan.groups.map(({ fingerprint }) => fingerprint)).toEqual(['f1', 'f2']);
    expect((await world.ask({ operation: 'redrives' })).redrives).toEqual([]);
  });

  test('is ended by whoever asks how it stands, or by the schedule', async () => {
    const world = operationsWorld();
    await world.add(...Array.from({ length: 30 }, (_, index) => letter(`m${index}`)));
    const begun = await world.ask({ operation: 'redrive', where: {}, options: { rate: 2 }, author: ADA });
    expect(begun.state).toBe('running');
    const asked = await world.ask({ operation: 'redrive-status', id: begun.id });
    expect(asked.counts.sent).toBeGreaterThan(begun.counts.sent);
    expect((await world.ask({ operation: 'status' })).redrives).toMatchObject([{ id: begun.id, state: 'running' }]);
    expect(await world.ask({ operation: 'tick' })).toMatchObject({ continued: 1 });
    expect(await world.ask({ operation: 'redrive-status', id: begun.id })).toMatchObject({ state: 'finished', counts: { sent: 30 } });
    expect((await world.ask({ operation: 'stop-redrive', id: begun.id })).error?.code).toBe('REDRIVE_ENDED');
  });

  test('of what is not waiting is refused', async () => {
    const { error } = await operationsWorld().ask({ operation: 'redrive', where: { status: 'archived' }, author: ADA });
    expect(error?.message).toBe("where.status is 'archived'; only what is open or parked can be sent back");
  });
});

describe('what is on file', () => {
  /** The id of the first failure and what was done to it, after somebody has asked for something. */
  async function audited(world: OperationsWorld, status: FailureStatus) {
    const { failures } = await world.ask({ operation: 'list', where: { status } });
    const { audits } = await world.ask({ operation: 'show', id: failures[0]?.id ?? '' });
    return audits.map(({ action, who, requestId }) => ({ action, who, requestId }));
  }

  test('names the invocation that asked, beside whoever the caller says they are', async () => {
    const world = operationsWorld();
    await world.add(letter('a'));
    await world.ask({ operation: 'archive', where: {}, author: ADA });
    await world.ask({ operation: 'restore', where: { status: 'archived' }, author: ADA });
    expect(await audited(world, 'open')).toEqual([
      { action: 'archive', who: 'ada', requestId: 'request-1' },
      { action: 'restore', who: 'ada', requestId: 'request-2' },
    ]);
  });

  test('of a redrive names the invocation that began it, whoever goes on with it', async () => {
    const world = operationsWorld();
    await world.add(...Array.from({ length: 30 }, (_, index) => letter(`m${index}`)));
    const begun = await world.ask({ operation: 'redrive', where: {}, options: { rate: 2 }, author: ADA });
    expect(begun).toMatchObject({ state: 'running', requestId: 'request-1' });
    await world.ask({ operation: 'tick' });
    await world.ask({ operation: 'tick' });
    const { failures } = await world.ask({ operation: 'list', where: { status: 'redriven' }, limit: 100 });
    expect(failures).toHaveLength(30);
    for (const { id } of failures) {
      expect((await world.ask({ operation: 'show', id })).audits).toMatchObject([{ action: 'redrive', requestId: 'request-1' }]);
    }
  });

  test('of an edit names the invocation with both copies', async () => {
    const world = operationsWorld();
    await world.add(letter('a'));
    const [failure] = (await world.ask({ operation: 'list' })).failures;
    const body = letter('a').body.replace('"n":1', '"n":2');
    await world.ask({ operation: 'edit', id: failure?.id ?? '', body, author: ADA });
    const edited = [{ action: 'edit', who: 'ada', requestId: 'request-2' }];
    expect(await audited(world, 'open')).toEqual(edited);
    expect(await audited(world, 'replaced')).toEqual(edited);
  });
});

describe('a dead-letter queue', () => {
  test('that is not indexed is moved by SQS, to the queue of its consumer', async () => {
    const world = operationsWorld();
    world.world.call('sqs', 'SendMessage', { QueueUrl: SHIP.deadLetterQueue.url, MessageBody: 'parked' });
    expect((await world.ask({ operation: 'move', consumer: 'plain', author: ADA })).taskHandle).not.toBe('');
    await world.world.run(10_000);
    const { Messages } = world.world.call('sqs', 'ReceiveMessage', { QueueUrl: SHIP.queue.url }) as { Messages?: { Body: string }[] };
    expect(Messages?.map(({ Body }) => Body)).toEqual(['parked']);
  });

  test('that is indexed is not, and one of nobody neither', async () => {
    const world = operationsWorld();
    expect((await world.ask({ operation: 'move', consumer: 'ship-order', author: ADA })).error).toMatchObject({ code: 'MOVE_REFUSED' });
    expect((await world.ask({ operation: 'move', consumer: 'x', author: ADA })).error).toMatchObject({ code: 'CONSUMER_UNKNOWN' });
  });
});

describe('the tick', () => {
  test('measures how long the oldest open failure has waited, and takes in what streams gave up', async () => {
    const world = operationsWorld();
    expect(await world.ask({ operation: 'tick' })).toEqual({ continued: 0, indexed: 0 });
    expect(world.measured).toEqual({ OldestFailureAge: 0 });
    await incident(world);
    world.world.call('s3', 'PutObject', { Bucket: 'stream-failures', Key: 'aws/lambda/m/s/2030/x', Body: Buffer.from('{"batch":1}') });
    expect(await world.ask({ operation: 'tick' })).toMatchObject({ indexed: 1 });
    expect(world.measured['OldestFailureAge']).toBeGreaterThan(23 * 3_600);
    const { failures } = await world.ask({ operation: 'list', where: { consumer: 'outbox' } });
    expect(failures).toMatchObject([{ source: 'stream' }]);
  });

  test('looks into few of many groups for the oldest failure, and counts what a redrive has claimed and not ended', async () => {
    const world = operationsWorld();
    const group = (index: number) => ({ fingerprint: `f${String(index).padStart(3, '0')}`, failedAt: T0 + ((index * 37) % 150) * 1_000 });
    await world.add(...Array.from({ length: 150 }, (_, index) => letter(`m${index}`, group(index))));
    const oldest = letter('m0', group(0));
    await world.claim(oldest.id);
    const before = world.calls('Query');
    const { oldestSeconds } = await world.ask({ operation: 'tick' });
    expect(oldestSeconds).toBe(Math.round((world.world.clock.now() - T0) / 1_000));
    expect(world.calls('Query') - before).toBeLessThan(30);
  });

  test('goes on with redrives though a part of it fails, and fails, so that somebody sees it', async () => {
    const faults = plannedFaults([{ service: 'dynamodb', action: 'Query', role: 'operations', nth: 0, kind: 'deny' }]);
    const world = operationsWorld({ faults });
    await expect(world.ask({ operation: 'tick' })).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(world.measured).toEqual({});
    expect(await world.ask({ operation: 'tick' })).toMatchObject({ continued: 0 });
  });
});

describe('what cannot be done', () => {
  test.each([
    [null, 'a request is null; it is an object'],
    [{ operation: 'drop' }, 'operation is "drop"; it is one of status, groups'],
    [{ operation: 'show' }, 'id is missing; it is a text that is not empty'],
    [{ operation: 'list', limit: 0.5 }, 'limit is 0.5; it is a whole number from 1 to 100'],
    [{ operation: 'list', where: { color: 'red' } }, "where has no member 'color'; it takes id, fingerprint"],
    [{ operation: 'list', where: { constructor: 'x' } }, "where has no member 'constructor'"],
    [{ operation: 'list', pages: 3 }, "list has no member 'pages'; it takes where, limit, cursor"],
    [{ operation: 'redrive', where: {}, author: {} }, 'author.who is missing'],
    [{ operation: 'archive', where: {}, author: { ...ADA, requestId: 'x' } }, "author has no member 'requestId'; it takes who, why"],
    [{ operation: 'redrive', where: {}, author: ADA, options: { rate: 0 } }, 'options.rate is 0; it is a number from 0.1 to 1000'],
    [{ operation: 'redrive', where: {}, author: ADA, options: { renewOld: 1 } }, 'options.renewOld is 1; it is true or false'],
  ])('is said in a sentence: %j', async (request, message) => {
    const { error } = await operationsWorld().askAnything(request);
    expect(error).toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining(message) });
  });

  test('with a reason that the record of each message has no room for is said before anything is sent', async () => {
    const author = { ...ADA, why: 'x'.repeat(300_000) };
    const { error } = await operationsWorld().ask({ operation: 'redrive', where: {}, author });
    expect(error).toMatchObject({ code: 'REQUEST_INVALID', message: 'author.why has 300000 characters; it takes 2000' });
  });

  test('is not hidden behind a stack when AWS refuses or does not answer', async () => {
    const refused = operationsWorld({
      faults: plannedFaults([{ service: 'dynamodb', action: 'Query', role: 'operations', kind: 'deny' }]),
    });
    expect((await refused.ask({ operation: 'groups' })).error).toMatchObject({
      code: 'REFUSED_BY_AWS',
      message: expect.stringMatching(/^AWS does not let the operations function do it: .*AccessDenied/),
    });
    const busy = operationsWorld({
      faults: plannedFaults([{ service: 'dynamodb', action: 'Query', role: 'operations', kind: 'throttle' }]),
    });
    expect((await busy.ask({ operation: 'groups' })).error?.code).toBe('UNAVAILABLE');
    expect((await busy.ask({ operation: 'list', cursor: 'nonsense' })).error?.code).toBe('CURSOR_INVALID');
  });
});
