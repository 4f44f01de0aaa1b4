import { describe, expect, test } from 'vitest';
import { on } from '../../lib/consumer/consumer.routes.ts';
import { sleep } from '../../lib/core/clock.ts';
import { fixed } from '../../lib/retry/policy.ts';
import { FAULT_KINDS, faultAt, noFaults } from '../../lib/simulation/fault.ts';
import type { VirtualClock } from '../../lib/simulation/virtual-clock.ts';
import { createWorld, effects, OrderPlaced, runTwiceAtOnce } from './world.ts';

interface Call {
  readonly id: string;
  readonly key: string;
  readonly begun: number;
  ended?: number;
}

/** A handler that calls somebody outside, and takes its time. */
function mailing(tookMs: number) {
  const mails: Call[] = [];
  const late: { clock?: VirtualClock } = {};
  const route = on(
    OrderPlaced,
    async (message, { unit, idempotencyKey }) => {
      const clock = late.clock as VirtualClock;
      const mail: Call = { id: message.id, key: idempotencyKey, begun: clock.now() };
      mails.push(mail);
      await sleep(clock, tookMs);
      mail.ended = clock.now();
      unit.update(effects, { id: message.id }, { update: { expression: 'ADD #n :one', names: { '#n': 'n' }, values: { ':one': 1 } } });
    },
    { effect: 'external' },
  );
  return { mails, late, route };
}

describe('a handler with an external effect', () => {
  test('runs under a lease, once when nothing goes wrong', async () => {
    const { mails, late, route } = mailing(2_000);
    const world = createWorld({ handlers: [route] });
    late.clock = world.clock;
    world.send('1');
    world.send('1');
    await world.drain();
    expect([mails.length, world.effectsOf('message-1'), world.depth()]).toEqual([1, 1, 0]);
    expect(world.calls()).toMatchObject({ 'dynamodb:PutItem': 1, 'dynamodb:TransactWriteItems': 1 });
  });

  test('whatever goes wrong at any one call, it happens at least once, under one key, never beside itself, and its unit commits once', async () => {
    const run = async (faults = noFaults, seed = 1) => {
      const { mails, late, route } = mailing(2_000);
      const world = createWorld({ handlers: [route], seed });
      late.clock = world.clock;
      world.send('1');
      world.send('2');
      world.shared.faults = faults;
      await world.drain();
      return { world, mails };
    };
    const { world: reference } = await run();
    for (let index = 0; index < reference.shared.calls.total; index += 1) {
      for (const kind of FAULT_KINDS) {
        const { world, mails } = await run(faultAt(index, kind), index + 1);
        for (const id of ['message-1', 'message-2']) {
          const own = mails.filter((mail) => mail.id === id);
          expect([index, kind, own.length >= 1, new Set(own.map((mail) => mail.key)).size]).toEqual([index, kind, true, 1]);
          expect([index, kind, world.effectsOf(id)]).toEqual([index, kind, 1]);
        }
        expect([index, kind, world.depth(), world.deadLetters().length]).toEqual([index, kind, 0, 0]);
      }
    }
  });

  test('a copy that arrives while another run holds the lease waits for it, and burns no attempt', async () => {
    const { mails, late, route } = mailing(20_000);
    const world = createWorld({ handlers: [route], maxAttempts: 1 });
    late.clock = world.clock;
    await runTwiceAtOnce(world);
    expect([mails.length, world.effectsOf('message-1'), world.depth(), world.deadLetters()]).toEqual([1, 1, 0, []]);
  });

  test('a run that lost its lease cannot complete over its successor, nor release it', async () => {
    // The first run outlives its function: frozen, thawed, and too late.
    const { mails, late, route } = mailing(90_000);
    const world = createWorld({ handlers: [route], timeoutMs: 30_000, maxAttempts: 50 });
    late.clock = world.clock;
    world.send('1');
    await world.drain(1);
    // Every run is cut off by the deadline; whatever finishes later must not commit.
    expect(world.effectsOf('message-1')).toBe(0);
    expect(mails.length).toBeGreaterThan(1);
    for (const [at, mail] of mails.slice(1).entries()) expect(mail.begun - (mails[at]?.begun ?? 0)).toBeGreaterThan(30_000);
  });

  test('a failed run gives its lease back, so the next attempt need not wait for it', async () => {
    let runs = 0;
    const world = createWorld({
      handlers: [
        on(
          OrderPlaced,
          () => {
            runs += 1;
            if (runs === 1) throw new Error('the mail server is asleep');
          },
          { effect: 'external' },
        ),
      ],
      retry: fixed([1]),
      timeoutMs: 600_000,
      visibilitySeconds: 3_600,
    });
    world.send('1');
    await world.drain(0.01);
    expect([runs, world.depth()]).toEqual([2, 0]);
  });
});
