import { expect, test } from 'vitest';
import { readBatchResponse } from '../../../lib/local/event-source-mapping/batch-response.ts';

const KNOWN = new Set(['m1', 'm2', 'm3']);
const kindOf = (payload: unknown) => readBatchResponse(payload, KNOWN).kind;

test.each([
  ['undefined', undefined],
  ['null', null],
  ['an empty object', {}],
  ['a null list', { batchItemFailures: null }],
  ['an empty list', { batchItemFailures: [] }],
])('batch response: %s is complete success', (_name, payload) => {
  expect(kindOf(payload)).toBe('success');
});

test.each<[string, unknown]>([
  ['a text', 'done'],
  ['an array', []],
  ['a list that is no list', { batchItemFailures: 'm1' }],
  ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
  ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
  ['an identifier of no message of the batch', { batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm9' }] }],
  ['a wrong key', { batchItemFailures: [{ messageId: 'm1' }] }],
  ['a bare identifier', { batchItemFailures: ['m1'] }],
])('batch response: %s is complete failure', (_name, payload) => {
  expect(kindOf(payload)).toBe('failure');
});

test('batch response: known identifiers name the failures', () => {
  const verdict = readBatchResponse({ batchItemFailures: [{ itemIdentifier: 'm2' }, { itemIdentifier: 'm2' }] }, KNOWN);
  expect(verdict).toEqual({ kind: 'partial', failed: new Set(['m2']) });
});
