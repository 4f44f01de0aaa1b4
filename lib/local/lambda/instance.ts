import type { Cancel, Clock } from '../../core/clock.ts';
import type { FailedInvocation } from './failure-log.ts';
import type { Sandbox, SandboxExit, StartSandbox } from './sandbox.ts';
import type { FromSandbox, FunctionError, InitMessage, InvokeMessage } from './sandbox-protocol.ts';

/** How the handler's part of an invocation ended. */
export type Execution = { readonly kind: 'result'; readonly payload: string } | { readonly kind: 'error'; readonly error: FunctionError };

/** One finished invocation of an instance. */
export interface ExecutionReport {
  readonly execution: Execution;
  readonly durationMs: number;
  /** The time that loading took, when this invocation waited for it. */
  readonly initMs: number | undefined;
  readonly memoryBytes: number;
}

/** What an instance is made of. */
export interface InstanceOptions {
  readonly clock: Clock;
  readonly start: StartSandbox;
  readonly env: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly init: InitMessage;
  /** A log event, with the request it belongs to (empty while the code is loaded). */
  readonly onLog: (event: { readonly text: string; readonly level?: string | undefined; readonly requestId: string }) => void;
  /** An invocation ended in an error; told before its outcome is. */
  readonly onFailure: (failed: FailedInvocation) => void;
  /** It can serve nothing more. */
  readonly onGone: () => void;
}

/** A sandbox that runs one invocation at a time. */
export interface Instance {
  run(message: InvokeMessage): Promise<ExecutionReport>;
  /** Ends it in the middle of whatever it does; a running invocation ends as an error. */
  kill(): void;
  /** Ends it without an invocation to account for. */
  stop(): void;
}

/** Loading may take ten seconds, then it is tried once more within the function's timeout (Lambda guide, "Init phase"). */
const INIT_LIMIT_MS = 10_000;
const MEMORY_CHECK_MS = 250;
const MB = 1_024 * 1_024;

interface Running {
  readonly message: InvokeMessage;
  readonly resolve: (report: ExecutionReport) => void;
  sentAt: number | undefined;
}

/** Starts a sandbox and loads the handler at once. */
export function createInstance(options: InstanceOptions): Instance {
  const { clock } = options;
  const startedAt = clock.now();
  let state: 'loading' | 'ready' | 'gone' = 'loading';
  let running: Running | undefined;
  /** Why the sandbox ends, told by whoever ends it. From then on an answer comes too late: nobody may use the instance again. */
  let cause: FunctionError | undefined;
  let initMs: number | undefined;
  const cancels: { timeout?: Cancel; memory?: Cancel } = {};

  const sandbox: Sandbox = options.start({ env: options.env, memoryMb: options.memoryMb, onMessage, onExit });
  cancels.timeout = clock.after(INIT_LIMIT_MS + options.timeoutMs, onTimeout);
  sandbox.send(options.init);

  function onMessage(message: FromSandbox): void {
    if (state === 'gone') return;
    switch (message.kind) {
      case 'ready':
        cancels.timeout?.();
        state = 'ready';
        initMs = clock.now() - startedAt;
        if (running) send(running);
        else sandbox.freeze(true);
        return;
      case 'log':
        options.onLog({ text: message.text, level: message.level, requestId: running?.message.requestId ?? '' });
        return;
      case 'result':
        if (cause) return;
        settle({ kind: 'result', payload: message.payload }, message.memoryBytes);
        return;
      case 'error':
        if (cause) return;
        settle({ kind: 'error', error: message.error }, message.memoryBytes);
        return;
      case 'fatal':
        cause = message.error;
        return;
      case 'init-error':
        end(message.error);
    }
  }

  function send(current: Running): void {
    current.sentAt = clock.now();
    cancels.timeout = clock.after(options.timeoutMs, onTimeout);
    watchMemory(current);
    sandbox.send(current.message);
  }

  function settle(execution: Execution, memoryBytes: number): void {
    const current = running;
    running = undefined;
    cancels.timeout?.();
    cancels.memory?.();
    if (!current) return;
    if (state === 'ready') sandbox.freeze(true);
    const durationMs = clock.now() - (current.sentAt ?? startedAt);
    if (execution.kind === 'error') options.onFailure({ requestId: current.message.requestId, error: execution.error, durationMs });
    current.resolve({ execution, durationMs, initMs, memoryBytes });
    initMs = undefined;
  }

  /** The limit on the heap does not see buffers, so the sum is measured while a handler runs. */
  function watchMemory(current: Running): void {
    cancels.memory = clock.after(MEMORY_CHECK_MS, () => {
      void sandbox.memoryBytes().then((bytes) => {
        if (running !== current) return;
        if ((bytes ?? 0) > options.memoryMb * MB) end(outOfMemory(current));
        else watchMemory(current);
      });
    });
  }

  function onTimeout(): void {
    const seconds = (options.timeoutMs / 1_000).toFixed(2);
    end(runtimeError('Sandbox.Timedout', running, `Task timed out after ${seconds} seconds`));
  }

  /** The outcome is told when the sandbox has really ended: until then its code may still act. */
  function end(error: FunctionError): void {
    cause ??= error;
    sandbox.freeze(false);
    sandbox.terminate();
  }

  function onExit(exit: SandboxExit): void {
    if (state === 'gone') return;
    const error = cause ?? exitError(exit, running);
    state = 'gone';
    cause = error;
    settle({ kind: 'error', error }, error.errorType === 'Runtime.OutOfMemory' ? options.memoryMb * MB : 0);
    for (const cancel of Object.values(cancels)) cancel();
    options.onGone();
  }

  return {
    run(message) {
      return new Promise((resolve) => {
        running = { message, resolve, sentAt: undefined };
        if (state === 'gone') settle({ kind: 'error', error: cause ?? runtimeError('Runtime.ExitError', running, 'Runtime exited') }, 0);
        if (state !== 'ready' || !running) return;
        sandbox.freeze(false);
        send(running);
      });
    },
    kill() {
      end(runtimeError('Runtime.ExitError', running, 'Runtime exited with error: signal: killed'));
    },
    stop() {
      cancels.timeout?.();
      end(runtimeError('Runtime.ExitError', running, 'Runtime exited'));
    },
  };
}

function exitError(exit: SandboxExit, running: Running | undefined): FunctionError {
  if (exit.outOfMemory) return outOfMemory(running);
  const reason =
    exit.code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: exit status ${exit.code ?? 'unknown'}`;
  return runtimeError('Runtime.ExitError', running, reason);
}

function outOfMemory(running: Running | undefined): FunctionError {
  return runtimeError('Runtime.OutOfMemory', running, 'Runtime exited with error: signal: killed');
}

function runtimeError(errorType: string, running: Running | undefined, reason: string): FunctionError {
  return { errorType, errorMessage: `RequestId: ${running?.message.requestId ?? ''} Error: ${reason}` };
}
