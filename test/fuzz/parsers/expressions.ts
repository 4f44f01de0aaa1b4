import { AwsError, type Json } from '../../../lib/local/aws.ts';
import { type ExpressionName, readExpressions } from '../../../lib/local/dynamodb/expressions.ts';
import { keyRangeOf } from '../../../lib/local/dynamodb/key-condition.ts';
import type { Choices } from '../choices.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { HOSTILE_TEXTS } from '../hostile-json.ts';

const NAMES: readonly ExpressionName[] = [
  'ConditionExpression',
  'UpdateExpression',
  'KeyConditionExpression',
  'FilterExpression',
  'ProjectionExpression',
];
const VALID: Readonly<Record<ExpressionName, readonly string[]>> = {
  ConditionExpression: [
    'attribute_not_exists(pk)',
    '#a = :a AND NOT (size(b) > :n OR begins_with(c, :a))',
    'a BETWEEN :a AND :a',
    'a IN (:a, :n)',
  ],
  UpdateExpression: ['SET #a = :a, b = if_not_exists(b, :n) + :n REMOVE c[0].d ADD e :n', 'DELETE f :s', 'SET a = list_append(:l, b)'],
  KeyConditionExpression: ['pk = :a', 'pk = :a AND begins_with(sk, :a)', 'pk = :a AND sk BETWEEN :a AND :a', ':a = pk'],
  FilterExpression: ['contains(a, :a)', 'attribute_type(a, :a)', '#a <> :a'],
  ProjectionExpression: ['a, b.c[1], #a', 'pk'],
};
const TOKENS = [
  'AND',
  'OR',
  'NOT',
  'BETWEEN',
  'IN',
  'SET',
  'REMOVE',
  'ADD',
  'size',
  'contains',
  '(',
  ')',
  ',',
  '=',
  '<>',
  '<',
  '+',
  '[',
  ']',
  '.',
  '[99999999999]',
  ':a',
  ':missing',
  '#a',
  '#missing',
  'constructor',
  '__proto__',
  'pk',
  'name',
  '"',
];
const SCHEMA = { hash: { name: 'pk', type: 'S' }, range: { name: 'sk', type: 'S' } } as Parameters<typeof keyRangeOf>[2];
const VALUES = { ':a': { S: 'a' }, ':n': { N: '1' }, ':s': { SS: ['a'] }, ':l': { L: [] } };

interface Case {
  readonly name: ExpressionName;
  readonly input: Json;
}

/** An expression with a word in it replaced, removed or added. */
function spoil(text: string, choices: Choices): string {
  const words = text.match(/[#:]?\w+|\S/g) ?? [];
  const at = choices.below(words.length + 1);
  const word = choices.oneIn(6) ? choices.pick(HOSTILE_TEXTS) : choices.pick(TOKENS);
  return words.toSpliced(at, choices.below(2), ...(choices.oneIn(4) ? [] : [word])).join(' ');
}

const LONG = [
  `${'('.repeat(250)}a = :a${')'.repeat(250)}`,
  `${'('.repeat(2_000)}a = :a${')'.repeat(2_000)}`,
  `${'NOT '.repeat(1_000)}a = :a`,
  `a = :a${' OR a = :a'.repeat(400)}`,
  'x'.repeat(4_097),
  `a${'.b'.repeat(2_000)} = :a`,
];

export const expressions: FuzzedParser<Case> = {
  name: 'expressions on tables',
  file: 'local/dynamodb/expressions.ts',
  verdicts: ['accepted', 'ValidationException', 'SerializationException'],
  draw(choices) {
    const name = choices.pick(NAMES);
    const valid = choices.pick(VALID[name]);
    const text = choices.oneIn(100) ? choices.pick(LONG) : choices.oneIn(3) ? valid : spoil(valid, choices);
    const used = (all: object): object =>
      Object.fromEntries(Object.entries(all).filter(([key]) => text.includes(key) || choices.oneIn(40)));
    const [names, values] = [used({ '#a': choices.oneIn(12) ? choices.pick(['', '__proto__', 'constructor', 7]) : 'alpha' }), used(VALUES)];
    const input: Json = { [name]: choices.oneIn(40) ? choices.pick([7, null, {}, '']) : text };
    if (Object.keys(names).length > 0) input['ExpressionAttributeNames'] = names;
    if (Object.keys(values).length > 0)
      input['ExpressionAttributeValues'] = choices.oneIn(30) ? choices.pick([null, [], { ':a': null }, { a: { S: 'a' } }]) : values;
    return { name, input };
  },
  read({ name, input }) {
    try {
      const expressions = readExpressions(input, [name]);
      if (name === 'KeyConditionExpression' && expressions.KeyConditionExpression) {
        const { from, to, partition } = keyRangeOf(expressions.KeyConditionExpression.tree, expressions.values, SCHEMA);
        must(from.startsWith(partition) && to.startsWith(partition), 'a query stays in its partition');
      }
      return 'accepted';
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      must(error.message !== '' && !error.message.includes('undefined'), 'a refusal says what is wrong');
      return error.code;
    }
  },
};
