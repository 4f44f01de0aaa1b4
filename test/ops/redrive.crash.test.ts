import { describe, expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { applies, type FaultKind, type FaultSource } from '../../lib/simulation/fault.ts';
import { ADA, BILL, DAY, faultAtCall, letter, MINUTE, type RedriveWorld, redriveWorld } from './redrive-world.ts';

const STANDARD = ['s1', 's2', 's3', 's4'];
const ORDERED = ['k1', 'k2', 'k3'];
const T0 = Date.UTC(2029, 11, 31);

/** Four failures of one consumer, one of them handled already, and a key of another whose messages failed for two reasons. */
async function incident(faults?: ReturnType<typeof faultAtCall>): Promise<RedriveWorld> {
  const world = redriveWorld(faults && { faults });
  await world.add(...STANDARD.map((id, index) => letter(id, { failedAt: T0 + index })));
  const ofKey = ORDERED.map((id, index) =>
    letter(id, {
      consumer: BILL.name,
      key: 'order-7',
      fingerprint: index === 1 ? 'e1' : 'g1',
      failedAt: T0 + index,
      messageTime: T0 + index,
    }),
  );
  await world.add(...ofKey);
  world.mark('s2');
  return world;
}

/** Begins a redrive in a process of its own, and lets others go on with it. */
async function redriven(world: RedriveWorld): Promise<string | undefined> {
  const order = { where: {}, author: ADA, options: { canary: 1, canaryWaitMs: 60 * MINUTE, rate: 100 } };
  const begun = world.operations('operations/1').start(order, world.world.clock.now() + MINUTE);
  begun.catch(() => {});
  await world.world.run(10_000);
  return continued(world, 1);
}

/** Lets so many runners a minute go on with a redrive for as long as it has not ended. */
async function continued(world: RedriveWorld, runners: number): Promise<string | undefined> {
  const auditor = world.operations('auditor');
  for (let minute = 1; minute <= 10; minute += 1) {
    await world.consume();
    for (let runner = 1; runner <= runners; runner += 1) {
      const going = world.operations(`operations/${minute}-${runner}`).goOn(world.world.clock.now() + MINUTE / 2);
      going.catch(() => {});
    }
    await world.world.run(MINUTE);
    const [latest] = await world.timed(auditor.list());
    if (latest === undefined || latest.state === 'finished' || latest.state === 'stopped') break;
  }
  await world.consume();
  return (await world.timed(auditor.list()))[0]?.id;
}

async function expectWorked(world: RedriveWorld, id: string): Promise<void> {
  const { state, counts } = await world.timed(world.operations('auditor').status(id, 0));
  expect([state, counts.sent + counts.alreadyDone, counts.left]).toEqual(['finished', 7, 0]);
  expect([...world.consumed.effects].sort()).toEqual(['k1', 'k2', 'k3', 's1', 's3', 's4']);
  expect(world.consumed.effects.filter((effect) => ORDERED.includes(effect))).toEqual(ORDERED);
  const results: string[] = [];
  for (const messageId of [...STANDARD, ...ORDERED]) {
    const failure = await world.failure(messageId, ORDERED.includes(messageId) ? BILL.name : undefined);
    const audits = await world.timed(world.failures.audits(failure?.id ?? ''));
    expect(audits.map(({ redriveId, who }) => [messageId, redriveId, who])).toEqual([[messageId, id, 'ada']]);
    // What was sent by a runner that was killed before it could say so has been handled by the time the next one looks.
    const [result = ''] = audits.map((audit) => audit.result);
    expect([failure?.status, failure?.redrives]).toEqual([result === 'sent' ? 'redriven' : 'done', 1]);
    results.push(result);
  }
  expect(results.filter((result) => result === 'sent')).toHaveLength(counts.sent);
}

/** Calls that an undisturbed redrive makes, by action. */
async function callsOfRedrive(): Promise<readonly string[]> {
  const calls: string[] = [];
  const source = { decide: ({ role, action }: { role: string; action: string }) => void (role === 'operations' && calls.push(action)) };
  const world = await incident(source as never);
  const id = await redriven(world);
  await expectWorked(world, id ?? '');
  return calls;
}

const KINDS: readonly FaultKind[] = [
  'crashBefore',
  'crashAfter',
  'throttle',
  'errorAfterEffect',
  'errorWithoutEffect',
  'effectAfterError',
  'conflict',
  'partialBatch',
  'slow',
];

describe.each(KINDS)('a redrive whose calls meet %s', (kind) => {
  test('loses nothing, applies nothing twice, keeps the order of keys and tells of each message once, wherever it happens', async () => {
    const calls = await callsOfRedrive();
    expect(calls.length).toBeGreaterThan(30);
    for (const [nth, action] of calls.entries()) {
      if (!applies(kind, action)) continue;
      const world = await incident(faultAtCall(nth, kind));
      const id = await redriven(world);
      // Nothing is written of a redrive whose function was killed before its row was: nothing was touched either.
      if (id === undefined) expect((await world.failure('s1'))?.status).toBe('open');
      else
        await expectWorked(world, id).catch((error: unknown) => Promise.reject(new Error(`${kind} at ${nth} ${action}`, { cause: error })));
    }
  });
});

test('a redrive that is killed, and finds the bodies gone that it had to renew, ends all the same and says what is missing', async () => {
  const old = async (faults?: ReturnType<typeof faultAtCall>) => {
    const world = redriveWorld(faults && { faults });
    const messageTime = world.world.clock.now() - 60 * DAY;
    const body = JSON.stringify({ id: 'big', time: '2029-11-02T00:00:00.000Z', data: 'x'.repeat(300_000) });
    await world.add(letter('big', { messageTime, body }), letter('young'));
    const order = { where: {}, author: ADA, options: { renewOld: true } };
    world
      .operations('operations/1')
      .start(order, world.world.clock.now() + MINUTE)
      .catch(() => {});
    await world.world.run(10_000);
    return world;
  };
  const calls: string[] = [];
  await old({ decide: ({ role, action }) => void (role === 'operations' && calls.push(action)) } as FaultSource);
  const missing = new Set<string>();
  for (const [nth, action] of calls.entries()) {
    const world = await old(faultAtCall(nth, 'crashAfter'));
    world.objects.clear();
    const id = await continued(world, 1);
    if (id === undefined) continue;
    const { state, counts, reasons } = await world.timed(world.operations('auditor').status(id, 0));
    expect([nth, action, state, counts.sent + counts.alreadyDone + counts.left]).toEqual([nth, action, 'finished', 2]);
    if (reasons['BODY_GONE'] === undefined) continue;
    expect(world.consumed.effects).toEqual(['young']);
    const { items } = await world.timed(world.failures.list({ messageId: 'big' }));
    const audits = await world.timed(world.failures.audits(items[0]?.id ?? ''));
    missing.add(audits.map(({ action: done, result }) => `${done}: ${result.replaceAll(/[0-9a-f-]{32,}/g, 'X')}`).join('; '));
  }
  // Killed before the copy was made, the original is what is left; killed after, the copy.
  const gone = 'left (BODY_GONE): the body in the object X is gone; the failure cannot be sent back as it was received';
  expect([...missing]).toEqual(expect.arrayContaining(['', `renew: renewed as X; redrive: ${gone}`]));
});

test('fifty redrives that meet any of them at random moments, with runners that get in each other’s way, end the same way', async () => {
  let begun = 0;
  for (let seed = 1; seed <= 50; seed += 1) {
    const rng = createRng(seed);
    let isHealed = false;
    const strikes: string[] = [];
    const faults: FaultSource = {
      decide({ role, action }) {
        if (role !== 'operations' || isHealed || rng.next() >= 0.06) return undefined;
        const kind = KINDS[Math.floor(rng.next() * KINDS.length)] as FaultKind;
        strikes.push(`${kind}@${action}`);
        return applies(kind, action) ? kind : undefined;
      },
    };
    const world = await incident(faults);
    await redriven(world);
    isHealed = true;
    const id = await continued(world, 2);
    if (id === undefined) continue;
    begun += 1;
    await expectWorked(world, id).catch((error: unknown) =>
      Promise.reject(new Error(`seed ${seed}: ${strikes.join(', ')}`, { cause: error })),
    );
  }
  expect(begun).toBeGreaterThan(40);
});
