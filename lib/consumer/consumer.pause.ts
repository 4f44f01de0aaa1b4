import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import { PAUSE_LIMITS } from '../retry/error-outcome.ts';
import { CONSUMER_METRICS } from './consumer.contract.ts';
import type { DeliveryStop, PauseLength, Pauses } from './consumer.ports.ts';
import { errorText } from './error-text.ts';

/** What the pauses of a consumer depend on. */
export interface PausesDeps {
  readonly consumer: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Stops what is delivered, for all processes. @default - only this process pauses */
  readonly stop?: DeliveryStop | undefined;
}

/**
 * The pauses of one process. It starts nothing while one lasts, at once and without asking anybody; that nothing is delivered meanwhile is
 * the better half of it, and may fail: then what is delivered goes back uncharged.
 */
export function createPauses({ consumer, clock, log, metrics, stop }: PausesDeps): Pauses {
  let until = 0;
  let inVain = 0;
  return {
    until: () => until,
    async pause(length, options) {
      const now = clock.now();
      // Beside one that lasts, it is the same trouble; as long after one as the rule's own pause, it is another.
      if (now >= until) inVain = now - until > length.ms ? 0 : inVain + 1;
      const end = now + lengthOf(length, inVain);
      // Whoever fails beside the first one asks for the same pause.
      const isLonger = end - until > SAME_PAUSE_MS;
      until = Math.max(until, end);
      if (!isLonger) return;
      metrics.add(CONSUMER_METRICS.paused, 1, { dimensions: { consumer } });
      try {
        await stop?.stopUntil(end, options);
      } catch (error) {
        log.warn('deliveries not stopped; what comes meanwhile goes back', { consumer, error: errorText(error) });
      }
    },
  };
}

/** Pauses that end within a second of each other are one. */
const SAME_PAUSE_MS = 1_000;

/**
 * As long as the thrower asked, or as the rule says. Who asks for less than the rule gets it, and twice as much each time that it was in vain:
 * a server that says "in a second" through an hour of trouble would cost each message all the receives that its queue grants.
 */
function lengthOf({ ms, askedMs }: PauseLength, inVain: number): number {
  if (askedMs === undefined) return ms;
  const asked = Math.min(Math.max(askedMs, PAUSE_LIMITS.leastMs), PAUSE_LIMITS.mostMs);
  return Math.max(asked, Math.min(ms, asked * 2 ** inVain));
}
