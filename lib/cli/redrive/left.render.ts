import type { Redrive, RedriveOptions } from '../../ops/operations.ts';
import { shellWord } from '../operator/place-words.ts';
import { count, printable, shortId } from '../operator/printable.ts';
import type { View } from '../operator/view.ts';
import { whereText } from '../operator/where.ts';

interface Consent {
  readonly reason: string;
  readonly given: keyof RedriveOptions;
  readonly option: string;
  readonly to: string;
}

/** What is left for want of an option only. */
const CONSENTS: readonly Consent[] = [
  { reason: 'MAY_HAVE_RUN', given: 'runAgain', option: '--run-again', to: 'to run once more what may have run' },
  { reason: 'TOO_OLD', given: 'renewOld', option: '--renew-old', to: 'to send what may have been handled and forgotten' },
];

/** Whether it came to its end and left something where it is: a script must not take that for all sent. */
export const leftSome = ({ state, counts }: Redrive): boolean => state === 'finished' && counts.left > 0;

/** Why the exit code is 1 although the redrive finished. */
export function leftSentence({ counts }: Redrive): string {
  return `the exit code is 1, because ${count(counts.left, 'failure')} ${counts.left === 1 ? 'was' : 'were'} left`;
}

/** What to type next about what a finished redrive left. */
export function leftLines(redrive: Redrive, { command }: View): readonly string[] {
  if (!leftSome(redrive)) return [];
  const { where, reasons, options } = redrive;
  const look = where.id === undefined ? `dlq list ${selection(redrive)}` : `dlq show ${selection(redrive)}`;
  const lacking = CONSENTS.filter(({ reason, given }) => (reasons[reason] ?? 0) > 0 && !options[given]);
  return [
    `what was left: ${command(look)}`,
    ...lacking.map(({ to, option }) => `${to}: ${command(`redrive ${selection(redrive)} ${option}`)}`),
  ];
}

/** The words that select the same failures again. */
function selection({ where }: Redrive): string {
  if (where.id !== undefined) return shortId(where.id);
  return `--where ${shellWord(printable(whereText({ status: 'open', ...where })))}`;
}
