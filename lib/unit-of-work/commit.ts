import { type Clock, sleep } from '../core/clock.ts';
import { isPosthasteError } from '../core/errors.ts';
import { deriveId, type Ids } from '../core/ids.ts';
import type { Rng } from '../core/rng.ts';
import { awsFailure } from '../retry/aws-failure.ts';
import type { RetryPolicy } from '../retry/policy.ts';
import { delayOf } from '../retry/policy-delay.ts';
import type { PackOutcome, UnitOutcome } from './outcome.ts';
import { prepareWrite } from './prepared-write.ts';
import { planTransaction, type TransactionParts, type TransactionPlan } from './transaction-plan.ts';
import { type DynamoDbSender, readItem, type TransactOutcome, transact, writeOne } from './unit-of-work.dynamodb.ts';
import { UnitContendedError, UnitDeniedError, UnitUnknownError } from './unit-of-work.errors.ts';
import { COMMIT_ATTRIBUTE, type CollectedUnit, type Guard, type OutgoingWriter } from './unit-of-work.ts';
import { judge, type Verdict } from './verdict.ts';

/** What a committer works with. */
export interface CommitterDeps {
  readonly client: DynamoDbSender;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly ids: Ids;
  /** Stores the units' messages. @default - units that send are refused as invalid */
  readonly outgoing?: OutgoingWriter;
}

/** One unit to commit. */
export interface CommitRequest {
  readonly unit: CollectedUnit;
  /** Put in front of the unit's writes. Each carries `token` in its `COMMIT_ATTRIBUTE`, by which an own earlier success is known. */
  readonly guards: readonly Guard[];
  /** A commit under the same token that certainly failed was before it, with other content; counts them. @default 0 */
  readonly turn?: number;
  /** Names this commit; fresh for each. @default - a fresh id, for commits without guards */
  readonly token?: string;
  /** No try starts, and no wait ends, after this time in epoch milliseconds. */
  readonly deadline?: number;
}

/** Commits units of work. */
export interface Committer {
  /** All of the unit or nothing of it. Never throws for what DynamoDB answers. */
  commit(request: CommitRequest): Promise<UnitOutcome>;
  /**
   * All of the units in one transaction, or none. Every request has a guard and a token, and no two share an item or an ordering key.
   * After anything but `committed` commit each alone: should the pack have been written after all, its guards say so.
   */
  commitPack(requests: readonly CommitRequest[]): Promise<PackOutcome>;
}

const MAX_TRIES = 7;
const MAX_READS = 3;
const BACKOFF: RetryPolicy = { kind: 'exponential', baseMs: 25, factor: 2, capMs: 1_000, jitter: 'full' };

// A client token is good for 10 minutes, then the same call is a new one ("TransactWriteItems" API reference); a minute of margin.
const TOKEN_WINDOW_MS = 9 * 60_000;

/**
 * Makes a committer. Conflicts and throttles are retried with full jitter; an answer that was lost is asked for again under the same
 * client token, and finally by reading the guard, so a commit is never taken for a failure or done twice.
 *
 * @example
 * const committer = createCommitter({ client, clock: systemClock, rng: systemRng, ids: systemIds, outgoing: outbox });
 * const outcome = await committer.commit({ unit, guards: [marker], token, deadline: clock.now() + 5_000 });
 */
export function createCommitter(deps: CommitterDeps): Committer {
  return {
    commit(request) {
      request.unit.seal();
      const token = request.token ?? deps.ids.next();
      const { guards, unit, deadline = Number.POSITIVE_INFINITY } = request;
      return settle(deps, { guards, units: [unit], token, turn: request.turn ?? 0, guardTokens: guards.map(() => token), deadline });
    },
    async commitPack(requests) {
      const outcome = await settle(deps, {
        guards: requests.flatMap((request) => request.guards),
        units: requests.map((request) => request.unit),
        guardTokens: requests.flatMap((request) => request.guards.map(() => request.token ?? '')),
        token: deriveId('pack', ...requests.map((request) => request.token ?? '')),
        turn: 0,
        deadline: Math.min(...requests.map((request) => request.deadline ?? Number.POSITIVE_INFINITY)),
      });
      return outcome.status === 'committed' || outcome.status === 'contended' || outcome.status === 'unknown'
        ? outcome.status
        : 'cancelled';
    },
  };
}

interface Commit extends TransactionParts {
  readonly token: string;
  readonly turn: number;
  /** What each guard carries, in their order. */
  readonly guardTokens: readonly string[];
  readonly deadline: number;
}

interface Doubt {
  readonly error: unknown;
}

