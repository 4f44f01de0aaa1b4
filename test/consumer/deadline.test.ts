import { expect, test } from 'vitest';
import { deadlinesOf, startDeadline } from '../../lib/consumer/consumer.deadline.ts';
import { on } from '../../lib/consumer/consumer.routes.ts';
import { sleep } from '../../lib/core/clock.ts';
import { createRng } from '../../lib/core/rng.ts';
import { createVirtualClock, type VirtualClock } from '../../lib/simulation/virtual-clock.ts';
import { createWorld, effects, OrderPlaced } from './world.ts';

test('the reserve is a tenth of the time, at least a second, at most half', () => {
  expect(deadlinesOf(0, 60_000)).toMatchObject({ startUntil: 54_000, abortAt: 57_000, endAt: 60_000 });
  expect(deadlinesOf(0, 3_000)).toMatchObject({ startUntil: 2_000, abortAt: 2_500 });
  expect(deadlinesOf(0, 1_000)).toMatchObject({ startUntil: 500, abortAt: 750 });
  expect(deadlinesOf(0, 60_000, 5_000)).toMatchObject({ startUntil: 55_000, abortAt: 57_500, respondAt: 59_000 });
});

test.each([
  [-1, false],
  [0, false],
  [1, true],
])('with %i ms left to start, something may start: %s', (left, expected) => {
  const clock = createVirtualClock(createRng(1), 10_000);
  const deadline = startDeadline(clock, { begunAt: 0, startUntil: 10_000 + left, abortAt: 20_000, respondAt: 21_000, endAt: 22_000 });
  expect(deadline.mayStart()).toBe(expected);
  deadline.stop();
  expect(clock.pending()).toBe(0);
});

function slow(tookMs: (orderId: string) => number) {
  const late: { clock?: VirtualClock } = {};
  const runs: string[] = [];
  const aborted: string[] = [];
  const route = on(OrderPlaced, async (message, { unit, signal }) => {
    const { orderId } = message.data;
    runs.push(orderId);
    signal.addEventListener('abort', () => aborted.push(orderId));
    await sleep(late.clock as VirtualClock, tookMs(orderId));
    unit.update(effects, { id: message.id }, { update: { expression: 'ADD #n :one', names: { '#n': 'n' }, values: { ':one': 1 } } });
  });
  return { late, runs, aborted, route };
}

test('records for which there is no time go back at once, unstarted and uncharged, and the response arrives before the function is killed', async () => {
  const { late, runs, route } = slow(() => 4_000);
  const world = createWorld({ handlers: [route], timeoutMs: 10_000, concurrency: 1, maxAttempts: 1 });
  late.clock = world.clock;
  const sent = Array.from({ length: 6 }, (_, index) => world.send(String(index)));
  await world.drain(1);
  expect(sent.map(world.effectsOf)).toEqual(sent.map(() => 1));
  expect(world.deadLetters()).toEqual([]);
  expect(world.shared.history.events.filter((event) => event.kind === 'crash')).toEqual([]);
  // At most one per batch was under way when the time was up.
  expect(runs.length).toBeLessThan(12);
});

test('a handler that never ends is aborted, counts as a crash, and is dead-lettered within its attempts', async () => {
  const { late, runs, aborted, route } = slow((orderId) => (orderId === 'hang' ? 3_600_000_000 : 10));
  const world = createWorld({ handlers: [route], timeoutMs: 10_000, maxAttempts: 3 });
  late.clock = world.clock;
  const hung = world.send('hang');
  const sent = ['a', 'b'].map((orderId) => world.send(orderId));
  await world.drain(12);
  expect(sent.map(world.effectsOf)).toEqual([1, 1]);
  expect(world.deadLetters()).toMatchObject([{ failure: { reason: 'ATTEMPTS_EXHAUSTED', messageId: hung } }]);
  expect(runs.filter((orderId) => orderId === 'hang').length).toBeLessThanOrEqual(4);
  expect(aborted).toContain('hang');
  expect(world.shared.history.events.filter((event) => event.kind === 'crash')).toEqual([]);
});

test('a message is not blamed for the time that went by before its handler was called', async () => {
  const late: { clock?: VirtualClock } = {};
  let slowBegin = true;
  let first = true;
  const route = on(OrderPlaced, async (message, { unit }) => {
    if (first) {
      first = false;
      throw new Error('once');
    }
    await sleep(late.clock as VirtualClock, 2_500);
    unit.update(effects, { id: message.id }, { update: { expression: 'ADD #n :one', names: { '#n': 'n' }, values: { ':one': 1 } } });
  });
  const world = createWorld({ handlers: [route], timeoutMs: 10_000, maxAttempts: 2 });
  late.clock = world.clock;
  const { aws } = world.shared;
  const begins = (request: Parameters<typeof aws.call>[0]) =>
    request.action === 'UpdateItem' && String(request.input['UpdateExpression']).includes('lastBegun');
  Object.assign(world.shared, {
    aws: {
      ...aws,
      call: async (request: Parameters<typeof aws.call>[0]) => {
        if (slowBegin && begins(request)) await sleep(world.clock, 8_000);
        return aws.call(request);
      },
    },
  });
  const id = world.send('1');
  world.clock.after(2 * 3_600_000, () => {
    slowBegin = false;
  });
  await world.drain(12);
  expect([world.effectsOf(id), world.deadLetters()]).toEqual([1, []]);
});

test('an answer of AWS that never comes does not cost the response', async () => {
  const world = createWorld({ timeoutMs: 10_000 });
  const sent = ['a', 'b', 'c'].map((orderId) => world.send(orderId));
  world.shared.faults = { decide: (call) => (call.index === 0 ? 'slow' : undefined) };
  await world.drain();
  expect(sent.map(world.effectsOf)).toEqual([1, 1, 1]);
  expect(world.shared.history.events.filter((event) => event.kind === 'crash')).toEqual([]);
});

test('what a handler does after the deadline does not commit behind the back of the report', async () => {
  const { late, route } = slow(() => 15_000);
  const world = createWorld({ handlers: [route], timeoutMs: 10_000, maxAttempts: 2 });
  late.clock = world.clock;
  const id = world.send('1');
  await world.drain(6);
  expect(world.effectsOf(id)).toBe(0);
  expect(world.deadLetters()).toMatchObject([{ failure: { reason: 'ATTEMPTS_EXHAUSTED' } }]);
});
