import { mapConcurrent } from '../core/map-concurrent.ts';
import type { Failure } from '../dlq/failure.ts';
import { type BatchDeps, type BatchResult, type BatchRun, endingOnFile, finish, sendBack, settleAsSent } from './redrive.batch.ts';
import type { Halt } from './redrive.ending.ts';
import { copyBy } from './redrive.renewed.ts';
import { added, type Ending, NO_TALLY, tallyOf } from './redrive.tally.ts';

/** What a runner that was killed, or gave up, left of one failure. */
type Remnant =
  | { readonly kind: 'claimed' | 'renewed'; readonly failure: Failure }
  /** It was sent and has failed again, before that it was sent was put on file; another redrive may have it by now. */
  | { readonly kind: 'sent'; readonly failure: Failure }
  | { readonly kind: 'ended'; readonly ending: Ending }
  /** It was never claimed: it comes again with its page. */
  | { readonly kind: 'untouched' };

const AT_ONCE = 5;

/**
 * Ends the batch that a redrive's row names: what was claimed is finished, and everything that has ended is counted, from its audit. After a
 * halt nothing is claimed that is not yet.
 */
export async function recover(deps: BatchDeps, run: BatchRun, before?: Halt): Promise<BatchResult> {
  const remnants = await mapConcurrent(run.redrive.batch, AT_ONCE, (id) => remnantOf(deps, run, id));
  const of = (kind: Remnant['kind']) =>
    remnants.flatMap((remnant) => ('failure' in remnant && remnant.kind === kind ? [remnant.failure] : []));
  const ended = tallyOf(remnants.flatMap((remnant) => (remnant.kind === 'ended' ? [remnant.ending] : [])));
  const sentBefore = of('sent');
  if (sentBefore.length > 0) await settleAsSent(deps, run, sentBefore);
  const claimed = of('claimed');
  const finished: BatchResult = claimed.length === 0 ? NO_TALLY : await finish(deps, run, claimed);
  const renewed = of('renewed');
  const sent: BatchResult = before || finished.halt || renewed.length === 0 ? NO_TALLY : await sendBack(deps, run, renewed);
  const halt = finished.halt ?? sent.halt;
  const counts = [tallyOf(sentBefore.map(() => ({ kind: 'sent' }))), finished, sent].reduce(added, ended);
  const waiting = [...(finished.waiting ?? []), ...(sent.waiting ?? []), ...(finished.halt ? renewed : []).map(({ consumer }) => consumer)];
  return { ...counts, ...(halt && { halt, waiting: [...new Set(waiting)] }) };
}

async function remnantOf(deps: BatchDeps, run: BatchRun, id: string): Promise<Remnant> {
  const found = await deps.failures.get(id);
  const isClaimed = found?.claimedBy?.includes(run.redrive.id) === true;
  const failure = found?.status === 'replaced' && !isClaimed ? await copyBy(run.redrive, deps.failures, id) : found;
  if (failure === undefined) return { kind: 'untouched' };
  if (failure.redriveId === run.redrive.id && failure.status === 'redriving') return { kind: 'claimed', failure };
  const ending = await endingOnFile(deps, run, failure.id);
  if (ending) return { kind: 'ended', ending };
  if (failure.claimedBy?.includes(run.redrive.id)) return { kind: 'sent', failure };
  const waits = failure.status === 'open' || failure.status === 'parked';
  return failure.id !== id && waits ? { kind: 'renewed', failure } : { kind: 'untouched' };
}
