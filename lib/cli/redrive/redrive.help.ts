import { operatorHelp, WHERE_NOTE, WHERE_ROW } from '../operator/operator.help.ts';

/** Text of `posthaste redrive --help`. */
export function redriveHelp(): string {
  return operatorHelp({
    title: 'posthaste redrive: sends dead letters back to their consumers: as a plan, then a few, then the rest.',
    usage: ['npx posthaste redrive ID | --where LIST [options]', 'npx posthaste redrive --list | --stop ID | --resume ID'],
    rows: [
      WHERE_ROW,
      ['--dry-run', 'say what would be sent, and how long it would take; change nothing'],
      ['--canary N', 'send N first, of every group, and stop unless all of them are handled'],
      ['--canary-wait SPAN', 'how long they may take (default 5m)'],
      ['--rate N/s', 'messages a second, or N/min, N/h (default 10/s; from 0.1/s, which is 6/min, to 1000/s)'],
      ['--edit', 'change the body of the one failure that is meant, in VISUAL or EDITOR; a diff is shown, and kept'],
      ['--edit-from FILE', 'the same, with the new body from a file'],
      ['--renew-old', 'send what is older than the inbox remembers too: it may have been handled and forgotten'],
      ['--run-again', 'send what an at-most-once consumer has begun too, to run once more: its effects may happen twice'],
      ['--max-redrives N', 'leave what was redriven N times already (default 10)'],
      ['--why TEXT', 'a reason, kept in the record of what was done'],
      ['--yes', 'agree beforehand; needed where there is no terminal to ask on'],
      ['--detach', 'start it and leave it to the function'],
      ['--list', 'redrives, the newest first'],
      ['--stop ID', 'stop one; what is under way is finished'],
      ['--resume ID', 'go on with one that stopped, after a look at what is left of it (--yes agrees), or watch one that runs'],
    ],
    notes: [
      WHERE_NOTE,
      'The operations function of the stack sends, not this command: a redrive goes on when this machine is switched off. Ctrl-C stops it.',
      'Exit code: 0 finished, 1 something was left, it stopped by itself (a canary failed again), or it was not agreed to, 2 it could not be done,\n' +
        '  130 stopped by Ctrl-C.',
    ],
    examples: [
      'npx posthaste redrive --where consumer=ship-order --dry-run',
      'npx posthaste redrive --where fingerprint=9c1e,since=2h --canary 5 --rate 10/s --why "fixed in 1.4.2"',
    ],
  });
}
