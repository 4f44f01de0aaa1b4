import { type Clock, systemClock } from '../core/clock.ts';
import { requiredEnv } from '../core/env.ts';
import type { PosthasteError } from '../core/errors.ts';
import { deriveId, type Ids, systemIds } from '../core/ids.ts';
import { type Rng, systemRng } from '../core/rng.ts';
import type { Message } from '../message/message.ts';
import { type Committer, createCommitter } from '../unit-of-work/commit.ts';
import { createUnit, renameUnit } from '../unit-of-work/create-unit.ts';
import { sharedDynamoDb } from '../unit-of-work/shared-client.ts';
import type { DynamoDbSender } from '../unit-of-work/unit-of-work.dynamodb.ts';
import type { UnitConditionError } from '../unit-of-work/unit-of-work.errors.ts';
import {
  COMMIT_ATTRIBUTE,
  type CollectedUnit,
  type Guard,
  type OutgoingWriter,
  type Table,
  type UnitOfWork,
} from '../unit-of-work/unit-of-work.ts';
import { commitFingerprint } from './commit-fingerprint.ts';
import { type CommitGate, createCommitGate } from './commit-gate.ts';
import { COMMIT_MARKER_RETENTION_DAYS, OUTBOX_ATTRIBUTES, OUTBOX_ENV } from './outbox.contract.ts';
import { createOutboxStore } from './outbox.dynamodb.ts';
import { IdempotencyKeyEmptyError, IdempotencyKeyPendingError, IdempotencyKeyReusedError } from './outbox.errors.ts';
import { planRows } from './plan-rows.ts';
import { markerKey, outboxTable } from './row.ts';

/** What `createOutbox` takes; on a function that the `Outbox` construct let commit, nothing is needed. */
export interface OutboxOptions {
  /** @default - one DynamoDB client per process, whose calls are tried once; the outbox retries itself */
  readonly client?: DynamoDbSender;
  /** The outbox table's name. @default - from the environment, where the construct puts it */
  readonly table?: string;
  /** The CloudEvents source of every message, a URI reference. @default - from the environment */
  readonly source?: string;
  /** @default - real time */
  readonly clock?: Clock;
  readonly rng?: Rng;
  readonly ids?: Ids;
}

/** Where a unit stands that no consumer started, e.g. one HTTP request. */
export interface OutboxUnitContext {
  /** The message that is being handled, if there is one. */
  readonly cause?: Message;
  readonly correlationId?: string;
  readonly tenant?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
}

/** How one unit commits. */
export interface OutboxCommitOptions {
  /**
   * Names the work: a second commit under the same key, from this source, within 60 days writes nothing and answers `duplicate`. Costs
   * one more write. Without it a commit whose answer was lost for good throws `UNIT_UNKNOWN`, and only you can tell what happened.
   */
  readonly idempotencyKey?: string;
  /**
   * What is compared when the key comes again, as JSON; pass the caller's request when writes or messages hold times or random values.
   * @default - the unit's writes and messages
   */
  readonly request?: unknown;
  /** No try starts after this time in epoch milliseconds. @default - a few seconds of retries */
  readonly deadline?: number;
}

/** What a commit did. */
export interface CommitResult {
  /** `duplicate`: an earlier commit under the same idempotency key has written exactly this. */
  readonly status: 'committed' | 'duplicate';
  readonly unitId: string;
  readonly messages: readonly { readonly id: string; readonly type: string }[];
}

/** A unit of work that its owner commits. */
export interface OutboxUnit extends UnitOfWork {
  /**
   * Writes everything in one transaction, or nothing. Throws `UnitConditionError` when one of your conditions does not hold,
   * `IdempotencyKeyReusedError`, `IdempotencyKeyPendingError`, `UnitLimitError` or `UnitWriteError` for a unit that cannot be written,
   * `UnitContendedError` or `UnitDeniedError` when nothing was written for now, `UnitUnknownError` when that cannot be told. After one of
   * the last three it may be called again, after `UnitUnknownError` only under the same idempotency key; any other second call throws
   * `UnitSealedError`.
   */
  commit(options?: OutboxCommitOptions): Promise<CommitResult>;
}

/** Commits business writes and messages together; also stores what consumers send. */
export interface Outbox extends OutgoingWriter {
  /** An empty unit of work. */
  unit(context?: OutboxUnitContext): OutboxUnit;
}

/**
 * Makes an outbox. What a unit publishes leaves after its commit, whatever becomes of this process; what is not committed never leaves.
 *
 * @example
 * const outbox = createOutbox();
 * const unit = outbox.unit();
 * unit.put(orders, { id: order.id, total: order.total }, { expression: 'attribute_not_exists(id)' });
 * unit.publish(OrderPlaced, { orderId: order.id, total: order.total, country: 'NL' });
 * await unit.commit({ idempotencyKey: request.headers['idempotency-key'] });
 */
