import type { RedriveCounts } from './operations.ts';
import type { LeaveReason } from './redrive.plan.ts';

/** What has become of some failures. */
export interface Tally {
  readonly counts: RedriveCounts;
  readonly reasons: Readonly<Record<string, number>>;
}

/** How one failure ended. */
export type Ending =
  | { readonly kind: 'sent' | 'alreadyDone' }
  | { readonly kind: 'left'; readonly reason: LeaveReason; readonly because: string };

export const NO_TALLY: Tally = { counts: { sent: 0, alreadyDone: 0, left: 0 }, reasons: {} };

/** Counts endings. */
export function tallyOf(endings: readonly Ending[]): Tally {
  const reasons: Record<string, number> = {};
  for (const ending of endings) if (ending.kind === 'left') reasons[ending.reason] = (reasons[ending.reason] ?? 0) + 1;
  const count = (kind: Ending['kind']) => endings.filter((ending) => ending.kind === kind).length;
  return { counts: { sent: count('sent'), alreadyDone: count('alreadyDone'), left: count('left') }, reasons };
}

/** Both together. */
export function added({ counts, reasons }: Tally, more: Tally): Tally {
  const names = new Set([...Object.keys(reasons), ...Object.keys(more.reasons)]);
  return {
    counts: {
      sent: counts.sent + more.counts.sent,
      alreadyDone: counts.alreadyDone + more.counts.alreadyDone,
      left: counts.left + more.counts.left,
    },
    reasons: Object.fromEntries([...names].map((name) => [name, (reasons[name] ?? 0) + (more.reasons[name] ?? 0)])),
  };
}

const SENT = 'sent';
const ALREADY_DONE = 'already done';
const LEFT = /^left \(([A-Z_]+)\): (.*)$/s;

/** An ending as the audit of a failure says it. */
export function resultOf(ending: Ending): string {
  if (ending.kind === 'left') return `left (${ending.reason}): ${ending.because}`;
  return ending.kind === 'sent' ? SENT : ALREADY_DONE;
}

/** Reads it back: what a crash left uncounted is counted from the audits. */
export function endingOf(result: string): Ending | undefined {
  if (result === SENT) return { kind: 'sent' };
  if (result === ALREADY_DONE) return { kind: 'alreadyDone' };
  const [, reason, because = ''] = LEFT.exec(result) ?? [];
  return reason === undefined ? undefined : { kind: 'left', reason: reason as LeaveReason, because };
}

const RENEWED = /^renewed as (.+)$/s;

/** That a failure was replaced by a copy with a new time, as its audit says it. */
export function renewedAs(copyId: string): string {
  return `renewed as ${copyId}`;
}

/** Reads the id of the copy back. */
export function copyIdOf(result: string): string | undefined {
  return RENEWED.exec(result)?.[1];
}
