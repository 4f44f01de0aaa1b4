import { expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { md5OfAttributes, sizeOfMessage } from '../../../lib/local/sqs/message-attributes.ts';
import { bodies, createSqsWorld, refused } from './sqs-world.ts';

const MIB = 1_048_576;
const text = (StringValue: string, DataType = 'String') => ({ DataType, StringValue });

test('the digests of body and attributes are those that AWS returned for the same message', () => {
  const { queue } = createSqsWorld();
  const sent = queue('orders').send('msg', {
    MessageAttributes: { Hello: text('There'), General: text('Kenobi'), 'Help.Me': text('Me') },
  });
  expect(sent).toMatchObject({
    MD5OfMessageBody: '6e2baaf3b97dbeef01c0043275f9a0e7',
    MD5OfMessageAttributes: '4c360f3fdafd970e05fae2f149d997f5',
  });
  const bytes = Buffer.from('traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01').toString('base64');
  expect(md5OfAttributes({ attr1: { DataType: 'Binary', BinaryValue: bytes } })).toBe('8cbe4db156db8a94db8b801b7addb984');
  expect(md5OfAttributes({ attr1: text('99.12', 'Number'), attr2: text('109.12', 'Number') })).toBe('9b720b3af309c1c4b0d395c53b08c502');
  expect(md5OfAttributes({})).toBeUndefined();
});

test('a message may have 1 MiB with its attributes and not one byte more', () => {
  const { queue } = createSqsWorld();
  const orders = queue('orders');
  orders.send('x'.repeat(MIB));
  const error = refused(() => orders.send('x'.repeat(MIB + 1)), 'InvalidParameterValueException');
  expect(error.message).toBe('One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.');
  const MessageAttributes = { abc: text('é') };
  const overhead = 3 + 6 + 2;
  expect(sizeOfMessage('', MessageAttributes)).toBe(overhead);
  orders.send('x'.repeat(MIB - overhead), { MessageAttributes });
  refused(() => orders.send('x'.repeat(MIB - overhead + 1), { MessageAttributes }), 'InvalidParameterValueException');
});

test("the size limit is the queue's own, for each entry of a batch too", () => {
  const { call, queue } = createSqsWorld();
  const orders = queue('orders', { MaximumMessageSize: '1024' });
  orders.send('x'.repeat(1_024));
  refused(() => orders.send('x'.repeat(1_025)), 'InvalidParameterValueException');
  const Entries = [1_024, 1_025, 1].map((length, index) => ({ Id: `e${index}`, MessageBody: 'x'.repeat(length) }));
  const output = call('SendMessageBatch', { QueueUrl: orders.url, Entries });
  expect(output['Successful']).toMatchObject([{ Id: 'e0' }, { Id: 'e2' }]);
  expect(output['Failed']).toMatchObject([{ Id: 'e1', SenderFault: true, Code: 'InvalidParameterValue' }]);
});

test('ten attributes are allowed, eleven are not', () => {
  const { queue } = createSqsWorld();
  const orders = queue('orders');
  const attributes = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, text('v')]));
  orders.send('x', { MessageAttributes: attributes(10) });
  const error = refused(() => orders.send('x', { MessageAttributes: attributes(11) }), 'InvalidParameterValueException');
  expect(error.message).toBe('Number of message attributes [11] exceeds the allowed maximum [10].');
});

test('emoji, tabs and line breaks are text; control characters and half a surrogate pair are not', () => {
  const { queue } = createSqsWorld();
  const orders = queue('orders');
  for (const body of ['😀 \u{10FFFF}', 'tab\tline\r\n', '\uD7FF\uE000\uFFFD']) orders.send(body);
  for (const body of ['\u0000', 'a\u0008', '\uFFFE', '\uFFFF', '\uD83D', 'x\uDE00'])
    refused(() => orders.send(body), 'InvalidMessageContents');
  refused(() => orders.send('x', { MessageAttributes: { a: text('\u0001') } }), 'InvalidMessageContents');
});

test.each<[string, Json]>([
  ['an empty value', { a: text('') }],
  ['a missing value', { a: { DataType: 'String' } }],
  ['an unknown type', { a: text('v', 'Text') }],
  ['a type with an empty label', { a: text('v', 'String.') }],
  ['a string in a binary attribute', { a: { DataType: 'Binary', StringValue: 'v' } }],
  ['bytes in a string attribute', { a: { DataType: 'String', BinaryValue: 'AA==' } }],
  ['a number that is none', { a: text('twelve', 'Number') }],
  ['a number with 39 digits', { a: text('1'.repeat(39), 'Number') }],
  ['a name that starts with a dot', { '.a': text('v') }],
  ['a name that ends with a dot', { 'a.': text('v') }],
  ['two dots in a row', { 'a..b': text('v') }],
  ['a space in a name', { 'a b': text('v') }],
  ['a reserved name', { 'AWS.a': text('v') }],
  ['a reserved name in other case', { 'amazon.a': text('v') }],
  ['a name of 257 characters', { ['a'.repeat(257)]: text('v') }],
])('a message attribute with %s is refused', (_, MessageAttributes) => {
  const orders = createSqsWorld().queue('orders');
  refused(() => orders.send('x', { MessageAttributes }), 'InvalidParameterValueException');
});

