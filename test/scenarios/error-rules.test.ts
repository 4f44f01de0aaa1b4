import { describe, expect, test } from 'vitest';
import { on } from '../../lib/consumer/consumer.routes.ts';
import type { Metrics } from '../../lib/core/metrics.ts';
import { deadLetter, discard, park, retryNow } from '../../lib/retry/error-outcome.ts';
import { type ErrorRule, errorRule } from '../../lib/retry/error-rules.ts';
import { FAULT_KINDS, faultAt, noFaults } from '../../lib/simulation/fault.ts';
import { createWorld, effects, OrderPlaced } from '../consumer/world.ts';

/** A consumer that cannot handle the order `bad`, as a rule knows. */
function ruled(rule: ErrorRule, effect: 'transaction' | 'external' = 'transaction', seed = 1) {
  const runs: string[] = [];
  const counts: Record<string, number> = {};
  const metrics: Metrics = {
    add(name, value) {
      counts[name] = (counts[name] ?? 0) + value;
    },
  };
  let broken = true;
  const handle = on(
    OrderPlaced,
    ({ id, data }, { unit }) => {
      runs.push(id);
      unit.update(effects, { id }, { update: { expression: 'ADD #n :one', names: { '#n': 'n' }, values: { ':one': 1 } } });
      if (broken && data.orderId === 'bad') throw Object.assign(new Error('the card has expired'), { code: 'CARD_EXPIRED' });
    },
    { effect },
  );
  const world = createWorld({ seed, metrics, errors: [rule], handlers: [handle] });
  for (const orderId of ['a', 'bad', 'c']) world.send(orderId);
  return {
    world,
    counts,
    runsOf: (id: string) => runs.filter((run) => run === id).length,
    mend: () => {
      broken = false;
    },
  };
}

type Ruled = ReturnType<typeof ruled>;

/** Whatever goes wrong at any one call. */
async function sweep(start: (seed?: number) => Ruled, check: (found: Ruled, label: string) => Promise<void>): Promise<void> {
  const reference = start();
  await reference.world.drain();
  await check(reference, 'no fault');
  for (let index = 0; index < reference.world.shared.calls.total; index += 1) {
    for (const kind of FAULT_KINDS) {
      const found = start(index + 1);
      found.world.shared.faults = faultAt(index, kind);
      await found.world.drain();
      found.world.shared.faults = noFaults;
      await check(found, `${kind} at call ${index}`);
    }
  }
}

const applied = ({ world }: Ruled) => ['a', 'bad', 'c'].map((order) => world.effectsOf(`message-${order}`));

describe('error rules', () => {
  test('S57 a failure that a rule knows as permanent is run once and dead-lettered, its neighbours are applied', async () => {
    const known = errorRule({ code: 'CARD_EXPIRED' }, deadLetter());
    const calm = ruled(known);
    await calm.world.drain();
    expect([calm.runsOf('message-bad'), calm.counts['MessagesRetried'] ?? 0]).toEqual([1, 0]);
    await sweep(
      (seed) => ruled(known, 'transaction', seed),
      async (found, label) => {
        const reasons = new Set(found.world.deadLetters().map(({ failure }) => failure?.reason));
        expect([label, ...applied(found), found.world.depth(), reasons]).toEqual([label, 1, 0, 1, 0, new Set(['HANDLER_PERMANENT'])]);
        // A second run only where the fault hit the first.
        expect([label, found.runsOf('message-bad') <= 2]).toEqual([label, true]);
      },
    );
  }, 60_000);

  test('S57 what a rule sets aside is in the dead-letter queue, and says that nobody has to look into it', async () => {
    await sweep(
      (seed) => ruled(errorRule({ code: 'CARD_EXPIRED' }, park('until the new terms')), 'transaction', seed),
      async (found, label) => {
        const [letter] = found.world.deadLetters();
        expect([label, ...applied(found), found.world.depth()]).toEqual([label, 1, 0, 1, 0]);
        expect([label, letter?.failure]).toMatchObject([
          label,
          { disposition: 'parked', note: 'until the new terms', type: 'CARD_EXPIRED' },
        ]);
      },
    );
  }, 60_000);

  test('S58 what a rule discards is counted, none of it is applied, and a copy of it is a duplicate', async () => {
    for (const effect of ['transaction', 'external'] as const) {
      await sweep(
        (seed) => ruled(errorRule({ code: 'CARD_EXPIRED' }, discard('the order was cancelled')), effect, seed),
        async (found, label) => {
          expect([label, ...applied(found), found.world.depth(), found.world.deadLetters()]).toEqual([label, 1, 0, 1, 0, []]);
          // A count may be lost with the process that had it; the message is in none of the others.
          if (label === 'no fault') expect(found.counts['MessagesDiscarded']).toBe(1);
          found.mend();
          found.world.send('bad');
          await found.world.drain();
          expect([label, ...applied(found), found.world.depth()]).toEqual([label, 1, 0, 1, 0]);
        },
      );
    }
  }, 60_000);

  test('S57 a retry in process is not charged, and ends as it would have', async () => {
    const rule = errorRule({ code: 'CARD_EXPIRED' }, retryNow(2, { orElse: deadLetter() }));
    const calm = ruled(rule);
    await calm.world.drain();
    expect([calm.runsOf('message-bad'), ...applied(calm), calm.world.deadLetters().length]).toEqual([3, 1, 0, 1, 1]);
    expect(calm.world.deadLetters()[0]?.failure?.receiveCount ?? 1).toBe(1);
    await sweep(
      (seed) => ruled(rule, 'external', seed),
      async (found, label) => {
        const letters = found.world.deadLetters();
        expect([label, ...applied(found), found.world.depth(), letters.length > 0]).toEqual([label, 1, 0, 1, 0, true]);
      },
    );
  }, 60_000);
});
