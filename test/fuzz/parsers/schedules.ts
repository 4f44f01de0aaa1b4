import { nextRun, parseExpression } from '../../../lib/local/scheduler/schedule-expression.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { HOSTILE_TEXTS } from '../hostile-json.ts';

const FIELDS = [
  '*',
  '0',
  '10',
  '59',
  '60',
  '1-5',
  '5-1',
  '1/15',
  '*/0',
  '0/1e9',
  '1,2,3',
  'MON',
  'MON-FRI',
  'mon#2',
  '6#5',
  '6L',
  'L',
  'L-3',
  '15W',
  '31W',
  '?',
  '',
  '-',
  '2030',
  '1970-2199',
  '99999',
  'FEB',
  '__proto__',
];
const WHOLE = [
  'rate(5 minutes)',
  'rate(1 day)',
  'rate(0 days)',
  'rate(-1 hours)',
  `rate(${'9'.repeat(400)} days)`,
  'at(2030-01-31T10:00:00)',
  'at(2030-02-30T10:00:00)',
  'at(0000-00-00T00:00:00)',
  'cron()',
  'rate(5 minutes',
  'RATE(5 minutes)',
];
const START = Date.UTC(2030, 0, 1);

export const schedules: FuzzedParser<string> = {
  name: 'expressions of schedules',
  file: 'local/scheduler/schedule-expression.ts',
  verdicts: ['accepted', 'refused'],
  draw(choices) {
    switch (choices.below(4)) {
      case 0:
        return choices.oneIn(2) ? choices.pick(WHOLE) : choices.pick(HOSTILE_TEXTS);
      case 1:
        return `cron(${choices.pick(FIELDS)} 10 ${choices.oneIn(2) ? '? * MON' : '1 * ?'} *)`;
      case 2:
        return `cron(0 ${choices.pick(FIELDS)} ${choices.pick(FIELDS)} ${choices.pick(FIELDS)} ? ${choices.pick(FIELDS)})`;
      default:
        return `cron(${Array.from({ length: 5 + choices.below(3) }, () => choices.pick(FIELDS)).join(' ')})`;
    }
  },
  read(text) {
    const expression = parseExpression(text);
    if (expression === undefined) return 'refused';
    const next = nextRun(expression, START, { zone: 'UTC', anchor: START, start: undefined, end: undefined });
    must(next === undefined || next > START, 'the next run is after the last one');
    return 'accepted';
  },
};
