import { type ChildProcess, spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';

const PROJECT = join(import.meta.dirname, '../..');

/** How a run of the command line ended. */
export interface Ended {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run under way. */
export interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the match once standard error has it. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
}

/** However a test goes, no run outlives this. */
const LONGEST_MS = 60_000;

const running = new Set<ChildProcess>();

/** Ends what a failed test left behind. */
export function endAllRuns(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts `posthaste` as a shell does, with pipes instead of a terminal. */
export function startCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, [join(PROJECT, 'bin/posthaste.ts'), ...args], {
    cwd: PROJECT,
    env: { PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter), HOME: process.env['HOME'] ?? '/', TZ: 'UTC', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  const text = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  child.stdout.on('data', (chunk) => (text.stdout += chunk));
  child.stderr.on('data', (chunk) => {
    text.stderr += chunk;
    for (const look of waiting) look();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...text }));
  });
  return {
    child,
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(text.stderr);
          if (!match) return;
          waiting.delete(look);
          resolve(match);
        };
        waiting.add(look);
        look();
        void ended.then(() => reject(new Error(`it ended without printing ${pattern}: ${text.stderr}`)));
      }),
  };
}

/** Runs it to its end. */
export const cli = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> => startCli(args, env).ended;
