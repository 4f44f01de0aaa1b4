import type { Clock } from '../core/clock.ts';
import { isPosthasteError, messageOf } from '../core/errors.ts';
import { mapConcurrent } from '../core/map-concurrent.ts';
import type { Failure, FailureAudit } from '../dlq/failure.ts';
import type { FailureStore, Settlement } from '../dlq/failure-store.ts';
import type { ConsumerEntry } from '../topology/topology.contract.ts';
import { renewedCopy } from './edited-copy.ts';
import { batchOf, type Pace } from './rate.ts';
import { agreedRuns, isAgreed, reopen } from './redrive.again.ts';
import { allLater, endingUnsent, type Halt, later, left, type Worked, workedBy } from './redrive.ending.ts';
import type { InboxStanding, RedriveInbox } from './redrive.inbox.ts';
import { verdictOn } from './redrive.plan.ts';
import type { RedriveRow } from './redrive.rows.ts';
import type { Letter, RedriveQueue } from './redrive.sqs.ts';
import { type Ending, endingOf, renewedAs, resultOf, type Tally, tallyOf } from './redrive.tally.ts';

/** What working a batch needs. */
export interface BatchDeps {
  readonly failures: FailureStore;
  readonly inbox: RedriveInbox;
  readonly queue: RedriveQueue;
  readonly clock: Clock;
}

/** The redrive that a batch is part of. */
export interface BatchRun {
  readonly redrive: RedriveRow;
  readonly consumers: ReadonlyMap<string, ConsumerEntry>;
  readonly pace: Pace;
  /** No call starts after this time, in epoch milliseconds. */
  readonly until: number;
}

/** A batch as far as it came. */
export interface BatchResult extends Tally {
  readonly halt?: Halt;
  /** Consumers of what has no ending. */
  readonly waiting?: readonly string[];
}

/** What is ready to be claimed, and what is left without. */
export interface Ready {
  readonly failures: readonly Failure[];
  readonly left: Tally;
}

/** Decides about each failure; one that is renewed is replaced by its copy first. */
export async function readied(deps: BatchDeps, run: BatchRun, failures: readonly Failure[]): Promise<Ready> {
  const ready: Failure[] = [];
  const left: Ending[] = [];
  for (const failure of failures) {
    const verdict = verdictOn(failure, run.redrive, run.consumers.get(failure.consumer), deps.clock.now());
    if (verdict.kind === 'leave') left.push({ ...verdict, kind: 'left' });
    else if (verdict.kind === 'send') ready.push(failure);
    else if (verdict.kind === 'renew') {
      const renewed = await renew(deps, run, failure);
      if ('copy' in renewed) ready.push(renewed.copy);
      else left.push(renewed.left);
    }
  }
  return { failures: ready, left: tallyOf(left) };
}

type Renewed = { readonly copy: Failure } | { readonly left: Ending };

async function renew({ failures, clock }: BatchDeps, { redrive }: BatchRun, failure: Failure): Promise<Renewed> {
  const body = await readBody(failures, failure);
  if (typeof body !== 'string') return { left: body };
  const copy = renewedCopy({ failure, body }, redrive.startedAt);
  if (copy === undefined)
    return { left: { kind: 'left', reason: 'TOO_OLD', because: 'its body is no envelope, which has no time to renew' } };
  const audit = { ...auditOf(redrive, clock), action: 'renew' as const, result: renewedAs(copy.id) };
  try {
    return { copy: await failures.replace(failure, copy, audit) };
  } catch (error) {
    if (!isPosthasteError(error, 'FAILURE_CHANGED')) throw error;
    return { left: { kind: 'left', reason: 'HELD', because: messageOf(error) } };
  }
}

/** Claims failures, sends them back unless they are done, and settles them: sent before settled, so that a crash sends twice and loses nothing. */
export async function sendBack(deps: BatchDeps, run: BatchRun, failures: readonly Failure[]): Promise<BatchResult> {
  const runAgainAfter = await agreedRuns({ ...deps, ...run }, failures);
  const { applied } = await deps.failures.claim(failures, run.redrive.id, { until: run.until, runAgainAfter });
  const claimed = new Map(applied.map((failure) => [failure.id, failure]));
  return finish(
    deps,
    run,
    failures.flatMap(({ id }) => claimed.get(id) ?? []),
  );
}

