import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FromSandbox, ToSandbox } from './sandbox-protocol.ts';

/** How a sandbox ended by itself. */
export interface SandboxExit {
  readonly code: number | null;
  readonly outOfMemory: boolean;
}

/** What a sandbox is started with. */
export interface SandboxOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly onMessage: (message: FromSandbox) => void;
  readonly onExit: (exit: SandboxExit) => void;
}

/** One execution environment: an isolated place in which a handler is loaded once and called many times. */
export interface Sandbox {
  send(message: ToSandbox): void;
  /** Ends it at once, whatever it does; `onExit` follows. */
  terminate(): void;
  /** Heap and buffers in use now, also while the handler blocks its event loop; undefined when it cannot be told. */
  memoryBytes(): Promise<number | undefined>;
  /** Stops and continues the world between invocations, as Lambda freezes a sandbox; a thread cannot be frozen and ignores it. */
  freeze(frozen: boolean): void;
}

/** Starts a sandbox. */
export type StartSandbox = (options: SandboxOptions) => Sandbox;

const SELF = import.meta.url;
const RUNTIME = new URL(SELF.endsWith('.ts') ? './sandbox-runtime.ts' : './sandbox-runtime.js', SELF);

let source: string | undefined;

/** Types are stripped here once, not in every new thread: that is 25 ms of a cold start. The name is what stack traces show. */
function threadSource(): string {
  source ??= `${stripTypes(readFileSync(RUNTIME, 'utf8'))}\n//# sourceURL=file:///var/runtime/index.mjs`;
  return source;
}

function stripTypes(text: string): string {
  if (!RUNTIME.href.endsWith('.ts')) return text;
  const { emitWarning } = process;
  // Node warns that the function is experimental; running `.ts` files, which does the same, is not.
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** A sandbox in a worker thread: starts in some 35 ms and costs 10–20 MB. Its heap is limited; it cannot be frozen. */
export const startThread: StartSandbox = ({ env, memoryMb, onMessage, onExit }) => {
  const worker = new Worker(threadSource(), {
    eval: true,
    execArgv: ['--input-type=module'],
    env: { ...env },
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    stdout: true,
    stderr: true,
  });
  // What a handler writes arrives as messages; nothing else is of interest, and unread streams would grow.
  worker.stdout.resume();
  worker.stderr.resume();
  let outOfMemory = false;
  worker.on('message', onMessage);
  worker.on('error', (error: Error & { code?: string }) => {
    outOfMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  });
  worker.on('exit', (code) => onExit({ code, outOfMemory }));
  return {
    send: (message) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
    async memoryBytes() {
      try {
        const heap = await worker.getHeapStatistics();
        return heap.used_heap_size + heap.external_memory;
      } catch {
        return undefined;
      }
    },
    freeze: () => undefined,
  };
};

/** A sandbox in a process of its own: slower to start, fully isolated, and frozen between invocations. */
export const startProcess: StartSandbox = ({ env, memoryMb, onMessage, onExit }) => {
  const child = fork(fileURLToPath(RUNTIME), [], {
    env: { ...env },
    execArgv: [`--max-old-space-size=${memoryMb}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.on('message', (message) => onMessage(message as FromSandbox));
  // V8 aborts a process that ran out of heap.
  child.on('exit', (code, signal) => onExit({ code, outOfMemory: signal === 'SIGABRT' || code === 134 }));
  child.on('error', () => undefined);
  return {
    send: (message) => child.send(message, () => undefined),
    terminate: () => void child.kill('SIGKILL'),
    memoryBytes: async () => residentBytes(child.pid),
    freeze: (frozen) => void child.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
  };
};

/** Linux tells a process's memory in pages of 4 KiB; elsewhere only the heap limit holds. */
function residentBytes(pid: number | undefined): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4_096;
  } catch {
    return undefined;
  }
}
