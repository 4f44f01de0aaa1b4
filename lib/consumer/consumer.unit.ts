import type { CommitRequest } from '../unit-of-work/commit.ts';
import { createUnit, unitIdOf } from '../unit-of-work/create-unit.ts';
import type { CollectedUnit, UnitOfWork } from '../unit-of-work/unit-of-work.ts';
import type { Batch, RunState } from './consumer.batch-state.ts';
import { isLeased } from './consumer.lease.ts';

/** An empty unit for a run. Every run of one message has a unit of the same name, and so its messages have the same ids. */
export function openUnit({ ports }: Batch, { handled, reading }: RunState): UnitOfWork & CollectedUnit {
  return createUnit({
    unitId: unitIdOf(handled.consumer, handled.messageId),
    source: ports.settings.source,
    time: ports.clock.now(),
    cause: reading.message,
  });
}

/** The commit of a run's unit behind its marker. */
export function commitRequestOf(batch: Batch, run: RunState, unit: CollectedUnit): CommitRequest {
  const { ports, deadline } = batch;
  const { handled, turn } = run;
  const guard = isLeased(batch, run) ? ports.inbox.completion(handled) : ports.inbox.guard(handled);
  return { unit, guards: [guard], token: handled.token, deadline: deadline.abortAt, ...(turn > 0 && { turn }) };
}
