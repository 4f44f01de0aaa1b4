import { GetItemCommand, PutItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { DEVELOPER } from '../../lib/local/aws.ts';
import type { FaultKind } from '../../lib/simulation/fault.ts';
import { plannedFaults } from '../../lib/simulation/fault-plan.ts';
import { createWorld, type WorldOptions } from '../../lib/simulation/world.ts';

/** A world with one table, and a process that adds one to a counter in it. */
function counterWorld(options: Partial<WorldOptions> = {}) {
  const world = createWorld({ seed: 1, ...options });
  world.call('dynamodb', 'CreateTable', {
    TableName: 'counters',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });
  const process = world.process('caller');
  const client = process.client('dynamodb');
  const outcome: { value?: unknown; error?: { name: string; $fault?: string }; at?: number } = {};
  const begun = world.clock.now();
  const Key = { id: { S: 'a' } };
  const update = { TableName: 'counters', Key, UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } } };
  const watch = (work: Promise<unknown>) =>
    void work.then(
      (value) => Object.assign(outcome, { value, at: world.clock.now() - begun }),
      (error: { name: string }) => Object.assign(outcome, { error, at: world.clock.now() - begun }),
    );
  return {
    world,
    process,
    client,
    outcome,
    watch,
    add: () => watch(client.send(new UpdateItemCommand(update))),
    addInTransaction: () => watch(client.send(new TransactWriteItemsCommand({ TransactItems: [{ Update: update }] }))),
    count: () => (world.dynamodb.scanTable('counters') as unknown as { n?: { N: string } }[])[0]?.n?.N ?? '0',
  };
}

const hit = (kind: FaultKind, action = 'UpdateItem') => ({ faults: plannedFaults([{ service: 'dynamodb', action, nth: 0, kind }]) });

describe('a call of a process', () => {
  test('without a fault has its effect and its answer within milliseconds', async () => {
    const { world, add, count, outcome } = counterWorld();
    add();
    await world.run(1_000);
    expect(count()).toBe('1');
    expect(outcome.value).toBeDefined();
    expect(outcome.at).toBeLessThan(20);
  });

  test('that crashes before its effect kills the process and writes nothing', async () => {
    const { world, add, count, outcome, process } = counterWorld(hit('crashBefore'));
    add();
    await world.run(60_000);
    expect([count(), outcome, process.alive]).toEqual(['0', {}, false]);
  });

  test('that crashes after its effect kills the process, and the effect stays', async () => {
    const { world, add, count, outcome, process } = counterWorld(hit('crashAfter'));
    add();
    await world.run(60_000);
    expect([count(), outcome, process.alive]).toEqual(['1', {}, false]);
  });

  test('that is throttled fails as the SDK says it, without effect', async () => {
    const { world, add, count, outcome } = counterWorld(hit('throttle'));
    add();
    await world.run(1_000);
    expect(outcome.error).toMatchObject({ name: 'ThrottlingException', $fault: 'client', $metadata: { httpStatusCode: 400 } });
    expect(count()).toBe('0');
  });

  test('that never arrives fails as one whose answer is lost, without effect', async () => {
    const { world, add, count, outcome } = counterWorld(hit('errorWithoutEffect'));
    add();
    await world.run(60_000);
    expect(outcome.error).toMatchObject({ name: 'TimeoutError' });
    expect(count()).toBe('0');
  });

  test('whose answer is lost fails as a timeout, with its effect', async () => {
    const { world, add, count, outcome } = counterWorld(hit('errorAfterEffect'));
    add();
    await world.run(1_000);
    expect(outcome.error).toMatchObject({ name: 'TimeoutError' });
    expect(count()).toBe('1');
  });

  test('that arrives late times out first and has its effect afterwards', async () => {
    const { world, add, count, outcome } = counterWorld(hit('effectAfterError'));
    add();
    await world.run(5_020);
    expect(outcome.error).toMatchObject({ name: 'TimeoutError' });
    const before = count();
    await world.run(60_000);
    expect([before, count(), world.calls.open]).toEqual(['0', '1', 0]);
  });

  test('that is slow is answered only after every function has timed out', async () => {
    const { world, add, count, outcome } = counterWorld(hit('slow'));
    add();
    await world.run(15 * 60_000);
    expect([count(), outcome]).toEqual(['1', {}]);
    await world.run(2 * 60_000);
    expect(outcome.value).toBeDefined();
  });

  test('meets a conflict only when it is a transaction', async () => {
    const single = counterWorld(hit('conflict'));
    single.add();
    await single.world.run(1_000);
    expect([single.count(), single.world.history.events.some(({ kind }) => kind === 'fault')]).toEqual(['1', false]);

    const { world, addInTransaction, count, outcome } = counterWorld(hit('conflict', 'TransactWriteItems'));
    addInTransaction();
    await world.run(1_000);
    expect(outcome.error).toMatchObject({
      name: 'TransactionCanceledException',
      message: expect.stringContaining('[TransactionConflict]'),
      CancellationReasons: [{ Code: 'TransactionConflict' }],
    });
    expect(count()).toBe('0');
  });

  test('carries bytes there and back, and leaves out what is undefined', async () => {
    const { world, client, watch, outcome } = counterWorld();
    const bytes = Uint8Array.from([0, 255, 128]);
    const Item = { id: { S: 'b' }, raw: { B: bytes }, several: { BS: [bytes] }, nothing: undefined } as never;
    watch(
      client
        .send(new PutItemCommand({ TableName: 'counters', Item, ConditionExpression: undefined }))
        .then(() => client.send(new GetItemCommand({ TableName: 'counters', Key: { id: { S: 'b' } } }))),
    );
    await world.run(1_000);
    expect(outcome.value).toMatchObject({ Item: { id: { S: 'b' }, raw: { B: bytes }, several: { BS: [bytes] } } });
  });
});

