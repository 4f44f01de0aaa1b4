import { Worker } from 'node:worker_threads';
import type { Arguments } from './arguments.ts';
import type { Progress, Share } from './share.ts';

/** A search over several threads. */
export interface Crew {
  /** What each thread told last. */
  readonly shares: readonly Progress[];
  /** Resolves when every thread has ended; rejects when one dies. */
  readonly done: Promise<void>;
  /** Ends the threads at once: what they told stays. */
  stop(): Promise<void>;
}

type SearchArguments = Pick<Extract<Arguments, { command: 'search' }>, 'experiments' | 'search' | 'workers'>;

/** No schedule takes a second: who is silent for so long hangs. */
const SILENCE_MS = 120_000;

const NOTHING: Progress = { schedules: 0, invocations: 0, at: 'nothing yet', cpuSeconds: 0, seen: {}, troubles: {}, failures: [] };

/** Starts the threads of a search. */
export function startCrew({ experiments, search, workers }: SearchArguments, onProgress: () => void): Crew {
  const shares: Progress[] = Array.from({ length: workers }, () => NOTHING);
  const threads = shares.map((_, index) => {
    const workerData: Share = { experiments, search, index, of: workers };
    const thread = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
    const hang = () =>
      thread.emit('error', new Error(`thread ${index} has been silent for ${SILENCE_MS / 1_000} s at ${shares[index]?.at}`));
    const watchdog = setTimeout(hang, SILENCE_MS);
    thread.on('message', (progress: Progress) => {
      shares[index] = progress;
      watchdog.refresh();
      onProgress();
    });
    thread.once('exit', () => clearTimeout(watchdog));
    return thread;
  });
  const ends = threads.map(
    (thread) =>
      new Promise<void>((resolve, reject) => {
        thread.once('error', reject);
        thread.once('exit', () => resolve());
      }),
  );
  return {
    shares,
    done: Promise.all(ends).then(() => {}),
    stop: async () => {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}
