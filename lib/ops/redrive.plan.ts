import { CUT_SHORT } from '../dlq/dlq.contract.ts';
import type { Failure } from '../dlq/failure.ts';
import type { ConsumerEntry } from '../topology/topology.contract.ts';
import type { RedriveOptions } from './operations.ts';

/** Why a failure is left where it is. */
export type LeaveReason =
  /** Older than the inbox remembers: it may have been handled and forgotten. */
  | 'TOO_OLD'
  /** Redriven as often as allowed. */
  | 'TOO_OFTEN'
  /** Nobody consumes it any more. */
  | 'NO_CONSUMER'
  /** A message of its id that says something else was handled. */
  | 'OTHER_CONTENT'
  /** An at-most-once consumer began with it: sent again, it would run twice. */
  | 'MAY_HAVE_RUN'
  /** SQS refuses it. */
  | 'REFUSED'
  /** Its body is gone, altered or refused. */
  | 'BODY_GONE'
  /** An older one of its key could not be sent. */
  | 'HELD';

/** What a redrive does with a failure. */
export type Verdict =
  | { readonly kind: 'send' | 'renew' }
  /** It is not this redrive's business: it was worked by it, or failed after it began. */
  | { readonly kind: 'skip' }
  | { readonly kind: 'leave'; readonly reason: LeaveReason; readonly because: string };

/** The redrive that asks. */
export interface Asking {
  readonly id?: string;
  readonly options: Required<RedriveOptions>;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** What a redrive does unless it is told otherwise. */
export const REDRIVE_DEFAULTS: Required<RedriveOptions> = {
  canary: 0,
  // As long as five attempts of a message take, and as the deduplication of FIFO queues lasts.
  canaryWaitMs: 300_000,
  rate: 10,
  renewOld: false,
  runAgain: false,
  maxRedrives: 10,
};

const DAY_MS = 86_400_000;

/** Decides about one failure. Pure: `consumer` is what the topology knows under its name, `now` epoch milliseconds. */
export function verdictOn(failure: Failure, asking: Asking, consumer: ConsumerEntry | undefined, now: number): Verdict {
  const { options, id, startedAt } = asking;
  if (failure.failedAt > startedAt || (id !== undefined && failure.redriveId === id)) return { kind: 'skip' };
  if (isPart(failure)) return { kind: 'leave', reason: 'BODY_GONE', because: PART_BECAUSE };
  if (consumer === undefined || isNoMessage(failure)) {
    return { kind: 'leave', reason: 'NO_CONSUMER', because: nobodysBecause(failure) };
  }
  if (failure.redrives >= options.maxRedrives) {
    const because = `it was redriven ${failure.redrives} times, and ${options.maxRedrives} are allowed: mend what fails, or allow more`;
    return { kind: 'leave', reason: 'TOO_OFTEN', because };
  }
  if (!isTooOld(failure, consumer, now)) return { kind: 'send' };
  if (options.renewOld) return { kind: 'renew' };
  const days = consumer.inbox.retentionDays;
  return {
    kind: 'leave',
    reason: 'TOO_OLD',
    because: `it is older than the ${days} days that the inbox remembers, less one: it may have been handled and forgotten; consent by renewing it`,
  };
}

/** Until an edited copy is the whole of it. */
function isPart({ reason, messageId }: Failure): boolean {
  return reason === CUT_SHORT && messageId === undefined;
}

const PART_BECAUSE =
  'the Scheduler could not send it after its wait, and kept a part of it only: edit it to what it was, or have its sender send it again and archive it';

/** What was no message to anybody is none to a consumer that has the outbox's name. */
function isNoMessage({ source, messageId }: Failure): boolean {
  return source === 'stream' || (source === 'schedule' && messageId === undefined);
}

function nobodysBecause({ source, consumer, messageId }: Failure): string {
  if (source === 'stream')
    return `it is a stream batch of '${consumer}', whose rows still wait in the outbox: archive it once they are published`;
  if (source === 'schedule' && messageId === undefined)
    return `it is a run of '${consumer}' that its schedule could not start: archive it, a later run has made up for it`;
  return `no consumer '${consumer}' is in this stack: archive it, or deploy the consumer under that name`;
}

/** Older than this the consumer itself refuses a message: its marker may be gone (a day of margin, as the consumer has). */
function isTooOld({ messageTime }: Failure, { inbox }: ConsumerEntry, now: number): boolean {
  return messageTime !== undefined && messageTime + (inbox.retentionDays - 1) * DAY_MS < now;
}
