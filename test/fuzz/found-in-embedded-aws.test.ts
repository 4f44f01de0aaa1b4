import { expect, test } from 'vitest';
import { parseCondition } from '../../lib/local/dynamodb/condition-parser.ts';
import { compileFilterCriteria } from '../../lib/local/event-source-mapping/filter-criteria.ts';
import { unchunk } from '../../lib/local/gateway/aws-chunked.ts';
import { decodeCbor } from '../../lib/local/gateway/cbor.ts';
import { functionUrlEvent } from '../../lib/local/gateway/function-url.ts';
import { jsonExchange } from '../../lib/local/gateway/json-protocol.ts';
import { readQueryInput } from '../../lib/local/gateway/query-input.ts';
import { type QueryShape, shapeOfService } from '../../lib/local/gateway/query-shapes.ts';
import { isIpInBlock } from '../../lib/local/iam/ip-block.ts';
import { parsePolicyDocument } from '../../lib/local/iam/policy-document.ts';
import { wildcard } from '../../lib/local/iam/wildcard.ts';
import { compilePattern } from '../../lib/local/logs/filter-pattern.ts';
import { matchesFilter } from '../../lib/local/sns/filter-match.ts';
import { parseFilterPolicy } from '../../lib/local/sns/filter-policy.ts';
import { attributeFault } from '../../lib/local/sqs/attribute-names.ts';

const SQS = shapeOfService('sqs') as QueryShape;
const form = (text: string) => readQueryInput(new URLSearchParams(text), SQS);
const pattern = (rule: unknown) => compileFilterCriteria({ Filters: [{ Pattern: JSON.stringify({ body: { a: [rule] } }) }] });
const deepList = `{"a":${'['.repeat(100_000)}1${']'.repeat(100_000)}}`;

test('patterns with many stars are matched without trying their combinations, wherever patterns are written', () => {
  const [stars, text] = ['*a*a*a*a*a*a*a*a*b', 'a'.repeat(5_000)];
  expect(wildcard(stars)(text)).toBe(false);
  expect(wildcard(stars)(`${text}b`)).toBe(true);
  expect(pattern({ wildcard: stars })({ body: JSON.stringify({ a: text }) })).toBe(false);
  const policy = parseFilterPolicy(JSON.stringify({ a: [{ wildcard: stars }] }), 'MessageAttributes');
  expect(matchesFilter(policy, 'MessageAttributes', { message: '', attributes: { a: { DataType: 'String', StringValue: text } } })).toBe(
    false,
  );
});

test.each(['a', 'a.b.c'])('a body that nests lists a hundred thousand times is looked at like any other, by a policy on %s', (path) => {
  const keys = path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), [1]);
  const policy = parseFilterPolicy(JSON.stringify(keys), 'MessageBody');
  expect(matchesFilter(policy, 'MessageBody', { message: deepList, attributes: {} })).toBe(path === 'a');
});

test('a filter policy nested beyond what its values may count is too complex', () => {
  const nested = `${'{"a":'.repeat(40_000)}[1]${'}'.repeat(40_000)}`;
  expect(() => parseFilterPolicy(nested, 'MessageBody')).toThrow('Filter policy is too complex');
});

test('a rule for the key __proto__ is a rule: it does not let everything through', () => {
  const policy = parseFilterPolicy('{"__proto__":["a"]}', 'MessageAttributes');
  expect(matchesFilter(policy, 'MessageAttributes', { message: '', attributes: {} })).toBe(false);
});

test.each<object>([{ constructor: 'x' }, { numeric: ['toString', 1] }, { numeric: [{ toString: 1 }, 1] }, { cidr: '10.0.0.0/' }])(
  'what every object inherits is no operator of an event pattern: %j',
  (rule) => {
    expect(() => pattern(rule)).toThrow('Invalid filter pattern definition.');
  },
);

