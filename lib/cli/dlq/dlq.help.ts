import { type HelpRow, operatorHelp, WHERE_NOTE, WHERE_ROW } from '../operator/operator.help.ts';
import { DLQ_VERBS, type DlqVerb, VERBS_OF } from './dlq.arguments.ts';

const USAGE: Readonly<Record<DlqVerb, string>> = {
  group: 'npx posthaste dlq [group]            failures of one cause together: how many, since when, an example',
  list: 'npx posthaste dlq list               one line a failure, the oldest of each group first',
  show: 'npx posthaste dlq show ID            everything about one: attempts, stack, body, what was done to it',
  archive: 'npx posthaste dlq archive [ID]       takes them off the list of what is open; nothing is deleted',
  restore: 'npx posthaste dlq restore [ID]       puts archived ones back',
  export: 'npx posthaste dlq export             JSON lines with bodies',
  move: "npx posthaste dlq move CONSUMER      SQS's own move of all, for a dead-letter queue that is not indexed",
};

const ROWS: Readonly<Record<keyof typeof VERBS_OF, HelpRow>> = {
  where: WHERE_ROW,
  body: ['--body', 'of show: the body alone, byte for byte, for a file'],
  limit: ['--limit N', 'lines of list (default 50)'],
  out: ['--out FILE', 'where export writes (default: standard output)'],
  why: ['--why TEXT', 'a reason, kept in the record of what was done'],
  rate: ['--rate N/s', 'messages a second of move, a whole number from 1 to 500, or N/min'],
  yes: ['--yes', 'agree beforehand; needed where there is no terminal to ask on'],
};

const EXAMPLES: readonly (readonly [DlqVerb, string])[] = [
  ['list', 'npx posthaste dlq list --where consumer=ship-order,since=2h'],
  ['archive', 'npx posthaste dlq archive 3f2a91c0 --why "the order was cancelled"'],
];

/** Text of `posthaste dlq --help`, and of its verbs: with what they take only. */
export function dlqHelp(argv: readonly string[] = []): string {
  const asked = DLQ_VERBS.find((verb) => verb === argv.find((word) => !word.startsWith('-')));
  const verbs = asked === undefined ? DLQ_VERBS : [asked];
  const options = (Object.keys(ROWS) as (keyof typeof ROWS)[]).filter((option) => VERBS_OF[option].some((verb) => verbs.includes(verb)));
  const examples = EXAMPLES.flatMap(([verb, example]) => (verbs.includes(verb) ? [example] : []));
  return operatorHelp({
    title: 'posthaste dlq: looks at the dead letters of a stack, and decides about them.',
    usage: asked === undefined ? verbs.map((verb) => USAGE[verb]) : [USAGE[asked].replace(/ {3,}/, '  ')],
    rows: options.map((option) => ROWS[option]),
    notes: [
      ...(options.includes('where') ? [WHERE_NOTE] : []),
      'Exit code: 0 done, 1 not agreed to, 2 it could not be done, 130 ended by Ctrl-C.',
    ],
    examples,
  });
}
