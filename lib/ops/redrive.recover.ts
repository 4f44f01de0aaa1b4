import { mapConcurrent } from '../core/map-concurrent.ts';
import type { Failure } from '../dlq/failure.ts';
import { type BatchDeps, type BatchResult, type BatchRun, endingOnFile, finish, sendBack, settleAsSent } from './redrive.batch.ts';
import { added, copyIdOf, type Ending, NO_TALLY, tallyOf } from './redrive.tally.ts';

/** What a runner that was killed, or gave up, left of one failure. */
type Remnant =
  | { readonly kind: 'claimed' | 'renewed'; readonly failure: Failure }
  /** It was sent and has failed again, before that it was sent was put on file; another redrive may have it by now. */
  | { readonly kind: 'sent'; readonly failure: Failure }
  | { readonly kind: 'ended'; readonly ending: Ending }
  /** It was never claimed: it comes again with its page. */
  | { readonly kind: 'untouched' };

const AT_ONCE = 5;

/** Ends the batch that a redrive's row names: what was claimed is finished, and everything that has ended is counted, from its audit. */
export async function recover(deps: BatchDeps, run: BatchRun): Promise<BatchResult> {
  const remnants = await mapConcurrent(run.redrive.batch, AT_ONCE, (id) => remnantOf(deps, run, id));
  const of = (kind: Remnant['kind']) =>
    remnants.flatMap((remnant) => ('failure' in remnant && remnant.kind === kind ? [remnant.failure] : []));
  const ended = tallyOf(remnants.flatMap((remnant) => (remnant.kind === 'ended' ? [remnant.ending] : [])));
  const sentBefore = of('sent');
  if (sentBefore.length > 0) await settleAsSent(deps, run, sentBefore);
  const claimed = of('claimed');
  const finished: BatchResult = claimed.length === 0 ? NO_TALLY : await finish(deps, run, claimed);
  const renewed = of('renewed');
  const sent: BatchResult = finished.halt || renewed.length === 0 ? NO_TALLY : await sendBack(deps, run, renewed);
  const halt = finished.halt ?? sent.halt;
  const counts = [tallyOf(sentBefore.map(() => ({ kind: 'sent' }))), finished, sent].reduce(added, ended);
  return { ...counts, ...(halt && { halt }) };
}

async function remnantOf(deps: BatchDeps, run: BatchRun, id: string): Promise<Remnant> {
  const found = await deps.failures.get(id);
  const isClaimed = found?.claimedBy?.includes(run.redrive.id) === true;
  const failure = found?.status === 'replaced' && !isClaimed ? await copyOf(deps, run, found) : found;
  if (failure === undefined) return { kind: 'untouched' };
  if (failure.redriveId === run.redrive.id && failure.status === 'redriving') return { kind: 'claimed', failure };
  const ending = await endingOnFile(deps, run, failure.id);
  if (ending) return { kind: 'ended', ending };
  if (failure.claimedBy?.includes(run.redrive.id)) return { kind: 'sent', failure };
  const waits = failure.status === 'open' || failure.status === 'parked';
  return failure.id !== id && waits ? { kind: 'renewed', failure } : { kind: 'untouched' };
}

// Its audit names the copy that this redrive made of it; that of somebody else's edit is not ours. Its body may be gone by now.
async function copyOf({ failures }: BatchDeps, { redrive }: BatchRun, { id }: Failure): Promise<Failure | undefined> {
  const audits = await failures.audits(id);
  const renewal = audits.find(({ action, redriveId }) => action === 'renew' && redriveId === redrive.id);
  const copyId = renewal && copyIdOf(renewal.result);
  return copyId === undefined ? undefined : failures.get(copyId);
}
