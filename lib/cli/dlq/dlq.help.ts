import { operatorHelp, WHERE_NOTE, WHERE_ROW } from '../operator/operator.help.ts';

/** Text of `posthaste dlq --help`. */
export function dlqHelp(): string {
  return operatorHelp({
    title: 'posthaste dlq: looks at the dead letters of a stack, and decides about them.',
    usage: [
      'npx posthaste dlq [group]            failures of one cause together: how many, since when, an example',
      'npx posthaste dlq list               one line a failure, the oldest of each group first',
      'npx posthaste dlq show ID            everything about one: attempts, stack, body, what was done to it',
      'npx posthaste dlq archive [ID]       takes them off the list of what is open; nothing is deleted',
      'npx posthaste dlq restore [ID]       puts archived ones back',
      'npx posthaste dlq export             JSON lines with bodies',
      "npx posthaste dlq move CONSUMER      SQS's own move of all, for a dead-letter queue that is not indexed",
    ],
    rows: [
      WHERE_ROW,
      ['--body', 'of show: the body alone, byte for byte, for a file'],
      ['--limit N', 'lines of list (default 50)'],
      ['--out FILE', 'where export writes (default: standard output)'],
      ['--why TEXT', 'a reason, kept in the record of what was done'],
      ['--rate N/s', 'messages a second of move, a whole number from 1 to 500, or N/min'],
      ['--yes', 'agree beforehand; needed where there is no terminal to ask on'],
    ],
    notes: [WHERE_NOTE, 'Exit code: 0 done, 1 not agreed to, 2 it could not be done, 130 ended by Ctrl-C.'],
    examples: [
      'npx posthaste dlq list --where consumer=ship-order,since=2h',
      'npx posthaste dlq archive 3f2a91c0 --why "the order was cancelled"',
    ],
  });
}
