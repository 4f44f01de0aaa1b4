import type { Violation } from './conservation.ts';

/** Where the messages of one consumer ended, and what it cost. */
export interface Fates {
  readonly consumer: string;
  /** Ids of messages that it can handle. */
  readonly healthy: readonly string[];
  /** Ids of messages that it can never handle. */
  readonly poison: readonly string[];
  /** Ids in its dead-letter queue, with the milliseconds from the end of the chaos to the arrival of each copy; negative before. */
  readonly deadLettered: ReadonlyMap<string, readonly number[]>;
  /** Runs of its handler that failed, by message id. */
  readonly failedRuns: ReadonlyMap<string, number>;
  /** Failed runs after which it gives up one copy of a message. */
  readonly attemptsOf: (id: string) => number;
  /** Runs whose process died, or that met a fault: each may have cost the messages of its batch an attempt, or hidden one. */
  readonly disturbances: number;
  /** How soon after the end of the chaos poison must be out of the way, in milliseconds. */
  readonly parkWithinMs: number;
}

/** Poison leaves after its attempts and within its time (G5), and takes no healthy message with it (G13). */
export function checkIsolation(fates: Fates): readonly Violation[] {
  const { consumer, healthy, poison, deadLettered, failedRuns, attemptsOf, disturbances, parkWithinMs } = fates;
  const violations: Violation[] = [];
  for (const id of poison) {
    const arrivals = deadLettered.get(id) ?? [];
    const runs = failedRuns.get(id) ?? 0;
    const allowed = attemptsOf(id) * Math.max(1, arrivals.length) + disturbances;
    const last = Math.max(...arrivals);
    if (arrivals.length === 0) violations.push({ guarantee: 'G5', message: `${consumer} never gave up ${id}, which cannot succeed` });
    else if (last > parkWithinMs)
      violations.push({ guarantee: 'G5', message: `${consumer} gave up ${id} only ${last} ms after the chaos` });
    if (runs > allowed)
      violations.push({
        guarantee: 'G5',
        message: `${consumer} ran ${id} ${runs} times, where ${allowed} are allowed`,
      });
    if (arrivals.length > 0 && runs + disturbances < attemptsOf(id))
      violations.push({ guarantee: 'G5', message: `${consumer} gave up ${id} after ${runs} runs, where ${attemptsOf(id)} are due` });
  }
  for (const id of healthy) {
    if (deadLettered.has(id) && disturbances < attemptsOf(id))
      violations.push({ guarantee: 'G13', message: `${consumer} gave up ${id}, which only had unlucky neighbours` });
  }
  return violations;
}