export function createOutbox(options: OutboxOptions = {}): Outbox {
  const { clock = systemClock, rng = systemRng, ids = systemIds } = options;
  const client = options.client ?? sharedDynamoDb();
  const table = outboxTable(options.table ?? requiredEnv(OUTBOX_ENV.table, 'Outbox.grantCommit'));
  const source = options.source ?? requiredEnv(OUTBOX_ENV.source, 'Outbox.grantCommit');
  const store = createOutboxStore({ client, table: table.name, clock, rng });
  const writer: OutgoingWriter = {
    async plan(units) {
      const keys = new Set(units.flatMap((unit) => unit.messages.flatMap((message) => message.key ?? [])));
      const heads = keys.size === 0 ? new Map<string, number>() : await store.readHeads([...keys]);
      return planRows({ units, table, heads });
    },
  };
  const committing: Committing = { committer: createCommitter({ client, clock, rng, ids, outgoing: writer }), table, source, clock, ids };
  return {
    ...writer,
    unit(context = {}) {
      const unit = createUnit({ ...context, unitId: ids.next(), source, time: clock.now() });
      const gate = createCommitGate(unit.unitId);
      return { ...unit, commit: (commitOptions = {}) => commitUnit({ ...committing, gate }, unit, commitOptions) };
    },
  };
}

interface Committing {
  readonly committer: Committer;
  readonly table: Table;
  readonly source: string;
  readonly clock: Clock;
  readonly ids: Ids;
}

interface UnitCommitting extends Committing {
  readonly gate: CommitGate;
}

async function commitUnit(deps: UnitCommitting, collected: CollectedUnit, options: OutboxCommitOptions): Promise<CommitResult> {
  const { idempotencyKey, deadline } = options;
  if (idempotencyKey === '') throw new IdempotencyKeyEmptyError();
  const fingerprint = idempotencyKey === undefined ? '' : commitFingerprint(collected, options.request);
  collected.seal();
  const token = deps.ids.next();
  const unit = idempotencyKey === undefined ? collected : renameUnit(collected, deriveId('unit', deps.source, idempotencyKey));
  const guards = idempotencyKey === undefined ? [] : [marker(deps, unit.unitId, { token, fingerprint })];
  const request = { unit, guards, token, ...(deadline !== undefined && { deadline }) };
  const outcome = await deps.gate.pass(idempotencyKey, () => deps.committer.commit(request));
  if (outcome.status === 'guardFailed') {
    if (outcome.existing?.[OUTBOX_ATTRIBUTES.fingerprint] !== fingerprint) throw new IdempotencyKeyReusedError(idempotencyKey ?? '');
  } else if (outcome.status !== 'committed') throw refusalOf(outcome.error, { unitId: unit.unitId, idempotencyKey });
  return {
    status: outcome.status === 'committed' ? 'committed' : 'duplicate',
    unitId: unit.unitId,
    messages: unit.messages.map(({ id, type }) => ({ id, type })),
  };
}

/** A message in the place of one of ours is of an earlier commit under the same key; no condition of the caller's failed. */
function refusalOf(
  error: PosthasteError,
  { unitId, idempotencyKey }: { readonly unitId: string; readonly idempotencyKey: string | undefined },
): PosthasteError {
  const { write } = error as Partial<UnitConditionError>;
  if (idempotencyKey === undefined || write?.key[OUTBOX_ATTRIBUTES.pk] !== markerKey(unitId).pk) return error;
  return new IdempotencyKeyPendingError(idempotencyKey, { cause: error, retentionDays: COMMIT_MARKER_RETENTION_DAYS });
}

// The condition decides expiry, not DynamoDB's clock-driven deletion, which comes days late ("Time to Live").
function marker(
  { table, clock }: Committing,
  unitId: string,
  { token, fingerprint }: { readonly token: string; readonly fingerprint: string },
): Guard {
  const seconds = Math.floor(clock.now() / 1_000);
  const expiresAt = seconds + COMMIT_MARKER_RETENTION_DAYS * 86_400;
  return {
    kind: 'put',
    table,
    item: {
      ...markerKey(unitId),
      [COMMIT_ATTRIBUTE]: token,
      [OUTBOX_ATTRIBUTES.fingerprint]: fingerprint,
      [OUTBOX_ATTRIBUTES.expiresAt]: expiresAt,
    },
    condition: {
      expression: 'attribute_not_exists(#pk) OR #expiresAt < :now',
      names: { '#pk': OUTBOX_ATTRIBUTES.pk, '#expiresAt': OUTBOX_ATTRIBUTES.expiresAt },
      values: { ':now': seconds },
    },
  };
}
