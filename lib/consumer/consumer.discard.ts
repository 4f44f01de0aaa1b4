import type { Batch, RunState } from './consumer.batch-state.ts';
import { busy } from './consumer.coming-back.ts';
import type { Outcome } from './consumer.outcome.ts';
import { standingOutcome } from './consumer.standing.ts';
import { commitRequestOf, openUnit } from './consumer.unit.ts';

/** Commits the marker of a message, and nothing of what its handler collected: a copy of it is a duplicate. */
export async function discard(batch: Batch, run: RunState): Promise<Outcome> {
  const { committer, inbox } = batch.ports;
  // Another commit under the token of one that failed: its content differs.
  run.turn += 1;
  const outcome = await committer.commit(commitRequestOf(batch, run, openUnit(batch, run)));
  if (outcome.status === 'committed') {
    batch.settled.set(run.reading.message.id, run.reading.fingerprint);
    return { kind: 'discarded' };
  }
  return outcome.status === 'guardFailed'
    ? standingOutcome(batch, run, inbox.standing(outcome.existing, run.handled))
    : busy(batch, run.delivery);
}
