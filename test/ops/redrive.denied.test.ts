import { describe, expect, test } from 'vitest';
import type { RedriveOptions } from '../../lib/ops/operations.ts';
import { applies, type Call, type FaultKind } from '../../lib/simulation/fault.ts';
import { ADA, BILL, DAY, faultAtCall, letter, MINUTE, type RedriveWorld, redriveWorld, SHIP } from './redrive-world.ts';

const T0 = Date.UTC(2029, 11, 31);
const ids = (count: number) => Array.from({ length: count }, (_, index) => `m${String(index).padStart(2, '0')}`);

/** The queues are gone, or there again. */
const removeQueue = ({ world }: RedriveWorld) => {
  for (const { queue } of [SHIP, BILL]) world.call('sqs', 'DeleteQueue', { QueueUrl: queue.url });
};
const restoreQueue = async ({ world }: RedriveWorld) => {
  await world.run(2 * MINUTE);
  world.call('sqs', 'CreateQueue', { QueueName: 'ship-order' });
  world.call('sqs', 'CreateQueue', { QueueName: 'bill-order.fifo', Attributes: { FifoQueue: 'true' } });
};

const start = (world: RedriveWorld, options: RedriveOptions = {}, where = {}) => {
  const { clock } = world.world;
  return world.timed(world.operations('operations/1').start({ where, author: ADA, options }, clock.now() + MINUTE));
};
const resume = async (world: RedriveWorld, id: string) => {
  const operator = world.operations('operations/2');
  await world.timed(operator.resume(id, world.world.clock.now() + MINUTE));
  for (let turn = 0; turn < 10; turn += 1) {
    await world.consume();
    await world.timed(operator.goOn(world.world.clock.now() + MINUTE));
  }
  await world.consume();
  return world.timed(operator.status(id, 0));
};

/** What came of a message, without the claims on it that were taken back. */
const redriven = async (world: RedriveWorld, id: string) => (await world.audits(id)).filter(({ action }) => action === 'redrive');

describe('a redrive whose queue takes nothing from it', () => {
  test('stops, says so, leaves what it did not send waiting, and puts on file that it was claimed', async () => {
    const world = redriveWorld();
    await world.add(letter('a'), letter('b'));
    removeQueue(world);
    const ended = await start(world);
    expect(ended).toMatchObject({ state: 'stopped', because: expect.stringContaining('queue does not exist') });
    expect([ended.counts, ended.reasons]).toEqual([{ sent: 0, alreadyDone: 0, left: 0 }, {}]);
    for (const id of ['a', 'b']) {
      const failure = await world.failure(id);
      expect(failure).toMatchObject({ status: 'open', redrives: 1, claimedBy: [] });
      const taken = { action: 'release', redriveId: ended.id, ...ADA, result: expect.stringContaining('queue does not exist') };
      expect([failure?.redriveId, await world.audits(id)]).toMatchObject([undefined, [taken]]);
    }
  });

  test('takes up what it has not sent when it is resumed, and nothing twice', async () => {
    const world = redriveWorld();
    await world.add(...ids(25).map((id, index) => letter(id, { failedAt: T0 + index })));
    const { id } = await start(world, { rate: 5, maxRedrives: 2 });
    const sent = world.sentAt.length;
    expect(sent).toBeGreaterThan(0);
    await world.consume();
    removeQueue(world);
    const operator = world.operations('operations/1');
    await world.timed(operator.goOn(world.world.clock.now() + MINUTE));
    expect(await world.timed(operator.status(id, 0))).toMatchObject({ state: 'stopped', counts: { sent, left: 0 } });
    await restoreQueue(world);
    expect(await resume(world, id)).toMatchObject({ state: 'finished', counts: { sent: 25, alreadyDone: 0, left: 0 } });
    expect(world.consumed.effects).toEqual(ids(25));
    expect(world.consumed.bodies).toHaveLength(25);
    for (const each of ids(25)) expect((await redriven(world, each)).map(({ result }) => result)).toEqual(['sent']);
  });

  test('keeps the order of a key, and what was parked parked, until it is resumed', async () => {
    const world = redriveWorld();
    const parked = ids(3).map((id, index) =>
      letter(id, { consumer: BILL.name, key: 'order-7', status: 'parked', failedAt: T0 - index, messageTime: T0 + index }),
    );
    await world.add(...parked);
    removeQueue(world);
    const { id, state } = await start(world, {}, { status: 'parked' });
    expect([state, (await world.failure('m01', BILL.name))?.status]).toEqual(['stopped', 'parked']);
    await restoreQueue(world);
    expect(await resume(world, id)).toMatchObject({ state: 'finished', counts: { sent: 3, left: 0 } });
    expect(world.consumed.effects).toEqual(ids(3));
  });

  test('chooses the same canaries again when it is resumed', async () => {
    const world = redriveWorld();
    await world.add(...ids(4).map((id, index) => letter(id, { failedAt: T0 + index })));
    removeQueue(world);
    const stopped = await start(world, { canary: 1 });
    expect(stopped).toMatchObject({ state: 'stopped', counts: { sent: 0, left: 0 } });
    await restoreQueue(world);
    expect(await resume(world, stopped.id)).toMatchObject({
      state: 'finished',
      counts: { sent: 4 },
      canaries: [{ ...stopped.canaries[0], result: 'done' }],
    });
    expect(world.consumed.bodies).toHaveLength(4);
  });
});

