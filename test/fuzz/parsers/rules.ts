import type { Choices } from '../choices.ts';
import { hostileToken } from '../hostile-json.ts';

const OPERANDS: readonly string[] = [
  '"a"',
  '""',
  '"*a*a*a*b"',
  '"**"',
  '"a**b"',
  '"**"',
  '"a\\\\*b\\\\\\\\"',
  '"10.0.0.0/8"',
  '"10.0.0.0/33"',
  '"::1/128"',
  '"10.0.0.0/"',
  'true',
  'null',
  '1',
  '[]',
  '["a",1]',
  '[null]',
  '[{"prefix":"a"}]',
  '{"prefix":"a"}',
  '{"suffix":["a","b"]}',
  '{"equals-ignore-case":"A"}',
  '{"wildcard":"a*"}',
  '{"cidr":"10.0.0.0/8"}',
  '{"exists":true}',
  '[[]]',
];

const NUMERIC: readonly string[] = [
  '[">",1]',
  '["=",1]',
  '[">",1,"<",9]',
  '[">=",9,"<=",1]',
  '["<",1,">",9]',
  '[">",1,">",9]',
  '[">",1,7,9]',
  '[">",1,"<",9,"<"]',
  '["toString",1]',
  '[7,1]',
  '[]',
  '["="]',
  '["=","1"]',
  '[">","1"]',
  '["=",5000000001]',
  '[">",1e999]',
];

const OPERATORS = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard', 'cidr', 'exists', 'anything-but', 'constructor', '__proto__'];

/** One rule of a filter policy or an event pattern, as JSON text: a value, an operator with an operand that may not be its own, or neither. */
export function drawRule(choices: Choices): string {
  switch (choices.below(10)) {
    case 0:
      return choices.pick(['"orders.order-placed"', '10', 'null', 'true', '["a"]', '{}', '{"prefix":"a","suffix":"b"}']);
    case 1:
      return hostileToken(choices);
    case 2:
    case 3:
      return `{"numeric":${choices.pick(NUMERIC)}}`;
    case 4:
      return `{"${choices.pick(['wildcard', 'cidr', 'anything-but'])}":${choices.pick(OPERANDS)}}`;
    default:
      return `{"${choices.pick(OPERATORS)}":${choices.pick(OPERANDS)}}`;
  }
}