test('custom attribute types and long numbers are kept as given', () => {
  const orders = createSqsWorld().queue('orders');
  const MessageAttributes = {
    ['a'.repeat(256)]: text('v', 'String.uuid'),
    n: text('-1.5e-100', 'Number.float'),
    d: text('1'.repeat(38), 'Number'),
    b: { DataType: 'Binary.png', BinaryValue: 'AgME' },
  };
  orders.send('x', { MessageAttributes });
  expect(orders.receive({ MessageAttributeNames: ['All'] })[0]?.MessageAttributes).toEqual(MessageAttributes);
});

test('an empty body and a missing body are refused', () => {
  const { call, queue } = createSqsWorld();
  const orders = queue('orders');
  refused(() => orders.send(''), 'MissingRequiredParameterException');
  refused(() => call('SendMessage', { QueueUrl: orders.url }), 'MissingRequiredParameterException');
});

test('the trace header is the only system attribute; it has a digest of its own and does not count as size', () => {
  const orders = createSqsWorld().queue('orders');
  const MessageSystemAttributes = { AWSTraceHeader: text('Root=1-3152b799-8954dae64eda91bc9a23a7e8') };
  const sent = orders.send('x'.repeat(MIB), { MessageSystemAttributes });
  expect(sent['MD5OfMessageSystemAttributes']).toMatch(/^[0-9a-f]{32}$/);
  expect(orders.receive({ MessageSystemAttributeNames: ['AWSTraceHeader'] })[0]?.Attributes).toEqual({
    AWSTraceHeader: 'Root=1-3152b799-8954dae64eda91bc9a23a7e8',
  });
  refused(() => orders.send('x', { MessageSystemAttributes: { Other: text('v') } }), 'InvalidParameterValueException');
});

test('a delay hides a message for exactly its time; the message overrides the queue; 900 seconds are the most', () => {
  const { clock, queue } = createSqsWorld();
  const orders = queue('orders', { DelaySeconds: '10' });
  orders.send('by queue');
  orders.send('at once', { DelaySeconds: 0 });
  orders.send('long', { DelaySeconds: 900 });
  refused(() => orders.send('x', { DelaySeconds: 901 }), 'InvalidParameterValueException');
  refused(() => orders.send('x', { DelaySeconds: -1 }), 'InvalidParameterValueException');
  expect(orders.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 2 });
  expect(bodies(orders.receive())).toEqual(['at once']);
  clock.advance(9_999);
  expect(orders.receive()).toEqual([]);
  clock.advance(1);
  expect(bodies(orders.receive())).toEqual(['by queue']);
  clock.advance(890_000);
  expect(orders.counts().visible).toBe(3);
});

test('the four faults of a batch envelope refuse the whole batch', () => {
  const { call, queue } = createSqsWorld();
  const orders = queue('orders');
  const send = (ids: readonly string[]) =>
    call('SendMessageBatch', { QueueUrl: orders.url, Entries: ids.map((Id) => ({ Id, MessageBody: 'x' })) });
  refused(() => send([]), 'EmptyBatchRequest');
  const many = refused(() => send(Array.from({ length: 11 }, (_, index) => `e${index}`)), 'TooManyEntriesInBatchRequest');
  expect(many.message).toBe('Maximum number of entries per request are 10. You have sent 11.');
  refused(() => send(['a', 'a']), 'BatchEntryIdsNotDistinct');
  for (const id of ['', 'a b', 'x'.repeat(81), 'a:b']) refused(() => send([id]), 'InvalidBatchEntryId');
  expect(orders.counts().visible).toBe(0);
  send(['x'.repeat(80), 'A-b_9']);
  expect(orders.counts().visible).toBe(2);
});

test('a batch may have 1 MiB in all and not one byte more', () => {
  const { call, queue } = createSqsWorld();
  const orders = queue('orders');
  const send = (last: number) =>
    call('SendMessageBatch', {
      QueueUrl: orders.url,
      Entries: [MIB / 2, last].map((length, index) => ({ Id: `e${index}`, MessageBody: 'x'.repeat(length) })),
    });
  const error = refused(() => send(MIB / 2 + 1), 'BatchRequestTooLong');
  expect(error.message).toBe('Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.');
  expect(send(MIB / 2)['Failed']).toEqual([]);
});

test('a bad entry of a batch fails alone', () => {
  const { call, queue } = createSqsWorld();
  const orders = queue('orders');
  const output = call('SendMessageBatch', {
    QueueUrl: orders.url,
    Entries: [
      { Id: 'good', MessageBody: 'one' },
      { Id: 'character', MessageBody: '\u0000' },
      { Id: 'delay', MessageBody: 'x', DelaySeconds: 901 },
      { Id: 'also-good', MessageBody: 'two' },
    ],
  });
  expect(output['Successful']).toMatchObject([{ Id: 'good' }, { Id: 'also-good' }]);
  expect(output['Failed']).toMatchObject([
    { Id: 'character', SenderFault: true, Code: 'InvalidMessageContents' },
    { Id: 'delay', SenderFault: true, Code: 'InvalidParameterValue' },
  ]);
  expect(bodies(orders.receive())).toEqual(['one', 'two']);
});

test('a standard queue takes a message group id for fairness, but no deduplication id', () => {
  const orders = createSqsWorld().queue('orders');
  orders.send('x', { MessageGroupId: 'tenant-1' });
  expect(orders.receive({ AttributeNames: ['All'] })[0]?.Attributes).toMatchObject({ MessageGroupId: 'tenant-1' });
  refused(() => orders.send('x', { MessageDeduplicationId: 'd' }), 'InvalidParameterValueException');
});
