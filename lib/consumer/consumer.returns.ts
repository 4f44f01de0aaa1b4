import type { Cancel } from '../core/clock.ts';
import { isFifo } from './consumer.event.ts';
import type { Again } from './consumer.outcome.ts';
import type { ConsumerPorts } from './consumer.ports.ts';
import type { Delivery } from './consumer.reading.ts';

/** A record that comes back, and when. */
export interface Return {
  readonly delivery: Delivery;
  readonly delayMs: number;
}

/**
 * Tells the queue when records come back. What is known early is told while the neighbours commit, all of it together, and not after them:
 * an invocation takes as long as its slowest part.
 */
export interface Returns {
  /** The record comes back then, whatever else becomes of it. */
  add(entry: Return): void;
  /** Tells what is known, in a moment: called when no handler runs any more, and the neighbours' commit is the longer call. */
  flush(): void;
  /** Tells what the queue has not been told; resolves when it has been told everything. */
  settle(all: readonly (Return & Pick<Again, 'because'>)[]): Promise<void>;
}

/** `idle` says whether no handler runs. */
export function createReturns({ visibility, clock }: Pick<ConsumerPorts, 'visibility' | 'clock'>, idle: () => boolean): Returns {
  const told = new Set<Delivery>();
  const under: Promise<void>[] = [];
  let waiting: Return[] = [];
  let cancel: Cancel | undefined;

  function tell(entries: readonly Return[]): void {
    if (entries.length === 0) return;
    under.push(visibility.change(entries.map(({ delivery, delayMs }) => ({ receiptHandle: delivery.record.receiptHandle, delayMs }))));
  }
  function flush(): void {
    cancel?.();
    cancel = undefined;
    const entries = waiting;
    waiting = [];
    for (const { delivery } of entries) told.add(delivery);
    tell(entries);
  }

  /** In a moment: records whose commits failed together are told of together. */
  function flushSoon(): void {
    if (waiting.length > 0) cancel ??= clock.after(0, flush);
  }

  return {
    add(entry) {
      // What comes back at once must be in the books before it does; a group of a FIFO queue goes back as a whole.
      if (entry.delayMs <= 0 || isFifo(entry.delivery.record)) return;
      waiting.push(entry);
      if (idle()) flushSoon();
    },
    flush: flushSoon,
    async settle(all) {
      cancel?.();
      waiting = [];
      // About one that was cut off since, something else was decided.
      tell(all.filter(({ delivery, because }) => because !== 'failed' || !told.has(delivery)));
      await Promise.all(under);
    },
  };
}
