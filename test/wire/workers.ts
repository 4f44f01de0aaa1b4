import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Binding, Ended, Invocation } from './protocol.ts';

/** How an invocation ended, as the service that asked for it sees it. */
export type Outcome = { readonly payload: unknown } | { readonly error: string };

/** One function of one schedule. */
export type WorkerFunction = Omit<Binding, 'process'>;

/** Execution environments, each a process: warm ones are used again, killed ones are gone. */
export interface Workers {
  invoke(fn: WorkerFunction, event: unknown, timeoutMs: number): Promise<Outcome>;
  /** SIGKILL; resolves when the process is dead. A name that is none of its processes is ignored. */
  kill(process: string): Promise<void>;
  /** The idle workers of a schedule may become other functions. */
  release(prefix: string): void;
  /** Processes that ran, in all. */
  started(): number;
  close(): void;
}

interface Worker {
  readonly number: number;
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  /** The function that it is. */
  key: string | undefined;
  name: string;
  busy: boolean;
}

const PROGRAM = join(import.meta.dirname, 'worker.ts');
const SHIM = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

const keyOf = ({ role, deployment }: WorkerFunction): string => `${deployment.prefix} ${role}`;

/** What workers are started with. */
export interface WorkersOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Processes that have started when this resolves; more are started when they are needed. */
  readonly warm: number;
}

/** Bundles the program, as Lambda's code is: that is two thirds of a start. */
export async function createWorkers({ env, warm }: WorkersOptions): Promise<Workers> {
  const directory = mkdtempSync(join(tmpdir(), 'posthaste-wire-'));
  const program = join(directory, 'worker.mjs');
  await build({ entryPoints: [PROGRAM], bundle: true, platform: 'node', format: 'esm', outfile: program, banner: { js: SHIM } });
  const workers = new Set<Worker>();
  let numbers = 0;
  let invocations = 0;
  let closed = false;

  function start(): Worker {
    numbers += 1;
    const child = fork(program, [], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const ready = Promise.race([once(child, 'message'), once(child, 'exit')]).then(() => {});
    const worker: Worker = { number: numbers, child, ready, key: undefined, name: '', busy: false };
    workers.add(worker);
    child.once('exit', () => workers.delete(worker));
    return worker;
  }

  function take(fn: WorkerFunction): Worker {
    const key = keyOf(fn);
    const idle = [...workers].filter((worker) => !worker.busy && worker.child.connected);
    const worker = idle.find((other) => other.key === key) ?? idle.find((other) => other.key === undefined) ?? start();
    return Object.assign(worker, { key, name: `${fn.role}-${worker.number}`, busy: true });
  }

  for (let number = 0; number < warm; number += 1) await start().ready;
  return {
    async invoke(fn, event, timeoutMs) {
      if (closed) return { error: 'closed' };
      const worker = take(fn);
      const { child, name } = worker;
      await worker.ready;
      invocations += 1;
      const invocation: Invocation = { id: invocations, binding: { ...fn, process: name }, event, timeoutMs };
      const timeout = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      const outcome = await outcomeOf(child, invocation);
      clearTimeout(timeout);
      worker.busy = false;
      return outcome;
    },
    async kill(name) {
      const worker = [...workers].find((other) => other.name === name);
      if (!worker || worker.child.exitCode !== null || worker.child.signalCode !== null) return;
      const dead = once(worker.child, 'exit');
      worker.child.kill('SIGKILL');
      await dead;
    },
    release(prefix) {
      for (const worker of workers)
        if (worker.key?.startsWith(`${prefix} `) && !worker.busy) Object.assign(worker, { key: undefined, name: '' });
    },
    started: () => numbers,
    close() {
      closed = true;
      for (const { child } of workers) child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function outcomeOf(child: ChildProcess, invocation: Invocation): Promise<Outcome> {
  return new Promise((resolve) => {
    const settle = (outcome: Outcome) => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(outcome);
    };
    const onMessage = (message: unknown) => {
      const { id, ...outcome } = message as Ended;
      if (id === invocation.id) settle(outcome);
    };
    const onExit = () => settle({ error: 'killed' });
    if (child.exitCode !== null || child.signalCode !== null) return resolve({ error: 'killed' });
    child.on('message', onMessage);
    child.once('exit', onExit);
    child.send(invocation, (error) => error && settle({ error: String(error) }));
  });
}