/** The last net: an answer that nobody foresaw leaves the outcome open; it never throws past the units that wait for it. */
async function settle(deps: CommitterDeps, commit: Commit): Promise<UnitOutcome> {
  try {
    return await settleOrThrow(deps, commit);
  } catch (error) {
    return { status: 'unknown', error: new UnitUnknownError({ cause: error, guarded: commit.guards.length > 0 }) };
  }
}

async function settleOrThrow(deps: CommitterDeps, commit: Commit): Promise<UnitOutcome> {
  const stopAt = Math.min(commit.deadline, deps.clock.now() + TOKEN_WINDOW_MS);
  let plan: TransactionPlan | undefined;
  let plans = 0;
  let doubt: Doubt | undefined;
  let last: Pick<Extract<Verdict, { why: string }>, 'why' | 'error'> = { why: 'the deadline', error: undefined };

  for (let attempt = 1; deps.clock.now() < stopAt; attempt += 1) {
    // 1. Lay the transaction out; again only when the heads of its keys have moved.
    const planned: Planned = plan === undefined ? await tryPlan(deps, commit) : { plan };
    if ('plan' in planned && plan === undefined) plans += 1;
    plan = 'plan' in planned ? planned.plan : undefined;
    // 2. Try it, under a token that stays the same for as long as the content does.
    const verdict =
      'verdict' in planned
        ? planned.verdict
        : judge(await send(deps.client, planned.plan, contentToken(commit, plans)), planned.plan, commit.guardTokens);
    // 3. Decide.
    if (verdict.next === 'done') {
      if (doubt === undefined || verdict.outcome.status !== 'denied') return verdict.outcome;
      break;
    }
    if (verdict.next === 'replan') plan = undefined;
    else if (verdict.ambiguous) doubt = { error: verdict.error };
    last = verdict;
    const wait = delayOf(BACKOFF, attempt, deps.rng);
    if (attempt === MAX_TRIES || deps.clock.now() + wait >= stopAt) break;
    await sleep(deps.clock, wait);
  }
  if (doubt !== undefined) return resolveDoubt(deps, commit, doubt);
  return { status: 'contended', error: new UnitContendedError(last.why, { cause: last.error }) };
}

type Planned = { readonly plan: TransactionPlan } | { readonly verdict: Verdict };

async function tryPlan(deps: CommitterDeps, commit: Commit): Promise<Planned> {
  try {
    return { plan: await planTransaction(commit, deps.outgoing) };
  } catch (error) {
    if (isPosthasteError(error) && !error.retryable) return { verdict: { next: 'done', outcome: { status: 'invalid', error } } };
    if (awsFailure(error) === 'denied')
      return { verdict: { next: 'done', outcome: { status: 'denied', error: new UnitDeniedError({ cause: error }) } } };
    // Planning only reads: whatever failed, nothing was written.
    return { verdict: { next: 'retry', why: 'failing reads of the outbox', error, ambiguous: false } };
  }
}

/** A client token stands for one content: each plan of each turn has its own. */
function contentToken({ token, turn }: Commit, plans: number): string {
  return turn === 0 ? deriveId(token, String(plans)) : deriveId(token, String(turn), String(plans));
}

// A marker on its own needs no transaction: half the write units. Anything else might, without a client token, be applied twice.
function send(client: DynamoDbSender, plan: TransactionPlan, token: string): Promise<TransactOutcome> {
  const [only] = plan.guards;
  if (plan.all.length === 0) return Promise.resolve({ status: 'committed' });
  return plan.all.length === 1 && only !== undefined ? writeOne(client, only) : transact(client, plan.all, token);
}

// The guard knows: if it carries our token, the transaction it was part of was written. If it does not, a request that is still on
// its way may yet arrive, so the answer stays open.
async function resolveDoubt(deps: CommitterDeps, { guards, guardTokens, deadline }: Commit, doubt: Doubt): Promise<UnitOutcome> {
  const [guard] = guards;
  const unknown: UnitOutcome = { status: 'unknown', error: new UnitUnknownError({ cause: doubt.error, guarded: guard !== undefined }) };
  if (guard === undefined) return unknown;
  for (let attempt = 1; attempt <= MAX_READS; attempt += 1) {
    try {
      const existing = await readItem(deps.client, prepareWrite(guard));
      return existing?.[COMMIT_ATTRIBUTE] === guardTokens[0] ? { status: 'committed' } : unknown;
    } catch {
      const wait = delayOf(BACKOFF, attempt, deps.rng);
      if (deps.clock.now() + wait >= deadline) return unknown;
      await sleep(deps.clock, wait);
    }
  }
  return unknown;
}
