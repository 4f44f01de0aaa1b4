import { hasForbiddenCharacter } from '../../../lib/local/sqs/message-attributes.ts';
import { attributesOf } from '../../../lib/message/attributes.ts';
import { MessageFieldError } from '../../../lib/message/message.errors.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { HOSTILE_TEXTS } from '../hostile-json.ts';

type Message = Parameters<typeof attributesOf>[0];

const VALUES: readonly unknown[] = [
  ...HOSTILE_TEXTS,
  0,
  -0,
  1.5,
  1e9,
  -1e9,
  1e9 + 1,
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  1e-9,
  null,
  true,
  {},
  [],
  7n,
  undefined,
];

export const attributes: FuzzedParser<Message> = {
  name: 'attributes on their way out',
  file: 'message/attributes.ts',
  verdicts: ['accepted', 'MESSAGE_FIELD_INVALID'],
  draw(choices) {
    const routing = Object.fromEntries(
      Array.from({ length: choices.below(7) }, (_, index) => [`field${index}`, choices.oneIn(3) ? choices.pick(VALUES) : 'eu']),
    );
    const tenant = choices.oneIn(4) ? choices.pick(HOSTILE_TEXTS) : undefined;
    return { type: 'orders.order-placed', source: 'urn:posthaste:orders', routing, ...(tenant !== undefined && { tenant }) } as Message;
  },
  read(message) {
    try {
      const given = attributesOf(message);
      must(Object.keys(given).length <= 10, 'ten attributes at most');
      for (const { DataType, StringValue } of Object.values(given)) {
        must(StringValue !== '' && !hasForbiddenCharacter(StringValue), 'SQS takes every attribute');
        must(DataType === 'String' || Math.abs(Number(StringValue)) <= 1e9, 'filters compare every number');
      }
      return 'accepted';
    } catch (error) {
      if (error instanceof MessageFieldError) return error.code;
      throw error;
    }
  },
};
