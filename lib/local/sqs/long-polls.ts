import type { Clock } from '../../core/clock.ts';
import type { Json } from '../aws.ts';
import { createLinkedList } from './linked-list.ts';

/** One receive that waits for a message. */
export interface LongPoll {
  /** Takes messages if there are any; undefined when there were none after all. */
  readonly attempt: () => Json | undefined;
  readonly waitMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The receives that wait on one queue, first come, first served. */
export interface LongPolls {
  readonly size: number;
  /** Answers when messages arrive; without messages when the time is over or the caller went away. */
  wait(poll: LongPoll): Promise<Json>;
  /** Gives what there is to those who wait, one receive after the other, as long as `hasMessages`. */
  serve(hasMessages: () => boolean): void;
  /** The queue is gone. */
  fail(error: Error): void;
}

interface Waiting {
  readonly attempt: () => Json | undefined;
  readonly answer: (output: Json) => void;
  readonly refuse: (error: Error) => void;
}

/** Makes an empty list of waiting receives. `changed` is called after each that ended without a message. */
export function createLongPolls(clock: Clock, changed: () => void): LongPolls {
  const waiting = createLinkedList<Waiting>();

  return {
    get size() {
      return waiting.size;
    },
    wait: ({ attempt, waitMs, signal }) =>
      new Promise((resolve, reject) => {
        const leave = () => {
          waiting.remove(node);
          cancelTimer();
          signal?.removeEventListener('abort', giveUp);
        };
        // Messages are taken only in `serve`, so a caller who went away has taken none.
        const giveUp = () => {
          leave();
          changed();
          resolve({});
        };
        const node = waiting.append({
          attempt,
          answer(output) {
            leave();
            resolve(output);
          },
          refuse(error) {
            leave();
            reject(error);
          },
        });
        const cancelTimer = clock.after(waitMs, giveUp);
        signal?.addEventListener('abort', giveUp, { once: true });
      }),
    serve(hasMessages) {
      while (waiting.first !== undefined && hasMessages()) {
        const first = waiting.first.value;
        // Nothing comes back when all that was visible went to the dead-letter queue; whether more is there decides the loop.
        const output = first.attempt();
        if (output !== undefined) first.answer(output);
      }
    },
    fail(error) {
      while (waiting.first !== undefined) waiting.first.value.refuse(error);
    },
  };
}
