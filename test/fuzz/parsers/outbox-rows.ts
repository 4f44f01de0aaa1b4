import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { fromItem, isPending, toParcel } from '../../../lib/outbox/row.ts';
import type { Choices } from '../choices.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { HOSTILE_TEXTS } from '../hostile-json.ts';

const KEYED = {
  pk: 'KEY#order-1',
  sk: 'SEQ#0000000000000001',
  id: 'message-1',
  type: 'orders.order-placed',
  body: '{}',
  attributes: { type: 'orders.order-placed', total: 1, tenant: 'acme' },
  destinations: ['orders'],
  key: 'order-1',
  seq: 1,
  first: 1,
  state: 'PENDING#0',
  committedAt: 1_900_000_000_000,
};
const { key: _, seq: __, first: ___, ...rest } = KEYED;
const KEYLESS = { ...rest, pk: 'UNIT#unit-1', sk: 'MSG#0000' };

type Image = Readonly<Record<string, AttributeValue>>;

const IMAGES: readonly Image[] = [marshall(KEYED), marshall(KEYLESS)];

/** Attribute values as DynamoDB sends them, and as it never would. */
const VALUES: readonly unknown[] = [
  ...HOSTILE_TEXTS.map((S) => ({ S })),
  { N: '0' },
  { N: '-1' },
  { N: '1.5' },
  { N: '9007199254740993' },
  { N: '1e125' },
  { N: 'x' },
  { NULL: true },
  { BOOL: true },
  { B: new Uint8Array([1, 2]) },
  { SS: ['a', 'b'] },
  { NS: ['1'] },
  { BS: [new Uint8Array([1])] },
  { L: [] },
  { L: [{ S: 'a' }, { N: '1' }] },
  { L: [{ S: 'orders' }] },
  { M: {} },
  { M: { tenant: { N: '1' } } },
  { M: { a: { NULL: true } } },
  { M: { constructor: { S: 'a' } } },
  { M: { a: { M: {} } } },
  {},
  { X: 'a' },
  null,
  7,
];
const NAMES = [...Object.keys(KEYED), 'ttl', 'constructor'];

/** An image of an item of the outbox table, spoiled in one or two attributes. */
export function drawImage(choices: Choices): Image {
  const image: Record<string, unknown> = { ...choices.pick(IMAGES) };
  for (let left = choices.below(3); left > 0; left -= 1) {
    const name = choices.pick(NAMES);
    if (choices.oneIn(4)) delete image[name];
    else image[name] = choices.pick(VALUES);
  }
  return image as Image;
}

export const outboxRows: FuzzedParser<Image> = {
  name: 'items of the outbox table',
  file: 'outbox/row.ts',
  verdicts: ['accepted', 'refused', 'no item'],
  draw: drawImage,
  read(image) {
    let item: Record<string, unknown>;
    try {
      item = unmarshall(image as Record<string, AttributeValue>);
    } catch {
      return 'no item';
    }
    const row = fromItem(item);
    if (row === undefined) return 'refused';
    must(typeof isPending(row) === 'boolean', 'a row has a state');
    must((row.key === undefined) === (row.seq === undefined), 'a row has both a key and a number on it, or neither');
    must(
      row.key === undefined || (row.pk === `KEY#${row.key}` && Number.isSafeInteger(row.seq) && (row.seq ?? 0) >= 1),
      'a keyed row is on its key',
    );
    must(row.first === undefined || (Number.isSafeInteger(row.first) && row.first >= 1), 'the first number of a transaction is a number');
    const { attributes, body } = toParcel(row);
    must(body === row.body, 'the body travels as it was stored');
    for (const { DataType, StringValue } of Object.values(attributes)) {
      must(typeof StringValue === 'string' && (DataType === 'String' || DataType === 'Number'), 'an attribute is a text or a number');
    }
    return 'accepted';
  },
};
