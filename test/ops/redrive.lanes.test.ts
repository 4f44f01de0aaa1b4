import { describe, expect, test } from 'vitest';
import type { FailureFilter } from '../../lib/dlq/failure.ts';
import type { Redrive } from '../../lib/ops/operations.ts';
import { applies, type FaultKind } from '../../lib/simulation/fault.ts';
import { ADA, BILL, faultAtCall, letter, MINUTE, type RedriveWorld, redriveWorld, SHIP } from './redrive-world.ts';

const T0 = Date.UTC(2029, 11, 31);
const KEYED = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];

/** Six failures of one key of an ordered consumer, for two reasons, and one of a consumer without order. */
async function incident(options: Parameters<typeof redriveWorld>[0] = {}): Promise<RedriveWorld> {
  const world = redriveWorld(options);
  const ofKey = KEYED.map((id, index) =>
    letter(id, { consumer: BILL.name, key: 'order-7', fingerprint: `b${index % 2}`, failedAt: T0 + index, messageTime: T0 + index }),
  );
  await world.add(...ofKey, letter('s', { fingerprint: 's0' }));
  return world;
}

const soon = ({ world }: RedriveWorld) => world.clock.now() + MINUTE;
/** Begins a redrive so slow that it does not end at once. */
const begin = (world: RedriveWorld, where: FailureFilter, name = 'operations/1') =>
  world.operations(name).start({ where, author: ADA, options: { rate: 0.5 } }, soon(world));
const finish = (world: RedriveWorld) => world.timed(world.operations('operations/9').goOn(soon(world)));

describe('a redrive that may send to an ordered consumer', () => {
  test('is refused while another one has not ended, which is named, and begins once that has', async () => {
    const world = await incident();
    const first = await world.timed(begin(world, { consumer: BILL.name }));
    const second = world.timed(begin(world, { fingerprint: 'b0' }, 'operations/2'));
    await expect(second).rejects.toMatchObject({
      code: 'REDRIVE_RUNNING',
      message: expect.stringContaining(`the redrive ${first.id}, by ada`),
    });
    expect(await world.timed(world.operations('auditor').list())).toHaveLength(1);
    await finish(world);
    expect(await world.timed(begin(world, { consumer: BILL.name }))).toMatchObject({ state: 'finished' });
  });

  test.each<[string, boolean, FailureFilter]>([
    ['everything', false, {}],
    ['a key', false, { key: 'order-7' }],
    ['a time', false, { since: 0 }],
    ['the consumer', false, { consumer: BILL.name }],
    ['one of its failures', false, { id: letter('k3', { consumer: BILL.name }).id }],
    ['another group of it', false, { fingerprint: 'b1' }],
    ['another consumer', true, { consumer: SHIP.name }],
    ['a failure of another consumer', true, { id: letter('s').id }],
    ['a group of another consumer', true, { fingerprint: 's0' }],
    ['nothing that is there', true, { id: 'none' }],
  ])('is in the way of another by what that may be about: %s', async (_, begins, where) => {
    const world = await incident();
    await world.timed(begin(world, { consumer: BILL.name }));
    const code = await world.timed(begin(world, where, 'operations/2')).then(
      () => 'begun',
      (error) => error.code,
    );
    expect(code).toBe(begins ? 'begun' : 'REDRIVE_RUNNING');
  });

  test('is nothing to one of another consumer, which is nothing to it', async () => {
    const world = await incident();
    await world.timed(begin(world, { consumer: SHIP.name }));
    expect(await world.timed(begin(world, { consumer: BILL.name }, 'operations/2'))).toMatchObject({ state: 'running' });
    await finish(world);
    await world.consume();
    expect(world.consumed.effects.filter((id) => id !== 's')).toEqual(KEYED);
  });

  test('makes room when it is stopped, and cannot be resumed while another runs', async () => {
    const world = await incident();
    const first = await world.timed(begin(world, {}));
    const operator = world.operations('operations/3');
    await world.timed(operator.stop(first.id, soon(world)));
    const second = await world.timed(begin(world, {}, 'operations/2'));
    await expect(world.timed(operator.resume(first.id, soon(world)))).rejects.toMatchObject({
      code: 'REDRIVE_RUNNING',
      message: expect.stringContaining(second.id),
    });
    await finish(world);
    expect(await world.timed(operator.resume(first.id, soon(world)))).toMatchObject({ state: 'finished' });
    await world.consume();
    expect(world.consumed.effects.filter((id) => id !== 's')).toEqual(KEYED);
  });

  test('is never one of two, however many begin at once, or go on in the same moment', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const world = await incident({ seed });
      const stopped = await world.timed(begin(world, {}));
      await world.timed(world.operations('operations/1').stop(stopped.id, soon(world)));
      const resumed = () => world.operations('operations/6').resume(stopped.id, soon(world));
      const starts = [2, 3, 4].map((nth) => () => begin(world, nth === 2 ? {} : { consumer: BILL.name }, `operations/${nth}`));
      const begun: Redrive[] = [];
      const trying = [...starts, resumed].map((go) => go().then((redrive) => begun.push(redrive)));
      const tried = await world.timed(Promise.allSettled(trying));
      const refused = tried.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
      expect([seed, begun.length, new Set(refused)]).toEqual([seed, 1, new Set(['REDRIVE_RUNNING'])]);
      const going = (await world.timed(world.operations('auditor').list())).filter(({ state }) => state === 'running');
      expect([seed, going.length]).toEqual([seed, 1]);
    }
  });
});

const KINDS: readonly FaultKind[] = [
  'crashBefore',
  'crashAfter',
  'throttle',
  'errorAfterEffect',
  'errorWithoutEffect',
  'effectAfterError',
  'conflict',
];

test.each(KINDS)('a redrive whose runner meets %s is in the way of others until it is stopped, and not for ever', async (kind) => {
  const calls: string[] = [];
  const run = async (faults?: ReturnType<typeof faultAtCall>) => {
    const world = await incident(faults && { faults });
    begin(world, {}, 'operations/0').catch(() => {});
    await world.world.run(10_000);
    return world;
  };
  await run({
    decide: ({ role, action }: { role: string; action: string }) => void (role === 'operations' && calls.push(action)),
  } as never);
  expect(calls).toContain('TransactWriteItems');
  for (const [nth, action] of calls.entries()) {
    if (!applies(kind, action)) continue;
    const world = await run(faultAtCall(nth, kind));
    const at = `${kind} at ${nth} ${action}`;
    const operator = world.operations('operations/8');
    const [first] = await world.timed(operator.list());
    if (first !== undefined && first.state !== 'finished') {
      await expect(world.timed(begin(world, {}, 'operations/7')), at).rejects.toMatchObject({ code: 'REDRIVE_RUNNING' });
      await world.timed(operator.stop(first.id, soon(world)));
      // The lease of a runner that is gone ends, and whoever comes ends its batch.
      await world.world.run(MINUTE);
      await finish(world);
    }
    expect([at, (await world.timed(begin(world, {}, 'operations/7'))).state]).toEqual([at, 'running']);
    await finish(world);
    await world.consume();
    expect([at, world.consumed.effects.filter((id) => id !== 's')]).toEqual([at, KEYED]);
  }
});
