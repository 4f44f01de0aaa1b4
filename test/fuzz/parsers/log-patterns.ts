import { compilePattern } from '../../../lib/local/logs/filter-pattern.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { HOSTILE_TEXTS, hostileToken } from '../hostile-json.ts';

const PIECES = [
  'ERROR',
  '?WARN',
  '-DEBUG',
  '"two words"',
  '"a\\"b"',
  '"open',
  '$.level',
  '$.a.b[0]',
  '= "x"',
  '!= "*a*a*a*b"',
  '> 10',
  '>= x',
  'IS TRUE',
  'NOT NULL',
  '&&',
  '||',
  '(',
  ')',
  '{',
  '}',
  '$.__proto__.x = 1',
  '=',
];

const LEVELS = ['"x"', '7', 'null', '{"toString":1,"valueOf":2}', '[]'];

export const logPatterns: FuzzedParser<{ readonly pattern: string; readonly message: string }> = {
  name: 'filter patterns of logs',
  file: 'local/logs/filter-pattern.ts',
  verdicts: ['matches', 'does not'],
  draw(choices) {
    const inside = Array.from({ length: choices.below(5) }, () =>
      choices.oneIn(6) ? choices.pick(HOSTILE_TEXTS) : choices.pick(PIECES),
    ).join(' ');
    const message = choices.oneIn(2)
      ? `{"level":${choices.oneIn(2) ? hostileToken(choices) : choices.pick(LEVELS)},"a":{"b":["${'a'.repeat(200)}"]}}`
      : `ERROR ${choices.pick(HOSTILE_TEXTS)}`;
    return { pattern: choices.oneIn(2) ? inside : `{ ${inside} }`, message };
  },
  read({ pattern, message }) {
    const matches = compilePattern(pattern)(message);
    must(typeof matches === 'boolean', 'a line matches or does not');
    return matches ? 'matches' : 'does not';
  },
};
