import { expect, test } from 'vitest';
import { errorText } from '../../lib/consumer/error-text.ts';

test('an error is told with its causes, as far as they say more', () => {
  const denied = new Error('not authorized to perform: dynamodb:PutItem on resource: orders');
  expect(errorText(new Error('nothing was written', { cause: denied }))).toBe(`nothing was written: ${denied.message}`);
  expect(errorText(new Error(`refused: ${denied.message}`, { cause: denied }))).toBe(`refused: ${denied.message}`);
  expect(errorText('thrown text')).toBe('thrown text');
  expect(errorText(undefined)).toBe('undefined');
});

test('it ends: long messages, long chains and circles are cut, whole characters only', () => {
  const circle = new Error('a');
  circle.cause = new Error('b', { cause: circle });
  expect(errorText(circle)).toBe('a: b');
  const text = errorText(new Error('🚀'.repeat(1_000).slice(1)));
  expect(text).toHaveLength(500);
  expect(text.isWellFormed()).toBe(true);
});
