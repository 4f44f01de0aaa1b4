import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';

/** One thing that happened, in virtual milliseconds since the start of the run. */
export interface HistoryEvent {
  readonly at: number;
  readonly kind: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Everything that happened, in order: checkers are pure functions of it. */
export interface History {
  record(kind: string, detail?: Readonly<Record<string, unknown>>): void;
  readonly events: readonly HistoryEvent[];
  /** SHA-256 of the whole history: equal for two runs of one seed, or something is not deterministic. */
  digest(): string;
}

/** Starts an empty history. */
export function createHistory(clock: Clock): History {
  const events: HistoryEvent[] = [];
  const start = clock.now();
  return {
    events,
    record: (kind, detail = {}) => {
      events.push({ at: clock.now() - start, kind, detail });
    },
    digest: () => {
      const hash = createHash('sha256');
      for (const event of events) hash.update(`${event.at} ${event.kind} ${JSON.stringify(event.detail)}\n`);
      return hash.digest('hex');
    },
  };
}
