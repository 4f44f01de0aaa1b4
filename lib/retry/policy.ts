import { RetryConfigError } from './retry.errors.ts';
import { shown } from './shown.ts';

/**
 * How far a delay may lie from its nominal value d. `full`: anywhere in 0 … d, which spreads messages that failed together the most.
 * `equal`: in d/2 … d. `bounded`, a share of 0 … 1: in d × (1 - share) … d × (1 + share). `none`: d itself.
 */
export type Jitter = 'full' | 'equal' | 'none' | { readonly bounded: number };

/** When a message is tried again: plain data, made by `exponential`, `linear` or `fixed`. All times in milliseconds. */
export type RetryPolicy = ExponentialPolicy | LinearPolicy | FixedPolicy;

export interface ExponentialPolicy {
  readonly kind: 'exponential';
  readonly baseMs: number;
  readonly factor: number;
  readonly capMs: number;
  readonly jitter: Jitter;
}

export interface LinearPolicy {
  readonly kind: 'linear';
  readonly stepMs: number;
  readonly capMs?: number;
  readonly jitter: Jitter;
}

export interface FixedPolicy {
  readonly kind: 'fixed';
  readonly delaysMs: readonly number[];
  readonly jitter: Jitter;
}

/** Between attempts at one message: five attempts span about a minute, and a held key is tried every 15 minutes at least. */
export const MESSAGE_RETRY: RetryPolicy = { kind: 'exponential', baseMs: 10_000, factor: 2, capMs: 900_000, jitter: 'full' };

/**
 * After a throttle or a conflict, by receive count: soon at first. The cap keeps a long outage from spending the receives that native
 * redrive counts: a hundred of them last half a day.
 */
export const BUSY_RETRY: RetryPolicy = { kind: 'exponential', baseMs: 2_000, factor: 2, capMs: 900_000, jitter: 'full' };

/** Between tries of one AWS call within an invocation. */
export const CALL_RETRY: RetryPolicy = { kind: 'exponential', baseMs: 50, factor: 2, capMs: 2_000, jitter: 'full' };

/** What `exponential` takes. */
export interface ExponentialOptions {
  /** Nominal delay after the first attempt. */
  readonly baseMs: number;
  /** Each delay is that many times the one before; 1 and more. @default 2 */
  readonly factor?: number;
  /** No delay is longer. */
  readonly capMs: number;
  /** @default 'full' - what failed together should not return together (AWS Architecture Blog, "Exponential Backoff And Jitter") */
  readonly jitter?: Jitter;
}

/**
 * Delays that grow by a factor up to a cap. Throws `RetryConfigError` (code `RETRY_CONFIG`) for numbers that cannot work.
 *
 * @example
 * exponential({ baseMs: 10_000, capMs: 900_000 }); // nominally 10 s, 20 s, 40 s … 15 min
 */
export function exponential({ baseMs, factor = 2, capMs, jitter = 'full' }: ExponentialOptions): RetryPolicy {
  assertDelay('baseMs', baseMs);
  if (!(factor >= 1) || !Number.isFinite(factor)) throw refused('factor', factor, 'a number of 1 and more');
  assertDelay('capMs', capMs);
  if (capMs < baseMs) throw refused('capMs', capMs, `at least baseMs, ${baseMs}`);
  return { kind: 'exponential', baseMs, factor, capMs, jitter: checkedJitter(jitter) };
}

/** What `linear` takes. */
export interface LinearOptions {
  /** Nominal delay after the first attempt, and what each further one adds. */
  readonly stepMs: number;
  /** No delay is longer. @default - none */
  readonly capMs?: number;
  /** @default 'full' - as for `exponential` */
  readonly jitter?: Jitter;
}

/**
 * Delays that grow by a step. Throws `RetryConfigError` (code `RETRY_CONFIG`) for numbers that cannot work.
 *
 * @example
 * linear({ stepMs: 60_000, capMs: 600_000 }); // nominally 1 min, 2 min … 10 min
 */
export function linear({ stepMs, capMs, jitter = 'full' }: LinearOptions): RetryPolicy {
  assertDelay('stepMs', stepMs);
  if (capMs !== undefined) assertDelay('capMs', capMs);
  if (capMs !== undefined && capMs < stepMs) throw refused('capMs', capMs, `at least stepMs, ${stepMs}`);
  return { kind: 'linear', stepMs, ...(capMs !== undefined && { capMs }), jitter: checkedJitter(jitter) };
}

/**
 * The delays of a list, one after the other; the last one stands for all that follow. Throws `RetryConfigError` (code `RETRY_CONFIG`) for an
 * empty list and for numbers that cannot work.
 *
 * @param options.jitter - @default 'none': the list is meant as it is written
 *
 * @example
 * fixed([1_000, 60_000, 3_600_000]);
 */
export function fixed(delaysMs: readonly number[], { jitter = 'none' }: { readonly jitter?: Jitter } = {}): RetryPolicy {
  if (!Array.isArray(delaysMs) || delaysMs.length === 0)
    throw refused(
      'the list of delays',
      Array.isArray(delaysMs) ? '[]' : shown(delaysMs),
      'a list of one delay or more: name the delays, e.g. fixed([1_000, 60_000])',
    );
  for (const delayMs of delaysMs) assertDelay('a delay', delayMs);
  return { kind: 'fixed', delaysMs: [...delaysMs], jitter: checkedJitter(jitter) };
}

/** Whether it is what `exponential`, `linear` or `fixed` made, for callers that no compiler checked. */
export function isRetryPolicy(value: unknown): value is RetryPolicy {
  const { kind } = (typeof value === 'object' && value !== null ? value : {}) as { readonly kind?: unknown };
  return kind === 'exponential' || kind === 'linear' || kind === 'fixed';
}

/** Reads a policy that was written as JSON; throws `RetryConfigError` for anything that is none. */
export function decodePolicy(text: string): RetryPolicy {
  const policy = parsed(text);
  if (policy?.kind === 'exponential') return exponential(policy);
  if (policy?.kind === 'linear') return linear(policy);
  if (policy?.kind === 'fixed' && Array.isArray(policy.delaysMs)) return fixed(policy.delaysMs, policy);
  throw refused('a retry policy', text, 'the JSON of what exponential(), linear() or fixed() made');
}

function parsed(text: string): RetryPolicy | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

function assertDelay(what: string, ms: number): void {
  if (!Number.isFinite(ms) || ms < 0) throw refused(what, ms, 'a number of milliseconds, 0 and more');
}

function checkedJitter(jitter: Jitter): Jitter {
  const known = typeof jitter === 'object' ? jitter?.bounded > 0 && jitter.bounded <= 1 : ['full', 'equal', 'none'].includes(jitter);
  if (!known) throw refused('jitter', JSON.stringify(jitter), "'full', 'equal', 'none' or { bounded } with a share above 0 and up to 1");
  return jitter;
}

function refused(what: string, given: number | string, allowed: string): RetryConfigError {
  return new RetryConfigError(`${what} of a retry policy is ${given}; it is ${allowed}`);
}
