import { type AttributeFault, attributeFault } from '../../../lib/local/sqs/attribute-names.ts';
import { hasForbiddenCharacter, type MessageAttributes, md5OfAttributes } from '../../../lib/local/sqs/message-attributes.ts';
import { type FuzzedParser, membersOf, must } from '../fuzz.ts';
import { HOSTILE_TEXTS } from '../hostile-json.ts';

const NAMES = ['type', '.type', 'type.', 'a..b', 'AWS.type', 'amazon.type', 'x'.repeat(257), '', 'constructor', ...HOSTILE_TEXTS];
const TYPES: readonly unknown[] = [
  'String',
  'Number',
  'Binary',
  'Number.int',
  'Binary.png',
  'String.',
  'Text',
  '',
  undefined,
  null,
  7,
  { toString: 1 },
  `String.${'x'.repeat(256)}`,
];
const VALUES: readonly unknown[] = [undefined, '1', 'x', '-0', '1e999', '1'.repeat(39), 'NaN', null, ...HOSTILE_TEXTS];

export const sentAttributes: FuzzedParser<MessageAttributes> = {
  name: 'attributes of messages that are sent',
  file: 'local/sqs/attribute-names.ts',
  verdicts: [
    'accepted',
    ...membersOf<AttributeFault['kind']>({
      'name-length': true,
      'type-length': true,
      'successive-dots': true,
      'name-start': true,
      'name-end': true,
      'reserved-prefix': true,
      'name-character': true,
      'unknown-type': true,
      'empty-value': true,
      'wrong-field': true,
      'not-a-number': true,
      'forbidden-character': true,
    }),
  ],
  draw(choices) {
    const one = (): unknown => {
      if (choices.oneIn(40)) return choices.pick([null, 7, 'a', []]);
      const DataType = choices.pick(TYPES.slice(0, choices.oneIn(2) ? TYPES.length : 3));
      const value = choices.oneIn(8) ? choices.pick(VALUES) : 'a';
      return DataType === 'Binary'
        ? { DataType, BinaryValue: 'AA==' }
        : { DataType, [choices.oneIn(12) ? 'BinaryValue' : 'StringValue']: value };
    };
    const count = choices.pick([1, 0, 2, 10, 11]);
    return Object.fromEntries(
      Array.from({ length: count }, (_, index) => [choices.oneIn(4) ? choices.pick(NAMES) : `name${index}`, one()]),
    ) as MessageAttributes;
  },
  read(attributes) {
    const fault = attributeFault(attributes);
    if (fault !== undefined) return fault.kind;
    const texts = Object.values(attributes).map(({ StringValue = '' }) => StringValue);
    must(
      texts.every((text) => !hasForbiddenCharacter(text)),
      'an accepted text can be carried',
    );
    must(
      Object.keys(attributes).length === 0 || /^[0-9a-f]{32}$/.test(md5OfAttributes(attributes) ?? ''),
      'accepted attributes have a digest',
    );
    return 'accepted';
  },
};