/** The part behind the claim; also for what another runner has claimed and not finished. */
export async function finish(deps: BatchDeps, run: BatchRun, claimed: readonly Failure[]): Promise<BatchResult> {
  const worked: Worked[] = [];
  for (const [name, failures] of Map.groupBy(claimed, ({ consumer }) => consumer)) {
    const consumer = run.consumers.get(name);
    // What one consumer's inbox does not answer is no reason to send another's twice.
    const ended = consumer && finishOf(deps, { ...run, consumer }, failures).catch(allLater(failures));
    worked.push(...((await ended) ?? failures.map(gone)));
  }
  const settlements = worked.flatMap(({ failure, ending }) => (ending ? settlementOf(failure, ending, run.redrive, deps.clock) : []));
  const denied = worked.filter(({ halt }) => halt?.kind === 'denied');
  if (denied.length > 0) await release(deps, run, denied);
  const overtaken = settlements.length > 0 ? (await deps.failures.settle(settlements, { until: run.until })).refused : [];
  const busy = worked.filter((one) => one.halt?.kind === 'busy');
  // What is busy is claimed still: that comes before what was taken back.
  const halt = (busy[0] ?? denied[0])?.halt;
  const onFile = new Map(await Promise.all(overtaken.map(async ({ id }) => [id, await endingOnFile(deps, run, id)] as const)));
  // Overtaken, and nothing on file: another runner has taken the claim back, and it comes again.
  const endings = worked.flatMap(({ failure, ending }) => (onFile.has(failure.id) ? onFile.get(failure.id) : ending) ?? []);
  return { ...tallyOf(endings), ...(halt && { halt, waiting: busy.map(({ failure }) => failure.consumer) }) };
}

// A try before the one that was denied may have been taken, its answer lost: that a claim was taken back is on file, whatever came of it.
async function release({ failures, clock }: BatchDeps, { redrive, until }: BatchRun, denied: readonly Worked[]): Promise<void> {
  // It was selected by how it stood.
  const status = redrive.where.status === 'parked' ? 'parked' : 'open';
  const result = `taken back, sent only if an answer of SQS was lost: ${denied[0]?.halt?.because}`;
  const audit = { ...auditOf(redrive, clock), action: 'release' as const, result };
  await failures.release(
    denied.map(({ failure }) => failure),
    { status, audit },
    { until },
  );
}

/** What came of a failure in this redrive, as its audit says: another runner may have been first, and found it to stand differently. */
export async function endingOnFile({ failures }: BatchDeps, { redrive }: BatchRun, id: string): Promise<Ending | undefined> {
  const audits = await failures.audits(id);
  const audit = audits.find(({ redriveId, action }) => redriveId === redrive.id && action === 'redrive');
  return audit && endingOf(audit.result);
}

/** Puts on file that failures were sent which have failed again since: they stay as they stand. */
export async function settleAsSent(deps: BatchDeps, { redrive, until }: BatchRun, failures: readonly Failure[]): Promise<void> {
  const settlements = failures.map((failure) => settlementOf(failure, { kind: 'sent' }, redrive, deps.clock));
  await deps.failures.settle(settlements, { until });
}

function settlementOf(failure: Failure, ending: Ending, redrive: RedriveRow, clock: Clock): Settlement {
  const agreed = isAgreed(redrive, failure) && { runAgain: true as const };
  const audit = { ...auditOf(redrive, clock), action: 'redrive' as const, failureId: failure.id, result: resultOf(ending), ...agreed };
  return { failure, status: STATUS_OF[ending.kind], audit };
}

const STATUS_OF = { sent: 'redriven', alreadyDone: 'done', left: 'open' } as const;

interface ConsumerRun extends BatchRun {
  readonly consumer: ConsumerEntry;
}

