import { AwsError } from '../../../lib/local/aws.ts';
import { checkedItem } from '../../../lib/local/dynamodb/value-check.ts';
import type { Choices } from '../choices.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { HOSTILE_TEXTS, hostileToken } from '../hostile-json.ts';

const NUMBERS = [
  '0',
  '-0',
  '007',
  '1e125',
  '1e126',
  '1e-130',
  '1e-131',
  '.',
  '1.',
  '.5',
  '+5',
  '1e',
  '0x1',
  'NaN',
  '1'.repeat(38),
  '1'.repeat(39),
  `1e${'9'.repeat(400)}`,
  '9'.repeat(5_000),
  ' 1',
];
const nested = (depth: number): string => `${'{"L":['.repeat(depth)}{"S":"a"}${']}'.repeat(depth)}`;
const DEEP = [31, 32, 33, 20_000].map(nested);

function drawValue(choices: Choices): string {
  switch (choices.below(10)) {
    case 0:
      return `{"N":${JSON.stringify(choices.pick(NUMBERS))}}`;
    case 1:
      return `{"B":${JSON.stringify(choices.pick(['', 'AA==', 'A', 'A===', '*', ...HOSTILE_TEXTS]))}}`;
    case 2:
      return choices.pick([
        '{"SS":["a","b"]}',
        '{"SS":["a","a"]}',
        '{"SS":[]}',
        '{"NS":["1","1.0"]}',
        '{"NS":[]}',
        '{"BS":["AA==","AA=="]}',
        '{"BS":[]}',
        '{"SS":"a"}',
      ]);
    case 3:
      return choices.pick([
        '{"NULL":true}',
        '{"NULL":false}',
        '{"BOOL":1}',
        '{}',
        '{"X":"a"}',
        '{"S":"a","N":"1"}',
        '{"S":null,"N":"1"}',
        '{"constructor":"a"}',
      ]);
    case 4:
      return choices.oneIn(8) ? choices.pick(DEEP) : `{"M":{"__proto__":{"S":"a"},"a":${hostileToken(choices)}}}`;
    case 5:
      return hostileToken(choices);
    case 6:
      return `{"L":[{"S":"a"},${hostileToken(choices)}]}`;
    default:
      return `{"S":${JSON.stringify(choices.pick(HOSTILE_TEXTS))}}`;
  }
}

export const dynamodbValues: FuzzedParser<string> = {
  name: 'items of tables',
  file: 'local/dynamodb/value-check.ts',
  verdicts: ['accepted', 'ValidationException', 'SerializationException'],
  draw: (choices) => (choices.oneIn(20) ? hostileToken(choices) : `{"id":{"S":"a"},"a":${drawValue(choices)}}`),
  read(text) {
    try {
      const item = checkedItem(JSON.parse(text));
      const again = JSON.stringify(checkedItem(item));
      must(again === JSON.stringify(item), 'what was accepted is accepted again, unchanged');
      must(!('admin' in {}), 'no prototype is touched');
      return 'accepted';
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return error.code;
    }
  },
};
