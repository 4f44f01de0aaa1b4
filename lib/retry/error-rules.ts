import { type ErrorOutcome, isErrorOutcome, type RetryNowOutcome } from './error-outcome.ts';
import { RetryConfigError } from './retry.errors.ts';
import { shown } from './shown.ts';

/** A class of errors. */
export type ErrorClass = abstract new (...args: never[]) => unknown;

/** Which failures a rule is for: a class, or a pattern. */
export type ErrorMatch = ErrorClass | ErrorPattern;

/** What is given must all hold. */
export interface ErrorPattern {
  /** The error is an instance of it. */
  readonly class?: ErrorClass;
  /** Its own `code`, of this library, of Node.js or of a handler, e.g. `CARD_EXPIRED` or `ECONNREFUSED`. */
  readonly code?: string;
  /** Its `name`, e.g. `ResourceNotFoundException`. */
  readonly name?: string;
  /** One of the causes behind it matches. */
  readonly cause?: ErrorMatch;
  /** Says it itself. Give it a name: the schedule is printed with it. One that throws does not match. */
  readonly when?: (error: unknown) => boolean;
  /** Only for messages of this type, by definition or wire name. */
  readonly type?: string | { readonly name: string };
}

/** One rule, made by `errorRule`. */
export interface ErrorRule {
  readonly match: ErrorMatch;
  readonly outcome: ErrorOutcome;
}

/**
 * What becomes of a message whose handling failed in a certain way. Rules are asked in their order, those of the handler before those of the
 * consumer, and the first that matches decides; without one, what the library knows of errors does. They are asked about what handlers throw
 * and about units that were refused, never about failures to reach the inbox. A rule behind one that matches all it does, such as
 * `errorRule(Error, …)`, is refused with its list, at synth and at start. Throws `RetryConfigError` (code `RETRY_CONFIG`) for a pattern that
 * names nothing, and for what is no pattern or no outcome.
 *
 * @example
 * const errors = [
 *   errorRule({ code: 'CARD_EXPIRED' }, deadLetter()),
 *   errorRule({ cause: { code: 'ECONNREFUSED' }, type: OrderPlaced }, pause(60_000)),
 *   errorRule(CarrierClosed, retry(linear({ stepMs: 600_000 }), { attempts: 8 })),
 * ];
 */
export function errorRule(match: ErrorMatch, outcome: ErrorOutcome): ErrorRule {
  if (!isErrorMatch(match)) {
    throw new RetryConfigError(
      `an error rule matches by ${shown(match)}; it matches by a class, or by a pattern such as { code: 'CARD_EXPIRED' }`,
    );
  }
  assertSays(match);
  if (!isErrorOutcome(outcome)) {
    throw new RetryConfigError(
      `the outcome of an error rule is ${shown(outcome)}; it is what retry(), retryNow(), deadLetter(), park(), discard() or pause() gives`,
    );
  }
  return { match, outcome };
}

/** What stands in a list of rules and was not made by `errorRule`, as an error shows it, with its place from 0; undefined when all are rules. */
export function strangerAmong(rules: readonly unknown[]): { readonly index: number; readonly text: string } | undefined {
  const index = rules.findIndex((rule) => {
    const { match, outcome } = (typeof rule === 'object' && rule !== null ? rule : {}) as {
      readonly match?: unknown;
      readonly outcome?: unknown;
    };
    return !(isErrorMatch(match) && isErrorOutcome(outcome));
  });
  return index === -1 ? undefined : { index, text: shown(rules[index]) };
}

const isErrorMatch = (match: unknown): match is ErrorMatch =>
  typeof match === 'function' || (typeof match === 'object' && match !== null && !Array.isArray(match));

const MEMBERS = ['class', 'code', 'name', 'cause', 'when', 'type'];

function assertSays(match: ErrorMatch): void {
  if (typeof match === 'function') return;
  const given = Object.entries(match).filter(([, value]) => value !== undefined);
  const unknown = given.filter(([name]) => !MEMBERS.includes(name)).map(([name]) => name);
  if (unknown.length > 0) throw new RetryConfigError(`an error rule matches by ${unknown.join(', ')}; it matches by ${MEMBERS.join(', ')}`);
  if (given.length === 0) throw new RetryConfigError('an error rule matches by nothing; to match every error say so: errorRule(Error, …)');
  if (match.cause !== undefined) assertSays(match.cause);
}

/** A failure, as rules see it. */
export interface Failing {
  readonly error: unknown;
  /** Wire name of the message. */
  readonly type: string;
}

/** The first rule that matches. A predicate that throws is told to `onBroken` and does not match. */
export function findRule(rules: readonly ErrorRule[], failing: Failing, onBroken: (error: unknown) => void): ErrorRule | undefined {
  return rules.find(({ match }) => {
    try {
      return matches(match, failing);
    } catch (error) {
      onBroken(error);
      return false;
    }
  });
}

function matches(match: ErrorMatch, { error, type }: Failing): boolean {
  if (typeof match === 'function') return error instanceof match;
  if (match.class !== undefined && !(error instanceof match.class)) return false;
  if (match.code !== undefined && memberOf(error, 'code') !== match.code) return false;
  if (match.name !== undefined && memberOf(error, 'name') !== match.name) return false;
  if (match.type !== undefined && typeName(match.type) !== type) return false;
  const { cause, when } = match;
  if (cause !== undefined && !causesOf(error).some((behind) => matches(cause, { error: behind, type }))) return false;
  return when === undefined || when(error);
}

/** What a rule comes to in the end: that of `retryNow` when it did not help, if it says. */
export function lastOutcome({ outcome }: ErrorRule): Exclude<ErrorOutcome, RetryNowOutcome> | undefined {
  return outcome.kind === 'retryNow' ? outcome.orElse : outcome;
}

/** The attempts that a rule allows by itself, or 0. */
export function attemptsOf(rule: ErrorRule): number {
  const outcome = lastOutcome(rule);
  return outcome?.kind === 'retry' ? (outcome.attempts ?? 0) : 0;
}

/** The wire name that a pattern gives. */
export function typeName(type: string | { readonly name: string }): string {
  return typeof type === 'string' ? type : type.name;
}

function memberOf(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined;
}

const MAX_CAUSES = 16;

function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let cause = memberOf(error, 'cause'); cause !== undefined && causes.length < MAX_CAUSES; cause = memberOf(cause, 'cause'))
    causes.push(cause);
  return causes;
}