/** Messages in one call. */
const BATCH = 10;
/** Calls under way at a time, where no order is to be kept. */
const MAX_IN_FLIGHT = 5;

async function finishOf(deps: BatchDeps, run: ConsumerRun, failures: readonly Failure[]): Promise<Worked[]> {
  const ids = failures.flatMap(({ messageId }) => messageId ?? []);
  const standings = ids.length === 0 ? new Map<string, InboxStanding>() : await deps.inbox.look(run.consumer, ids, run.until);
  const worked: Worked[] = [];
  const sendable: Failure[] = [];
  for (const failure of failures) {
    const ending = endingUnsent(failure, failure.messageId === undefined ? undefined : standings.get(failure.messageId));
    if (ending === undefined) sendable.push(failure);
    else worked.push({ failure, ending });
  }
  return [...worked, ...(await sentOf(deps, run, sendable))];
}

// Bodies are read when their batch is next, each of them a call and maybe a megabyte: of fifty at most at a time.
async function sentOf(deps: BatchDeps, run: ConsumerRun, failures: readonly Failure[]): Promise<Worked[]> {
  const size = Math.min(BATCH, batchOf(run.redrive.options.rate));
  const batches = Array.from({ length: Math.ceil(failures.length / size) }, (_, index) => failures.slice(index * size, (index + 1) * size));
  let halt: Halt | undefined;
  const worked = await mapConcurrent(batches, run.consumer.ordered ? 1 : MAX_IN_FLIGHT, async (batch): Promise<Worked[]> => {
    const ended = halt
      ? batch.map((failure): Worked => ({ failure, halt: halt as Halt }))
      : await sentBatch(deps, run, batch).catch(allLater(batch));
    halt ??= ended.find((one) => one.halt !== undefined && (run.consumer.ordered || !one.halt.isAlone))?.halt;
    return ended;
  });
  return worked.flat();
}

async function sentBatch(deps: BatchDeps, run: ConsumerRun, failures: readonly Failure[]): Promise<Worked[]> {
  const worked: Worked[] = [];
  const letters: Letter[] = [];
  let halt: Halt | undefined;
  for (const read of await mapConcurrent(failures, BATCH, (failure) => letterOf(deps.failures, failure))) {
    const one = 'body' in read && halt ? { failure: read.failure, halt } : read;
    if ('body' in one) letters.push(one);
    else worked.push(one);
    // Behind what is read later nothing of an ordered consumer goes.
    if ('halt' in one && run.consumer.ordered) halt ??= one.halt;
  }
  if (letters.length === 0) return worked;
  const may = await run.pace.take(letters.length, run.until);
  if (may)
    await reopen(
      { ...deps, ...run },
      run.consumer,
      letters.map(({ failure }) => failure),
    );
  const sendings = may ? await deps.queue.send(run.consumer, letters, run.until) : [];
  return [...worked, ...letters.map(({ failure }, index) => workedBy(failure, sendings[index] ?? { kind: 'unknown' }))];
}

function gone(failure: Failure): Worked {
  return { failure, ending: left('NO_CONSUMER', `no consumer '${failure.consumer}' is in this stack any more`) };
}

/** A failure with its body, or with how it ends without; what S3 could not answer now is read again later. */
async function letterOf(failures: FailureStore, failure: Failure): Promise<Letter | Worked> {
  try {
    const body = await readBody(failures, failure);
    return typeof body === 'string' ? { failure, body } : { failure, ending: body };
  } catch (error) {
    return later(failure, error);
  }
}

async function readBody(failures: FailureStore, failure: Failure): Promise<string | Ending> {
  try {
    return await failures.bodyOf(failure);
  } catch (error) {
    if (!isPosthasteError(error, 'FAILURE_BODY')) throw error;
    return left('BODY_GONE', messageOf(error));
  }
}

function auditOf({ id, who, why, requestId }: RedriveRow, clock: Clock): Omit<FailureAudit, 'failureId' | 'action' | 'result'> {
  return { at: clock.now(), who, ...(why !== undefined && { why }), ...(requestId !== undefined && { requestId }), redriveId: id };
}
