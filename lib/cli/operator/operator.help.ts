import { FAILURE_STATUSES } from '../../dlq/failure.ts';
import { DEFAULT_PORT } from '../arguments.ts';
import { WHERE_FIELDS } from './where.ts';

export type HelpRow = readonly [option: string, text: string];

/** Options that every command of operators has. */
const PLACE_ROWS: readonly HelpRow[] = [
  ['--stack NAME', 'the deployed stack, or POSTHASTE_STACK; not needed while the embedded AWS holds one only'],
  ['--port N', `where the embedded AWS listens on 127.0.0.1 (default ${DEFAULT_PORT})`],
  ['--aws', 'a real account, by the ordinary credential chain, with --region NAME and --profile NAME'],
  ['--json', 'JSON instead of text'],
  ['--help', 'this text'],
];

/** How failures are selected. */
export const WHERE_ROW: HelpRow = ['--where LIST', `field=value,field=value of ${WHERE_FIELDS}`];

/** What is worth saying about the values of `--where`. */
export const WHERE_NOTE =
  'All pairs of --where must hold. since and until take 90s, 15m, 2h, 3d, or a UTC time such as 2026-11-23T14:30. A value with a comma goes\n' +
  '  in double quotes. Ids and fingerprints may be shortened while they stay unique.\n' +
  `  status is open unless given; it is one of ${FAILURE_STATUSES.join(', ')}.`;

interface Help {
  readonly title: string;
  readonly usage: readonly string[];
  readonly rows: readonly HelpRow[];
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
}

/** The help text of a command, with what all of them have. */
export function operatorHelp({ title, usage, rows, notes = [], examples }: Help): string {
  const all = [...rows, ...PLACE_ROWS];
  const width = Math.max(...all.map(([option]) => option.length)) + 2;
  return [
    title,
    '',
    ...usage.map((line) => `  ${line}`),
    '',
    ...all.map(([option, text]) => `  ${option.padEnd(width)}${text}`),
    ...notes.flatMap((note) => ['', `  ${note}`]),
    ...(examples.length === 0 ? [] : ['']),
    ...examples.map((example, place) => `  ${place === 0 ? 'Example: ' : '         '}${example}`),
    '',
  ].join('\n');
}
