import { GetEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { createMappingStates } from '../../lib/ops/mapping-states.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';
import type { CommandSender } from '../../lib/topic/send-result.ts';

const throttled = Object.assign(new Error('Rate exceeded'), {
  name: 'TooManyRequestsException',
  $fault: 'client',
  $metadata: { httpStatusCode: 429 },
});

/** Lambda, where mappings stand as `stateOf` says, or throws. */
function lambdaWhere(stateOf: (id: string) => string) {
  const clock = createVirtualClock(createRng(1));
  const calls: { id: string; at: number }[] = [];
  const start = clock.now();
  const lambda = {
    async send(command: GetEventSourceMappingCommand) {
      expect(command).toBeInstanceOf(GetEventSourceMappingCommand);
      const id = command.input.UUID ?? '';
      calls.push({ id, at: clock.now() - start });
      return { State: stateOf(id) };
    },
  } as unknown as CommandSender;
  const states = createMappingStates({ lambda, clock, rng: createRng(2) });
  const read = async (ids: readonly string[], fresh = false) => {
    const work = states.read(ids, { fresh });
    work.catch(() => {});
    await clock.run();
    return Object.fromEntries([...(await work)].map(([id, { state, at }]) => [id, `${state} ${clock.now() - at}`]));
  };
  const wait = async (ms: number) => {
    clock.after(ms, () => {});
    await clock.run();
  };
  return { read, wait, calls };
}

test('a state is asked for once in 30 seconds, and says how old it is', async () => {
  let state = 'Enabled';
  const { read, wait, calls } = lambdaWhere(() => state);
  expect(await read(['a', 'a'])).toEqual({ a: 'Enabled 0' });
  state = 'Disabled';
  await wait(29_999);
  expect(await read(['a'])).toEqual({ a: 'Enabled 29999' });
  expect(calls).toHaveLength(1);
  await wait(1);
  expect(await read(['a'])).toEqual({ a: 'Disabled 0' });
  expect(calls).toHaveLength(2);
});

test('a change is asked for each time: it ends by itself', async () => {
  let state = 'Disabling';
  const { read, calls } = lambdaWhere(() => state);
  await read(['a']);
  expect(await read(['a'])).toEqual({ a: 'Disabling 0' });
  state = 'Disabled';
  await read(['a']);
  expect(await read(['a'])).toEqual({ a: 'Disabled 0' });
  expect(calls).toHaveLength(3);
});

test('fresh, it is asked for again', async () => {
  const { read, calls } = lambdaWhere(() => 'Enabled');
  await read(['a', 'b']);
  await read(['a'], true);
  expect(calls.map(({ id }) => id)).toEqual(['a', 'b', 'a']);
});

test('ten are asked for a second: the quota is everybody’s', async () => {
  const { read, calls } = lambdaWhere(() => 'Enabled');
  const ids = Array.from({ length: 25 }, (_, place) => `m${place}`);
  expect(Object.keys(await read(ids))).toEqual(ids);
  expect([0, 1_000, 2_000].map((second) => calls.filter(({ at }) => at === second).length)).toEqual([10, 10, 5]);
});

test('one that is throttled is as it was last, or absent; the others are told, and those behind it are asked for next time', async () => {
  let busy = ['b'];
  const { read, wait, calls } = lambdaWhere((id) => {
    if (busy.includes(id)) throw throttled;
    return 'Enabled';
  });
  const ids = ['a', 'b', ...Array.from({ length: 12 }, (_, place) => `m${place}`)];
  const first = await read(ids);
  expect(Object.keys(first)).toEqual(['a', ...ids.slice(2, 10)]);
  expect(calls.filter(({ id }) => id === 'b')).toHaveLength(2);
  busy = [];
  expect(Object.keys(await read(ids))).toHaveLength(14);
  busy = ids;
  await wait(60_000);
  expect(Number((await read(ids))['a']?.split(' ')[1])).toBeGreaterThanOrEqual(60_000);
});

test('what Lambda refuses for good is an error', async () => {
  const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException', $fault: 'client', $metadata: { httpStatusCode: 403 } });
  const { read } = lambdaWhere(() => {
    throw denied;
  });
  await expect(read(['a'])).rejects.toBe(denied);
});
