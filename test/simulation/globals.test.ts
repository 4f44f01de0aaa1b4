import { AsyncLocalStorage } from 'node:async_hooks';
import nodeCrypto, { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { DEVELOPER } from '../../lib/local/aws.ts';
import type { SimHandler } from '../../lib/simulation/functions.ts';
import { createWorld, type World } from '../../lib/simulation/world.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:work';
const START = Date.UTC(2030, 0, 1);

/** Runs a handler once in a world that owns the globals, and gives what it returned. */
async function inWorld(handler: SimHandler, { seed = 1, ms = 600_000 } = {}): Promise<unknown> {
  const world = worldOf(handler, seed);
  const outcome = world.functions.invoke(ARN, {});
  await world.run(ms);
  world.history.record('outcome', { ...(await outcome) });
  return (await outcome) as unknown;
}

function worldOf(handler: SimHandler, seed = 1, timeoutMs = 300_000): World {
  const world = createWorld({ seed, globals: true });
  world.functions.deploy({ arn: ARN, name: 'work', timeoutMs, caller: DEVELOPER, env: { STAGE: 'simulated' }, create: () => handler });
  return world;
}

const result = (payload: unknown) => ({ kind: 'result', payload });

test('a process sees the time of its world, in all forms', async () => {
  const seen = await inWorld(async () => {
    const since = process.hrtime();
    const before = [performance.now(), Number(process.hrtime.bigint())] as const;
    await wait(90_000);
    const [seconds] = process.hrtime(since);
    return {
      now: Date.now() - START,
      date: new Date().toISOString(),
      called: Date().slice(0, 15),
      given: new Date(0).toISOString(),
      isDate: new Date() instanceof Date && new Date().constructor === Date,
      elapsed: performance.now() - before[0],
      bigint: (Number(process.hrtime.bigint()) - before[1]) / 1e6,
      seconds,
      uptime: process.uptime(),
      origin: performance.timeOrigin - START,
    };
  });
  expect(seen).toEqual(
    result({
      now: 90_000,
      date: '2030-01-01T00:01:30.000Z',
      called: 'Tue Jan 01 2030',
      given: '1970-01-01T00:00:00.000Z',
      isDate: true,
      elapsed: 90_000,
      bigint: 90_000,
      seconds: 90,
      uptime: 90,
      origin: 0,
    }),
  );
});

test('timers of all forms run on virtual time, in order, and can be taken back', async () => {
  const seen = await inWorld(async () => {
    const log: string[] = [];
    const note = (text: string) => log.push(`${text} ${Date.now() - START}`);
    const cancelled = setTimeout(note, 5, 'never');
    clearTimeout(cancelled);
    const byNumber = setTimeout(note, 5, 'never');
    clearTimeout(Number(byNumber));
    clearImmediate(setImmediate(note, 'never'));
    setImmediate(note, 'immediate');
    const refreshed = setTimeout(note, 200, 'refreshed');
    const interval = setInterval(note, 100, 'tick');
    await wait(150, 'value').then(note);
    refreshed.refresh();
    await promisify(setTimeout)(100, 'promised').then(note);
    clearInterval(interval);
    await new Promise((resolve) => setTimeout(resolve, 300));
    setTimeout(note, 2 ** 31, 'too long');
    await promisify(setImmediate)();
    await wait(10);
    return log;
  });
  expect(seen).toEqual(result(['immediate 0', 'tick 100', 'value 150', 'tick 200', 'promised 250', 'refreshed 350', 'too long 551']));
});

test('a wait ends with its signal, and a signal with its time', async () => {
  const seen = await inWorld(async () => {
    const signal = AbortSignal.timeout(40);
    const aborted = await wait(1_000, undefined, { signal }).catch((error: Error) => error);
    return [Date.now() - START, (aborted as Error).name, (signal.reason as Error).name];
  });
  expect(seen).toEqual(result([40, 'AbortError', 'TimeoutError']));
});

test('chance comes from the seed', async () => {
  const draw: SimHandler = async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(4));
    const later = await promisify(nodeCrypto.randomBytes)(4);
    return [
      Math.random(),
      crypto.randomUUID(),
      randomUUID(),
      nodeCrypto.randomUUID(),
      [...bytes],
      randomBytes(4).toString('hex'),
      later.toString('hex'),
      randomInt(5, 9),
      [...nodeCrypto.randomFillSync(new Uint16Array(2), 1)],
    ];
  };
  const [first, second, other] = [await inWorld(draw), await inWorld(draw), await inWorld(draw, { seed: 2 })];
  expect(second).toEqual(first);
  expect(other).not.toEqual(first);
  const [, ...ids] = (first as { payload: readonly string[] }).payload;
  for (const id of ids.slice(0, 3)) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a process has environment variables of its own', async () => {
  const seen = await inWorld(async () => {
    process.env['LEFT_BEHIND'] = 'yes';
    delete process.env['PATH'];
    return [process.env['STAGE'], 'STAGE' in process.env, { ...process.env }['LEFT_BEHIND'], process.env['PATH'] ?? 'none'];
  });
  expect(seen).toEqual(result(['simulated', true, 'yes', 'none']));
  expect([process.env['STAGE'], process.env['LEFT_BEHIND']]).toEqual([undefined, undefined]);
  expect(process.env['PATH']).toBeDefined();
});

