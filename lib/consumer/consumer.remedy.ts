import { type Classification, classify, isNotTheMessage } from '../retry/classify.ts';
import type { ErrorOutcome, PauseOutcome } from '../retry/error-outcome.ts';
import { type ErrorRule, findRule } from '../retry/error-rules.ts';
import type { RetryPolicy } from '../retry/policy.ts';

/** What is to be done about a failure. */
export type Remedy =
  /** Back soon, uncharged. */
  | { readonly kind: 'busy'; readonly code: string; readonly retryAfterMs?: number }
  /** Back later, charged. */
  | Charge
  /** To the dead-letter queue; `aside` when that was a decision about messages to come, not a failure to look into. */
  | { readonly kind: 'park'; readonly reason: string; readonly aside: boolean; readonly note?: string }
  | { readonly kind: 'discard'; readonly reason: string }
  | PauseRemedy
  /** The handler once more, at once. */
  | { readonly kind: 'anew' };

/** Nothing is begun for a while. */
export interface PauseRemedy extends PauseOutcome {
  /** What the thrower asked for, in milliseconds. */
  readonly askedMs?: number;
}

/** An attempt that counts. */
export interface Charge {
  readonly kind: 'charge';
  readonly code: string;
  /** What the thrower asked for, in milliseconds; instead of the policy's delay. */
  readonly retryAfterMs?: number;
  readonly policy?: RetryPolicy;
  readonly attempts?: number;
}

/** What a remedy depends on. */
export interface Diagnosis {
  readonly error: unknown;
  /** Wire name of the message. */
  readonly type: string;
  /** In the order in which they are asked. */
  readonly rules: readonly ErrorRule[];
  /** How often the handler ran anew in this run. */
  readonly turn: number;
  /** Whether it may once more. */
  readonly mayRunAnew: boolean;
  /** Told what a predicate threw. */
  readonly onBroken: (error: unknown) => void;
}

/** The first rule that matches decides; without one, what is known of errors in general. */
export function remedyFor(diagnosis: Diagnosis): Remedy {
  const { error, rules, onBroken } = diagnosis;
  const classification = classify(error);
  // A rule for everything must not give up on messages while the inbox is out of reach.
  const rule = isNotTheMessage(error) ? undefined : findRule(rules, diagnosis, onBroken);
  return rule ? decided(rule.outcome, diagnosis, classification) : automatic(classification);
}

function automatic({ kind, ...classification }: Classification): Remedy {
  if (kind === 'permanent') return { kind: 'park', reason: 'HANDLER_PERMANENT', aside: false };
  return { ...classification, kind: kind === 'busy' ? 'busy' : 'charge' };
}

function decided(outcome: ErrorOutcome, diagnosis: Diagnosis, classification: Classification): Remedy {
  const { kind: _, ...what } = classification;
  switch (outcome.kind) {
    case 'retry':
      return { ...what, ...outcome, kind: 'charge' };
    case 'retryNow':
      if (diagnosis.mayRunAnew && diagnosis.turn < outcome.times) return { kind: 'anew' };
      return outcome.orElse ? decided(outcome.orElse, diagnosis, classification) : automatic(classification);
    case 'deadLetter':
      return { kind: 'park', reason: 'HANDLER_PERMANENT', aside: false };
    case 'park':
      return { ...outcome, reason: 'HANDLER_PARKED', aside: true };
    case 'discard':
      return outcome;
    case 'pause':
      return { ...outcome, ...(what.retryAfterMs !== undefined && { askedMs: what.retryAfterMs }) };
  }
}