test.each(['Filters', [{ Pattern: 7 }]])('filter criteria of another type are refused as a parameter: %j', (Filters) => {
  expect(() => compileFilterCriteria({ Filters })).toThrow(expect.objectContaining({ code: 'InvalidParameterValueException' }));
});

test('what every object inherits is no target of a request', () => {
  const request = { method: 'POST', path: '/', rawQuery: '', query: new URLSearchParams(), headers: {}, body: Buffer.from('{}') };
  expect(() => jsonExchange(request, 'constructor.Send').decode()).toThrow('names no service');
});

test('a form keeps members that are named as what every object inherits, and has a bound for its levels', () => {
  expect(Object.entries(form('constructor.1.a=b&__proto__.x=1'))).toEqual([
    ['constructor', { 1: { a: 'b' } }],
    ['__proto__', { x: '1' }],
  ]);
  expect(() => form(`${'a.'.repeat(100_000)}b=1`)).toThrow('levels');
});

test.each([
  ['bytes behind the value', [0x01, 0x02]],
  ['a reserved length', [0x1c]],
  ['a break out of place', [0xff]],
  ['an undefined simple value', [0xe0]],
  ['a member whose name is no text', [0xa1, 0x01, 0x01]],
])('CBOR with %s is refused', (_, bytes) => {
  expect(() => decodeCbor(Buffer.from(bytes))).toThrow(expect.objectContaining({ code: 'SerializationException' }));
});

test.each(['5zz\r\nabcde\r\n0\r\n\r\n', '0x5\r\nabcde\r\n0\r\n\r\n', '5\r\nabcdeXX0\r\n\r\n'])(
  'a chunk that is not framed as it says is incomplete: %j',
  (body) => {
    expect(() => unchunk(Buffer.from(body))).toThrow(expect.objectContaining({ code: 'IncompleteBody' }));
  },
);

test('a query parameter named as what every object inherits has its own value', () => {
  const request = {
    method: 'GET',
    path: '/',
    rawQuery: 'constructor=a&constructor=b',
    headers: {},
    body: Buffer.alloc(0),
    sourceIp: '',
    requestId: '',
  };
  const event = functionUrlEvent(request as never, { urlId: 'url', accountId: '0', region: 'us-east-1', now: 0 });
  expect(event['queryStringParameters']).toEqual({ constructor: 'a,b' });
});

test.each([
  null,
  7,
  { Action: 7 },
  { Resource: {} },
  { Condition: { StringEquals: null } },
  { Principal: null },
  { Principal: { AWS: [7] } },
])('a policy is refused as malformed for the statement %j', (change) => {
  const statement = typeof change === 'object' && change !== null ? { Effect: 'Allow', Action: 'sqs:*', Resource: '*', ...change } : change;
  expect(() => parsePolicyDocument({ Statement: [statement] })).toThrow(
    expect.objectContaining({ code: 'MalformedPolicyDocumentException' }),
  );
});

test.each(['10.0.0.0/99', '10.0.0.0/', '10.0.0.0/x', 'ten'])('no address is in what is no block: %s', (block) => {
  expect(isIpInBlock('10.1.2.3', block)).toBe(false);
});

test('a log line whose member has members of its own matches no comparison with a text', () => {
  expect(compilePattern('{ $.level = "x" }')('{"level":{"toString":1,"valueOf":1}}')).toBe(false);
  expect(compilePattern('{ $.a = "*a*a*a*a*a*a*b" }')(JSON.stringify({ a: 'a'.repeat(5_000) }))).toBe(false);
});

test.each([null, 7, { DataType: { toString: 1, valueOf: 1 } }])('an attribute that is none has an unknown type: %j', (attribute) => {
  expect(attributeFault({ type: attribute } as never)?.kind).toBe('unknown-type');
});

test('an expression of thousands of parentheses is a syntax error', () => {
  const text = `${'('.repeat(2_000)}a=:b${')'.repeat(2_000)}`;
  expect(parseCondition(text, { names: {}, values: { ':b': { S: '1' } } })).toContain('Syntax error');
});