test('a killed process leaves no timer behind, and a frozen one waits', async () => {
  const fired: string[] = [];
  let invocations = 0;
  const world = worldOf(
    async () => {
      invocations += 1;
      const label = `left behind by ${invocations}`;
      setTimeout(() => fired.push(label), 10_000);
      if (invocations === 2) await new Promise(() => {});
    },
    1,
    5_000,
  );
  void world.functions.invoke(ARN, {});
  await world.run(60_000);
  expect(fired).toEqual([]);
  void world.functions.invoke(ARN, {});
  await world.run(60_000);
  expect(fired).toEqual(['left behind by 1']);
});

describe('real work of a process', () => {
  const working: SimHandler = async () => {
    const { pbkdf2 } = nodeCrypto;
    const times = [Date.now()];
    await Promise.all([
      readFile(import.meta.filename, 'utf8'),
      promisify(gzip)('text'),
      crypto.subtle.digest('SHA-256', new Uint8Array(8)),
      promisify(pbkdf2)('secret', 'salt', 20_000, 16, 'sha1'),
    ]);
    times.push(Date.now());
    await new Promise((resolve) => process.nextTick(resolve));
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    times.push(Date.now());
    return times.map((time) => time - START);
  };

  test('takes no virtual time, however long it takes', async () => {
    expect(await inWorld(working)).toEqual(result([0, 0, 0]));
  });

  test('does not change the history of a seed', async () => {
    const digest = async () => {
      const world = worldOf(async (event, context) => {
        const times = (await working(event, context)) as number[];
        for (let turn = 0; turn < 5; turn += 1) {
          await wait(Math.random() * 1_000);
          await readFile(import.meta.filename);
        }
        return [times, crypto.randomUUID(), new Date(), performance.now()];
      });
      const outcome = world.functions.invoke(ARN, {});
      await world.run(60_000);
      world.history.record('outcome', { outcome: await outcome });
      return world.history.digest();
    };
    expect(await digest()).toBe(await digest());
  });
});

describe('outside of every process', () => {
  const originals = { Date, setTimeout, random: Math.random, env: process.env, log: console.log, now: performance.now, randomUUID };
  afterEach(() => {
    expect({ Date, setTimeout, random: Math.random, env: process.env, log: console.log, now: performance.now, randomUUID }).toEqual(
      originals,
    );
    expect(Date).toBe(originals.Date);
    expect(randomUUID).toBe(originals.randomUUID);
  });

  test('everything answers as before while worlds run side by side, and is put back when the last ends', async () => {
    const handler: SimHandler = async () => {
      await wait(10_000);
      return Date.now() - START;
    };
    const runs = [inWorld(handler), inWorld(handler, { seed: 2 })];
    const outside = new Promise((resolve) => setTimeout(() => resolve(Date.now()), 1));
    expect(Date.now()).toBeGreaterThan(0);
    expect(await Promise.all(runs)).toEqual([result(10_000), result(10_000)]);
    expect(Math.abs(((await outside) as number) - Date.now())).toBeLessThan(60_000);
  });

  test('a world inside a process of another has its own time', async () => {
    const inner: SimHandler = async () => {
      await wait(5_000);
      return Date.now() - START;
    };
    const outer: SimHandler = async () => {
      await wait(1_000);
      const within = await inWorld(inner);
      return [within, Date.now() - START];
    };
    expect(await inWorld(outer)).toEqual(result([result(5_000), 1_000]));
  });
});

test('what a process prints is not shown, and contexts of the code follow its timers', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen = await inWorld(async () => {
    console.log('nobody sees this');
    process.stdout.write('nor this');
    return storage.run('request 7', async () => {
      const within = await new Promise((resolve) => setTimeout(() => resolve(storage.getStore()), 10));
      return within;
    });
  });
  expect(seen).toEqual(result('request 7'));
});

describe('an error that nobody handles', () => {
  const failing: Record<string, () => unknown> = {
    'a promise that was not awaited': () => void Promise.reject(new Error('floating')),
    'a callback of a timer': () => setTimeout(() => fail('in a timer'), 10),
    'a microtask': () => queueMicrotask(() => fail('in a microtask')),
    'the end of the process': () => process.exit(1),
  };
  const fail = (message: string) => {
    throw new Error(message);
  };

  test.each(Object.entries(failing))('%s ends its process, and no other', async (_, leaveBehind) => {
    const seen = await inWorld(async () => {
      leaveBehind();
      await wait(1_000);
      return 'alive';
    });
    expect(seen).toMatchObject({ kind: 'error', errorType: expect.stringMatching(/^Runtime\.(ExitError|UnhandledPromiseRejection)$/) });
  });
});
