import { expect, test } from 'vitest';
import { createInstance } from '../../../lib/local/lambda/instance.ts';
import type { SandboxOptions } from '../../../lib/local/lambda/sandbox.ts';
import type { InitMessage, InvokeMessage, ToSandbox } from '../../../lib/local/lambda/sandbox-protocol.ts';
import { createFakeClock } from '../fake-clock.ts';

const MESSAGE = {
  kind: 'invoke',
  requestId: 'r-1',
  payload: '{}',
  timeoutMs: 3_000,
  invokedFunctionArn: 'arn',
  traceId: 't',
} satisfies InvokeMessage;

/** An instance over a sandbox that does what the test says. */
function instanceWorld() {
  const clock = createFakeClock();
  const sent: ToSandbox['kind'][] = [];
  const log: string[] = [];
  let sandbox: SandboxOptions | undefined;
  const instance = createInstance({
    clock,
    env: {},
    memoryMb: 128,
    timeoutMs: 3_000,
    init: { kind: 'init' } as InitMessage,
    onLog: ({ text }) => log.push(text),
    onFailure: ({ requestId, error }) => log.push(`${requestId} failed: ${error.errorType}`),
    onGone: () => log.push('gone'),
    start: (options) => {
      sandbox = options;
      return {
        send: (message) => sent.push(message.kind),
        terminate: () => log.push('terminated'),
        memoryBytes: async () => undefined,
        freeze: (frozen) => log.push(frozen ? 'frozen' : 'thawed'),
      };
    },
  });
  if (!sandbox) throw new Error('not started');
  return { clock, instance, sandbox, sent, log };
}

test('an event waits until the handler is loaded, and the first report tells how long that took', async () => {
  const { clock, instance, sandbox, sent } = instanceWorld();
  const report = instance.run(MESSAGE);
  expect(sent).toEqual(['init']);
  clock.advance(400);
  sandbox.onMessage({ kind: 'ready' });
  expect(sent).toEqual(['init', 'invoke']);
  clock.advance(20);
  sandbox.onMessage({ kind: 'result', payload: '1', memoryBytes: 5 });
  expect(await report).toEqual({ execution: { kind: 'result', payload: '1' }, durationMs: 20, initMs: 400, memoryBytes: 5 });
  expect(clock.pending()).toBe(0);
});

test('an answer after the timeout comes too late: the outcome is the timeout, told when the sandbox has ended', async () => {
  const { clock, instance, sandbox, log } = instanceWorld();
  sandbox.onMessage({ kind: 'ready' });
  const report = instance.run(MESSAGE);
  let settled = false;
  void report.then(() => {
    settled = true;
  });
  clock.advance(3_000);
  sandbox.onMessage({ kind: 'result', payload: '1', memoryBytes: 5 });
  await Promise.resolve();
  expect(settled).toBe(false);
  sandbox.onExit({ code: 1, outOfMemory: false });
  expect((await report).execution).toEqual({
    kind: 'error',
    error: { errorType: 'Sandbox.Timedout', errorMessage: 'RequestId: r-1 Error: Task timed out after 3.00 seconds' },
  });
  expect(log.slice(-3)).toEqual(['terminated', 'r-1 failed: Sandbox.Timedout', 'gone']);
});

test('loading that never ends is given up after ten seconds and the timeout of the function', async () => {
  const { clock, instance, sandbox } = instanceWorld();
  const report = instance.run(MESSAGE);
  clock.advance(12_999);
  expect(clock.pending()).toBe(1);
  clock.advance(1);
  sandbox.onExit({ code: 1, outOfMemory: false });
  expect((await report).execution).toMatchObject({ error: { errorType: 'Sandbox.Timedout' } });
});

test('between invocations the sandbox is frozen', async () => {
  const { instance, sandbox, log } = instanceWorld();
  sandbox.onMessage({ kind: 'ready' });
  expect(log).toEqual(['frozen']);
  const report = instance.run(MESSAGE);
  expect(log).toEqual(['frozen', 'thawed']);
  sandbox.onMessage({ kind: 'error', error: { errorType: 'E', errorMessage: 'm' }, memoryBytes: 1 });
  await report;
  expect(log).toEqual(['frozen', 'thawed', 'frozen', 'r-1 failed: E']);
});
