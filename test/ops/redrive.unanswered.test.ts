import { expect, test } from 'vitest';
import { ADA, BILL, CONSUMERS, letter, MINUTE, type RedriveWorld, redriveWorld, SHIP, sends } from './redrive-world.ts';

const T0 = Date.UTC(2029, 11, 31);
const ids = (count: number) => Array.from({ length: count }, (_, index) => `m${String(index).padStart(2, '0')}`);
const soon = ({ world }: RedriveWorld) => world.clock.now() + MINUTE;
const large = (id: string) =>
  JSON.stringify({ id, type: 'orders.order-placed', time: '2029-12-30T00:00:00.000Z', data: 'x'.repeat(5_000) });

/** S3 does not answer for any body, until it is told to. */
function silence({ objects }: RedriveWorld): () => void {
  const { get } = objects;
  objects.get = () => {
    throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
  };
  return () => {
    objects.get = get;
  };
}

test('a body that S3 does not give keeps no neighbour from going, and goes itself once it is there', async () => {
  const world = redriveWorld();
  const failures = ids(25).map((id, index) => letter(id, { failedAt: T0 + index, ...(id === 'm03' && { body: large(id) }) }));
  await world.add(...failures);
  const answer = silence(world);
  const operator = world.operations('operations/1');
  const { id } = await world.timed(operator.start({ where: {}, author: ADA, options: { rate: 100 } }, soon(world)));
  for (let minute = 0; minute < 3; minute += 1) await world.timed(operator.goOn(soon(world)));
  await world.consume();
  expect(world.consumed.effects).toEqual(ids(25).filter((each) => each !== 'm03'));
  expect(world.sentAt).toHaveLength(24);
  answer();
  await world.timed(operator.goOn(soon(world)));
  expect(await world.timed(operator.status(id, 0))).toMatchObject({ state: 'finished', counts: { sent: 25, left: 0 } });
});

test('behind a body that S3 does not give nothing of its key goes, and all of it in order once it is there', async () => {
  const world = redriveWorld();
  const keyed = ids(13).map((id, index) => ({ consumer: BILL.name, key: 'order-7', failedAt: T0 + index, messageTime: T0 + index, id }));
  await world.add(...keyed.map(({ id, ...rest }) => letter(id, { ...rest, ...(id === 'm01' && { body: large(id) }) })));
  const answer = silence(world);
  const operator = world.operations('operations/1');
  await world.timed(operator.start({ where: {}, author: ADA, options: { rate: 100 } }, soon(world)));
  await world.consume();
  expect(world.consumed.effects).toEqual(['m00']);
  answer();
  await world.timed(operator.goOn(soon(world)));
  await world.consume();
  expect(world.consumed.effects).toEqual(ids(13));
});

/** The consumers of the stack, of which one has an inbox that cannot be read. */
const withoutInbox = new Map([...CONSUMERS, [SHIP.name, { ...SHIP, inbox: { ...SHIP.inbox, table: 'gone' } }]]);

test('an inbox that cannot be read keeps its own messages waiting, and no other consumer’s', async () => {
  const world = redriveWorld();
  const ordered = { consumer: BILL.name, key: 'order-7' };
  await world.add(letter('s', { failedAt: T0 }), letter('b', { ...ordered, failedAt: T0 + 1 }));
  const order = { where: {}, author: ADA, options: { rate: 100 } };
  await world.timed(world.operations('operations/1', withoutInbox).start(order, soon(world)));
  await world.timed(world.operations('operations/1', withoutInbox).goOn(soon(world)));
  expect([world.sentAt.length, (await world.failure('b', BILL.name))?.status]).toEqual([1, 'redriven']);
  expect(await world.failure('s')).toMatchObject({ status: 'redriving', redrives: 1 });
  const operator = world.operations('operations/2');
  await world.timed(operator.goOn(soon(world)));
  expect(await world.timed(operator.list())).toMatchObject([{ state: 'finished', counts: { sent: 2, left: 0 } }]);
});

test('a redrive that was stopped, and cannot end what it has claimed of one consumer, keeps nobody from another', async () => {
  const world = redriveWorld();
  await world.add(letter('s', { failedAt: T0 }), letter('b', { consumer: BILL.name, key: 'order-7', failedAt: T0 + 1 }));
  const operator = world.operations('operations/1', withoutInbox);
  const { id } = await world.timed(operator.start({ where: {}, author: ADA, options: { rate: 100 } }, soon(world)));
  await world.timed(operator.stop(id, soon(world)));
  await world.timed(operator.goOn(soon(world)));
  expect(await world.timed(operator.list())).toMatchObject([{ id, state: 'stopped', ending: true }]);
  await expect(world.timed(operator.stop(id, soon(world)))).rejects.toMatchObject({ message: expect.stringContaining('it still ends') });
  const order = { where: { consumer: BILL.name }, author: ADA };
  expect(await world.timed(operator.start(order, soon(world)))).toMatchObject({ state: 'finished' });
});

test('one that was stopped, and cannot end what it has claimed of an ordered consumer, keeps that, and says so', async () => {
  const world = redriveWorld();
  await world.add(letter('b', { consumer: BILL.name, key: 'order-7', body: large('b') }));
  const answer = silence(world);
  const operator = world.operations('operations/1');
  const { id } = await world.timed(operator.start({ where: {}, author: ADA }, soon(world)));
  await world.timed(operator.stop(id, soon(world)));
  const second = () => world.timed(operator.start({ where: {}, author: ADA }, soon(world)));
  await expect(second()).rejects.toMatchObject({
    code: 'REDRIVE_RUNNING',
    message: expect.stringContaining('was stopped, and still ends'),
  });
  answer();
  await world.timed(operator.goOn(soon(world)));
  expect((await world.timed(operator.list()))[0]).not.toHaveProperty('ending');
  expect(await second()).toMatchObject({ state: 'finished' });
});

test('what waits for an inbox keeps its claim also where the queue of another consumer takes nothing', async () => {
  const world = redriveWorld({ faults: sends(['crashBefore']) });
  await world.add(letter('b', { consumer: BILL.name, key: 'order-7', failedAt: T0 }), letter('s', { failedAt: T0 + 1 }));
  const started = world.operations('operations/1').start({ where: {}, author: ADA, options: { rate: 100 } }, soon(world));
  started.catch(() => {});
  await world.world.run(MINUTE);
  world.world.call('sqs', 'DeleteQueue', { QueueUrl: BILL.queue.url });
  await world.timed(world.operations('operations/2', withoutInbox).goOn(soon(world)));
  const standings = async () => [(await world.failure('b', BILL.name))?.status, (await world.failure('s'))?.status];
  expect(await standings()).toEqual(['open', 'redriving']);
  const operator = world.operations('operations/3');
  await world.timed(operator.goOn(soon(world)));
  expect([await standings(), (await world.timed(operator.list()))[0]?.state]).toEqual([['open', 'redriven'], 'stopped']);
});
