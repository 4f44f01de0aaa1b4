import { PosthasteError } from '../core/errors.ts';
import type { Item, WriteSite } from './unit-of-work.ts';

/**
 * The condition of one of the unit's own writes did not hold, so nothing was written. Code `UNIT_CONDITION_FAILED`.
 * Retryable: whoever runs the work again reads the present state first.
 */
export class UnitConditionError extends PosthasteError {
  readonly write: WriteSite;
  /** The item as it was when the condition failed, if it existed. */
  readonly existing: Item | undefined;

  constructor(write: WriteSite, existing: Item | undefined) {
    super(`nothing was written: the condition (${write.condition ?? 'none'}) of the ${describe(write)} does not hold`, {
      code: 'UNIT_CONDITION_FAILED',
      retryable: true,
    });
    this.write = write;
    this.existing = existing;
  }
}

/** The unit is larger than one transaction, one item or one message may be. Code `UNIT_LIMIT`. Nothing was written. */
export class UnitLimitError extends PosthasteError {
  constructor(message: string) {
    super(message, { code: 'UNIT_LIMIT' });
  }
}

/** A write cannot be what it says: a key attribute is missing, a value is of no DynamoDB type, an item is written twice. Code `UNIT_WRITE_INVALID`. */
export class UnitWriteError extends PosthasteError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'UNIT_WRITE_INVALID' });
  }
}

/** The unit sends a message, but nothing that stores messages was given. Code `OUTBOX_MISSING`; repaired by a deployment. */
export class OutboxMissingError extends PosthasteError {
  constructor(type: string) {
    super(`the unit sends ${type}, but has no outbox to store it in: give this consumer an outbox`, { code: 'OUTBOX_MISSING' });
  }
}

/** The unit was used after its commit began: a write would have been lost, a second commit would write twice. Code `UNIT_SEALED`. */
export class UnitSealedError extends PosthasteError {
  constructor(unitId: string, detail = 'await every write before the handler returns, or before you commit') {
    super(`unit ${unitId} is sealed, its commit has begun: ${detail}`, { code: 'UNIT_SEALED' });
  }
}

/** A message would be one hop too far from its first cause: two handlers probably answer each other. Code `HOPS_EXCEEDED`; permanent. */
export class HopsExceededError extends PosthasteError {
  readonly hops: number;

  constructor(type: string, hops: number, allowed: number) {
    super(`${type} would be hop ${hops} of its chain, at most ${allowed} are allowed: look for handlers that answer each other`, {
      code: 'HOPS_EXCEEDED',
    });
    this.hops = hops;
  }
}

/** Conflicts or throttles outlasted the retries; nothing was written. Code `UNIT_CONTENDED`. */
export class UnitContendedError extends PosthasteError {
  constructor(detail: string, options?: ErrorOptions) {
    super(`nothing was written: ${detail} outlasted the retries; try again later`, { ...options, code: 'UNIT_CONTENDED', retryable: true });
  }
}

/**
 * It cannot be told whether the unit was written. Code `UNIT_UNKNOWN`. With an idempotency key, and in a consumer, it is retryable: trying
 * again finds out. Without one it is not, for another try might write everything twice.
 */
export class UnitUnknownError extends PosthasteError {
  constructor({ guarded, ...options }: ErrorOptions & { readonly guarded: boolean }) {
    const advice = guarded ? 'try again to find out' : 'read what it wrote to find out, and commit with an idempotency key';
    super(`the answer of DynamoDB was lost and could not be asked for again: the unit may or may not be written; ${advice}`, {
      ...options,
      code: 'UNIT_UNKNOWN',
      retryable: guarded,
    });
  }
}

/** DynamoDB refused the caller, not the unit: no permission, no such table. Code `UNIT_DENIED`. Nothing was written. */
export class UnitDeniedError extends PosthasteError {
  constructor(options: ErrorOptions) {
    const detail = options.cause instanceof Error ? options.cause.message : String(options.cause);
    super(`nothing was written: DynamoDB refused the call: ${detail}`, { ...options, code: 'UNIT_DENIED', retryable: true });
  }
}

/** A write in words, e.g. `put into orders {"id":"42"}`. */
export function describe(write: WriteSite): string {
  const preposition = { put: 'put into', update: 'update of', delete: 'delete from', check: 'check of' }[write.kind];
  return `${preposition} ${write.table} ${JSON.stringify(write.key, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`;
}
