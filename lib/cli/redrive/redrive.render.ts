import type { Redrive, RedriveOptions, RedrivePlan } from '../../ops/operations.ts';
import { groupLines } from '../dlq/dlq.render.ts';
import { count, instant, printable, shortId, span } from '../operator/printable.ts';
import type { View } from '../operator/view.ts';
import { type Terminal, table } from '../terminal.ts';
import { leftLines } from './left.render.ts';

/** Groups that are shown of a plan, the largest. */
const MAX_GROUPS = 10;

/** What a redrive would do. */
export function planLines(plan: RedrivePlan, { canary = 0, runAgain = false }: RedriveOptions, view: View): readonly string[] {
  const { matching, more, tooOld, tooOften, mayHaveRun, takesSeconds } = plan;
  const old = `${count(tooOld, 'failure')} would stay, older than the inbox remembers: each may have been handled and forgotten; --renew-old sends them`;
  const often = `${count(tooOften, 'failure')} would stay, redriven too often already: --max-redrives N allows more`;
  return [
    ...largestGroups(plan, view),
    view.terminal.bold(
      `${more ? 'more than ' : ''}${count(matching, 'failure')} ${matching === 1 ? 'matches' : 'match'}${ahead(canary)}, about ${span(takesSeconds)}`,
    ),
    ...(tooOld > 0 ? [old] : []),
    ...(tooOften > 0 ? [often] : []),
    ...(mayHaveRun > 0 ? [begunLine(mayHaveRun, runAgain)] : []),
  ];
}

/** The largest groups of a plan. */
export function largestGroups({ groups }: RedrivePlan, view: View): readonly string[] {
  const more = groups.length - MAX_GROUPS;
  return [
    ...groupLines(groups.slice(0, MAX_GROUPS), view),
    ...(more > 0 ? [`and ${count(more, 'group')} more: ${view.command('dlq')}`] : []),
  ];
}

/** How many go first, as part of a sentence. */
export const ahead = (canaries: number): string => (canaries > 0 ? `, ${canaries === 1 ? '1 canary' : `${canaries} canaries`} first` : '');

/** Whether a redrive would find nothing that it may send. */
export function sendsNothing({ matching, more, tooOld, tooOften, mayHaveRun }: RedrivePlan, { runAgain = false }: RedriveOptions): boolean {
  return !more && matching <= tooOld + tooOften + (runAgain ? 0 : mayHaveRun);
}

/** What becomes of failures of which an at-most-once consumer has begun with the message. */
export function begunLine(begun: number, agreed: boolean): string {
  const [need, them, stay] = begun === 1 ? ['needs', 'it', 'it stays'] : ['need', 'them', 'they stay'];
  const why = `a consumer that runs a message at most once has begun with ${them}`;
  if (agreed) return `${count(begun, 'failure')} may run a second time: ${why}. What was done may be done twice.`;
  return `${count(begun, 'failure')} ${need} consent: ${why}. Without --run-again, which runs ${them} once more, ${stay}.`;
}

/** The failures that a redrive has dealt with. */
export const dealtWith = ({ counts }: Redrive): number => counts.sent + counts.alreadyDone + counts.left;

const BAR = 24;

/** Where a redrive stands, in one line; `total` where it is known. */
export function progressLine(redrive: Redrive, total: number | undefined): string {
  const dealt = dealtWith(redrive);
  const { sent, alreadyDone, left } = redrive.counts;
  const whole = total === undefined || total === 0 ? undefined : Math.max(total, dealt);
  const filled = whole === undefined ? 0 : Math.round((dealt / whole) * BAR);
  const bar = whole === undefined ? '' : `[${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}] ${dealt}/${whole} `;
  const { rate } = redrive.options;
  // What goes so slowly would look stuck.
  const pace = rate < 1 ? `, one every ${span(1 / rate)}` : '';
  const rest = whole === undefined || redrive.state === 'canary' ? '' : `, ${span((whole - dealt) / rate)} to go`;
  return `${redrive.state} ${bar}${sent} sent, ${alreadyDone} already done, ${left} left${pace}${rest}`;
}

/** How a redrive ended, and what may be done next; `total` is how many failures it was about, where that is known. */
export function summaryLines(redrive: Redrive, view: View, total = 0): readonly string[] {
  const { command } = view;
  const { id, state, canaries } = redrive;
  // One is enough to see why.
  const failed = canaries.filter(({ result }) => result === 'failed').slice(0, 1);
  const untried = state === 'stopped' ? Math.max(0, total - dealtWith(redrive)) : 0;
  return [
    ...outcomeLines(redrive, view, untried),
    ...failed.map((canary) => `look at it: ${command(`dlq show ${shortId(canary.id)}`)}`),
    ...(state === 'stopped' ? [`to go on: ${command(`redrive --resume ${id}`)}`] : []),
    ...leftLines(redrive, view),
  ];
}

/** How a redrive stands or ended, and what became of its failures. */
export function outcomeLines(redrive: Redrive, { terminal }: View, untried = 0): readonly string[] {
  const { state, because, counts } = redrive;
  const paint = state === 'finished' ? terminal.green : terminal.red;
  return [
    `${paint(state)}${because === undefined ? '' : `: ${printable(because)}`}`,
    `${counts.sent} sent back, ${counts.alreadyDone} already done, ${counts.left} left where they are${reasonsOf(redrive)}${untried === 0 ? '' : `; ${untried} not tried`}`,
  ];
}

function reasonsOf({ reasons }: Redrive): string {
  const parts = Object.entries(reasons).map(([reason, times]) => `${printable(reason)} ${times}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** Redrives as a table, one line each. */
export function redriveLines(redrives: readonly Redrive[], terminal: Terminal): readonly string[] {
  const rows = redrives.map((redrive) => [
    printable(redrive.id),
    redrive.state,
    instant(redrive.startedAt),
    redrive.counts.sent,
    redrive.counts.alreadyDone,
    redrive.counts.left,
    printable(redrive.who, 60),
    printable(redrive.because ?? redrive.why ?? '', 120),
  ]);
  const [head = '', ...lines] = table([['id', 'state', 'started', 'sent', 'done', 'left', 'by', 'because'], ...rows]);
  return [terminal.dim(head), ...lines];
}