test.each([0, 1])(
  'a redrive of one failure sends, once it is resumed, the copy that it had put in its place: %i canaries',
  async (canary) => {
    let isDenied = true;
    const deny = ({ action }: Call) => (isDenied && action === 'SendMessageBatch' ? 'deny' : undefined);
    const world = redriveWorld({ faults: { decide: deny } });
    const old = letter('a', { messageTime: T0 - 90 * DAY });
    await world.add(old);
    const { id, state } = await start(world, { renewOld: true, canary }, { id: old.id });
    expect([state, (await world.failure('a'))?.status]).toEqual(['stopped', 'replaced']);
    isDenied = false;
    expect(await resume(world, id)).toMatchObject({ state: 'finished', counts: { sent: 1, left: 0 } });
    expect(world.consumed.effects).toEqual(['a']);
  },
);

/** A redrive that stops because its queue is gone, and is resumed once it is there again. */
async function stoppedAndResumed(faults?: ReturnType<typeof faultAtCall>): Promise<RedriveWorld> {
  const world = redriveWorld(faults && { faults });
  await world.add(...ids(4).map((id, index) => letter(id, { failedAt: T0 + index })));
  removeQueue(world);
  const { clock } = world.world;
  const options = { rate: 2 };
  const begun = world.operations('operations/1').start({ where: {}, author: ADA, options }, clock.now() + MINUTE);
  begun.catch(() => {});
  await world.world.run(MINUTE);
  await restoreQueue(world);
  for (let minute = 1; minute <= 6; minute += 1) {
    const runner = world.operations(`operations/${minute}-1`);
    const [latest] = await world.timed(world.operations('auditor').list());
    const going = latest?.state === 'stopped' ? runner.resume(latest.id, clock.now() + MINUTE / 2) : runner.goOn(clock.now() + MINUTE / 2);
    (going as Promise<unknown>).catch(() => {});
    await world.world.run(MINUTE);
    await world.consume();
  }
  return world;
}

const KINDS: readonly FaultKind[] = ['crashBefore', 'crashAfter', 'errorAfterEffect', 'errorWithoutEffect', 'effectAfterError', 'conflict'];

test.each(KINDS)('a call that meets %s on the way to the stop or back loses nothing and counts nothing twice', async (kind) => {
  const calls: string[] = [];
  const spy = { decide: ({ role, action }: { role: string; action: string }) => void (role === 'operations' && calls.push(action)) };
  await stoppedAndResumed(spy as never);
  expect(calls.length).toBeGreaterThan(30);
  for (const [nth, action] of calls.entries()) {
    if (!applies(kind, action)) continue;
    const world = await stoppedAndResumed(faultAtCall(nth, kind));
    const at = `${kind} at ${nth} ${action}`;
    const [redrive] = await world.timed(world.operations('auditor').list());
    if (redrive === undefined) continue;
    expect([at, redrive.state, redrive.counts.sent + redrive.counts.alreadyDone, redrive.counts.left]).toEqual([at, 'finished', 4, 0]);
    expect([at, [...world.consumed.effects].sort()]).toEqual([at, ids(4)]);
    for (const id of ids(4)) {
      expect([at, (await redriven(world, id)).map(({ redriveId }) => redriveId)]).toEqual([at, [redrive.id]]);
      expect([at, (await world.failure(id))?.redrives]).toEqual([at, (await world.audits(id)).length]);
    }
  }
});
