import { messageOf } from '../core/errors.ts';
import type { Failure } from '../dlq/failure.ts';
import type { InboxStanding } from './redrive.inbox.ts';
import type { LeaveReason } from './redrive.plan.ts';
import type { Sending } from './redrive.sqs.ts';
import type { Ending } from './redrive.tally.ts';

/**
 * Why a redrive does not go on. `busy`: something of the batch has no ending yet, stays claimed, and is finished later. `denied`: the queue takes
 * nothing from us; what was not sent is open again, and comes again when the redrive is resumed.
 */
export interface Halt {
  readonly kind: 'busy' | 'denied';
  readonly because: string;
  /** It is about this failure only: where no order is kept, others go on. */
  readonly isAlone?: true;
}

/** A claimed failure with its ending, or with why it has none. */
export interface Worked {
  readonly failure: Failure;
  readonly ending?: Ending;
  readonly halt?: Halt;
}

/** How a claimed failure ends without being sent, as far as the inbox tells; undefined for one to send. */
export function endingUnsent(failure: Failure, standing: InboxStanding | undefined): Ending | undefined {
  if (standing?.kind === 'started' || standing?.kind === 'running') return endingBegun(failure, standing);
  if (standing?.kind !== 'done') return undefined;
  if (failure.reason !== 'FINGERPRINT_MISMATCH') return { kind: 'alreadyDone' };
  return left(
    'OTHER_CONTENT',
    'a message of its id that says something else was handled: archive it, or send what it says under an id of its own',
  );
}

const AT_MOST_ONCE = 'its consumer runs a message at most once, and';

function endingBegun({ runAgainAfter }: Failure, { kind, run }: InboxStanding): Ending | undefined {
  // Another run than the one that consent was given after: of the copy that a runner, which died, had sent.
  if (runAgainAfter !== undefined && run !== runAgainAfter) return { kind: 'sent' };
  if (kind === 'running') return left('MAY_HAVE_RUN', `${AT_MOST_ONCE} may still be at this one: wait until it has ended`);
  if (runAgainAfter !== undefined) return undefined;
  const because = `${AT_MOST_ONCE} has begun with this one: find out what it did, then archive it, or consent that it runs again`;
  return left('MAY_HAVE_RUN', because);
}

/** How a failure ends that was given to its queue. */
export function workedBy(failure: Failure, sending: Sending): Worked {
  switch (sending.kind) {
    case 'sent':
      return { failure, ending: { kind: 'sent' } };
    case 'refused':
      return { failure, ending: left('REFUSED', sending.because) };
    case 'held':
      return { failure, ending: left('HELD', 'an older message of its key could not be sent') };
    case 'denied':
      return { failure, halt: { kind: 'denied', because: sending.because } };
    case 'unknown':
      return { failure, halt: { kind: 'busy', because: 'SQS did not answer, or was too busy' } };
  }
}

export function left(reason: LeaveReason, because: string): Ending {
  return { kind: 'left', reason, because };
}

/** A claimed failure that has no ending yet, because a call about it failed: whoever goes on tries again. */
export function later(failure: Failure, error: unknown): Worked {
  return { failure, halt: { kind: 'busy', because: `${failure.id} of '${failure.consumer}' waits: ${messageOf(error)}`, isAlone: true } };
}

export const allLater =
  (failures: readonly Failure[]) =>
  (error: unknown): Worked[] =>
    failures.map((failure) => later(failure, error));