describe('a process', () => {
  test('that is dead sends nothing, is told nothing, and none of its timers fires', async () => {
    const { world, process, add, count, outcome } = counterWorld();
    let fired = 0;
    process.clock.after(1_000, () => (fired += 1));
    void sleep(process.clock, 500).then(() => (fired += 1));
    process.kill('power');
    process.kill('again');
    add();
    await world.run(60_000);
    expect([fired, count(), outcome]).toEqual([0, '0', {}]);
    expect(world.history.events.filter(({ kind }) => kind === 'crash')).toHaveLength(1);
  });

  test('that dies while its request travels has sent it all the same', async () => {
    const { world, process, add, count, outcome } = counterWorld();
    add();
    process.kill('power');
    await world.run(1_000);
    expect([count(), outcome]).toEqual(['1', {}]);
  });

  test('that is frozen notices neither answers nor time until it is thawed', async () => {
    const { world, process, add, count, outcome } = counterWorld();
    const fired: number[] = [];
    process.clock.after(1_000, () => fired.push(world.clock.now()));
    add();
    process.freeze();
    await world.run(60_000);
    expect([count(), outcome, fired]).toEqual(['1', {}, []]);
    process.thaw();
    await world.run(1);
    expect(outcome.value).toBeDefined();
    expect(fired).toHaveLength(1);
  });

  test('has a clock that is as wrong as the world says, and timers that take as long as anybody’s', async () => {
    const world = createWorld({ seed: 1, skewOf: (name) => (name === 'ahead' ? 300_000 : 0) });
    const [ahead, exact] = [world.process('ahead'), world.process('exact', DEVELOPER)];
    expect(ahead.clock.now() - exact.clock.now()).toBe(300_000);
    const began = world.clock.now();
    let woke = 0;
    void sleep(ahead.clock, 1_000).then(() => (woke = world.clock.now() - began));
    await world.run(5_000);
    expect(woke).toBe(1_000);
  });
});

test('the item in a refused condition holds its bytes, as the SDK has them', async () => {
  const { world, process } = counterWorld();
  const item = { id: { S: 'a' }, raw: { B: Buffer.from('bytes').toString('base64') } };
  world.call('dynamodb', 'PutItem', { TableName: 'counters', Item: item });
  const put = new PutItemCommand({
    TableName: 'counters',
    Item: { id: { S: 'a' } },
    ConditionExpression: 'attribute_not_exists(id)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  const refusal = process
    .client('dynamodb')
    .send(put)
    .catch((error: unknown) => error);
  await world.run(1_000);
  expect(await refusal).toMatchObject({
    name: 'ConditionalCheckFailedException',
    Item: { raw: { B: new Uint8Array(Buffer.from('bytes')) } },
  });
});
