import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { DEVELOPER } from '../../lib/local/aws.ts';
import { plannedFaults } from '../../lib/simulation/fault-plan.ts';
import type { SimHandler } from '../../lib/simulation/functions.ts';
import type { SimProcess } from '../../lib/simulation/process.ts';
import { createWorld, type WorldOptions } from '../../lib/simulation/world.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:work';

/** A world with one function, and invocations of it that let time pass. */
function functionWorld(create: (process: SimProcess) => SimHandler, options: Partial<WorldOptions> = {}) {
  const world = createWorld({ seed: 1, ...options });
  const deploy = (timeoutMs = 3_000) => world.functions.deploy({ arn: ARN, name: 'work', timeoutMs, caller: DEVELOPER, create });
  deploy();
  const invoke = async (event: unknown = {}, ms = 10_000) => {
    const outcome = world.functions.invoke(ARN, event);
    await world.run(ms);
    return outcome;
  };
  return { world, invoke, deploy };
}

/** Counts the invocations of its own process, as module state does. */
const counting = (): SimHandler => {
  let invocations = 0;
  return async () => {
    invocations += 1;
    return invocations;
  };
};

test('an instance is used again and keeps its module state', async () => {
  const { invoke } = functionWorld(counting);
  expect(await invoke()).toEqual({ kind: 'result', payload: 1 });
  expect(await invoke()).toEqual({ kind: 'result', payload: 2 });
});

test('invocations at the same time have instances of their own', async () => {
  const { world, invoke } = functionWorld(counting);
  const both = [world.functions.invoke(ARN, {}), invoke()];
  expect(await Promise.all(both)).toEqual([
    { kind: 'result', payload: 1 },
    { kind: 'result', payload: 1 },
  ]);
});

test('a function that takes longer than its timeout dies at it, and its module state with it', async () => {
  let hang = true;
  const { world, invoke } = functionWorld((process) => {
    const count = counting();
    return async (event, context) => {
      const result = await count(event, context);
      if (hang) await sleep(process.clock, 60_000);
      return result;
    };
  });
  const before = world.clock.now();
  let endedAt = 0;
  const outcome = world.functions.invoke(ARN, {}).then((value) => {
    endedAt = world.clock.now() - before;
    return value;
  });
  await world.run(10_000);
  expect(await outcome).toMatchObject({ kind: 'error', errorType: 'Sandbox.Timedout' });
  expect(endedAt).toBe(3_000);
  hang = false;
  expect(await invoke()).toEqual({ kind: 'result', payload: 1 });
});

test('a crash at a call is an error of the invocation, and the next one starts anew', async () => {
  const create = (process: SimProcess): SimHandler => {
    const count = counting();
    return async (event, context) => {
      const result = await count(event, context);
      await process.client('dynamodb').send(new ListTablesCommand({}));
      return result;
    };
  };
  const faults = plannedFaults([{ service: 'dynamodb', action: 'ListTables', nth: 1, kind: 'crashAfter' }]);
  const { invoke } = functionWorld(create, { faults });
  expect(await invoke()).toEqual({ kind: 'result', payload: 1 });
  expect(await invoke()).toMatchObject({ kind: 'error', errorType: 'crashAfter' });
  expect(await invoke()).toEqual({ kind: 'result', payload: 1 });
});

test('an instance whose process died while it was idle is not used again', async () => {
  const processes: SimProcess[] = [];
  const { invoke } = functionWorld((process) => {
    processes.push(process);
    return counting();
  });
  await invoke();
  processes[0]?.kill('no memory left');
  expect(await invoke()).toEqual({ kind: 'result', payload: 1 });
  expect(processes).toHaveLength(2);
});

test('a call that nobody waited for ends in the next invocation, and may end it', async () => {
  const crash = plannedFaults([{ service: 'dynamodb', action: 'ListTables', nth: 0, kind: 'crashAfter' }]);
  const create = (process: SimProcess): SimHandler => {
    const count = counting();
    return async (event, context) => {
      void process.client('dynamodb').send(new ListTablesCommand({}));
      return count(event, context);
    };
  };
  const { invoke } = functionWorld(create, { faults: crash });
  expect(await invoke()).toEqual({ kind: 'result', payload: 1 });
  expect(await invoke()).toMatchObject({ kind: 'error', errorType: 'crashAfter' });
});

test('after a deployment no instance serves again, not even one that was busy', async () => {
  const { world, invoke } = functionWorld((process) => {
    const count = counting();
    return async (event, context) => {
      await sleep(process.clock, 1_000);
      return count(event, context);
    };
  });
  await invoke();
  const busy = world.functions.invoke(ARN, {});
  await world.run(500);
  world.functions.recycle();
  await world.run(10_000);
  expect(await busy).toEqual({ kind: 'result', payload: 2 });
  expect(await invoke()).toEqual({ kind: 'result', payload: 1 });
});

test('events and responses travel as JSON', async () => {
  const seen: unknown[] = [];
  const { invoke } = functionWorld(() => async (event) => {
    seen.push(event);
    return undefined;
  });
  const event = { at: new Date(0), nothing: undefined, list: [undefined] };
  expect(await invoke(event)).toEqual({ kind: 'result', payload: null });
  expect(seen).toEqual([{ at: '1970-01-01T00:00:00.000Z', list: [null] }]);
});

test('a handler that throws, even before its first await, is an error with its name, and its instance stays', async () => {
  let broken = true;
  const { invoke } = functionWorld(() => {
    const count = counting();
    return (event, context) => {
      const result = count(event, context);
      if (broken) throw new RangeError('too far');
      return result;
    };
  });
  expect(await invoke()).toEqual({ kind: 'error', errorType: 'RangeError', errorMessage: 'RangeError: too far' });
  broken = false;
  expect(await invoke()).toEqual({ kind: 'result', payload: 2 });
});

test('a module that does not load, and a function that does not exist, are errors of the invocation', async () => {
  const { invoke, world } = functionWorld(() => {
    throw new Error('no table in the environment');
  });
  expect(await invoke()).toMatchObject({ kind: 'error', errorType: 'Runtime.ImportModuleError' });
  expect(await world.functions.invoke(`${ARN}-2`, {})).toMatchObject({ kind: 'error', errorType: 'ResourceNotFoundException' });
});

test('a function that could wait for a slow answer is refused', () => {
  const { deploy } = functionWorld(counting);
  expect(() => deploy(15 * 60_000)).not.toThrow();
  expect(() => deploy(16 * 60_000)).toThrow(RangeError);
});

test('a result that JSON cannot hold fails the invocation, and the instance serves the next', async () => {
  let results: unknown[] = [{ n: 1n }, 'fine'];
  const { invoke } = functionWorld(() => async () => {
    const [first, ...rest] = results;
    results = rest;
    return first;
  });
  expect(await invoke()).toMatchObject({ kind: 'error', errorType: 'Runtime.MarshalError' });
  expect(await invoke()).toEqual({ kind: 'result', payload: 'fine' });
});
