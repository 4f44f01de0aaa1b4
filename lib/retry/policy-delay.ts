import type { Rng } from '../core/rng.ts';
import type { Jitter, RetryPolicy } from './policy.ts';

/**
 * The shortest and the longest delay, in milliseconds, that a policy allows after so many attempts, counted from 1.
 *
 * @example
 * boundsOf(exponential({ baseMs: 1_000, capMs: 60_000, jitter: 'equal' }), 3); // => [2000, 4000]
 */
export function boundsOf(policy: RetryPolicy, attempt: number): readonly [min: number, max: number] {
  const capMs = policy.kind === 'fixed' ? Number.POSITIVE_INFINITY : (policy.capMs ?? Number.POSITIVE_INFINITY);
  const nominal = Math.min(capMs, nominalOf(policy, Math.max(1, attempt)));
  const [least, most] = spread(nominal, policy.jitter);
  return [least, Math.min(capMs, most)];
}

/** The delay after so many attempts, in whole milliseconds: uniform between the bounds. */
export function delayOf(policy: RetryPolicy, attempt: number, rng: Rng): number {
  const [min, max] = boundsOf(policy, attempt);
  return Math.min(Math.floor(max), Math.ceil(min) + Math.floor(rng.next() * (Math.floor(max) - Math.ceil(min) + 1)));
}

function nominalOf(policy: RetryPolicy, attempt: number): number {
  switch (policy.kind) {
    case 'exponential':
      // A power that grows to Infinity meets the cap; nothing times Infinity would be no number.
      return policy.baseMs === 0 ? 0 : policy.baseMs * policy.factor ** (attempt - 1);
    case 'linear':
      return policy.stepMs * attempt;
    case 'fixed':
      return policy.delaysMs[Math.min(attempt, policy.delaysMs.length) - 1] ?? 0;
  }
}

function spread(nominal: number, jitter: Jitter): readonly [min: number, max: number] {
  if (jitter === 'none') return [nominal, nominal];
  if (jitter === 'full') return [0, nominal];
  if (jitter === 'equal') return [nominal / 2, nominal];
  return [nominal * (1 - jitter.bounded), nominal * (1 + jitter.bounded)];
}
