import type { Violation } from './conservation.ts';

/** How a run came to rest after the chaos. */
export interface Rest {
  /** What still waits or travels, in words; empty when the world is quiet. */
  readonly waiting: readonly string[];
  /** Virtual milliseconds from the end of the chaos. */
  readonly drainMs: number;
  /** Service calls of the whole run, and how many its messages can explain. */
  readonly calls: number;
  readonly maxCalls: number;
}

/** Once faults stop, everything comes to rest within its bound, without a storm of calls (G12). */
export function checkLiveness({ waiting, drainMs, calls, maxCalls }: Rest): readonly Violation[] {
  const violations = waiting.map((what): Violation => ({ guarantee: 'G12', message: `${what} after ${drainMs} ms without faults` }));
  if (calls > maxCalls) violations.push({ guarantee: 'G12', message: `${calls} calls, where ${maxCalls} are plenty` });
  return violations;
}
