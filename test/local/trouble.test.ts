import { expect, test } from 'vitest';
import { troubleIn } from '../../lib/local/trouble.ts';

test('a warning is told in one line with what it is about', () => {
  const line = JSON.stringify({
    level: 'WARN',
    message: 'message failed',
    code: 'UNIT_DENIED',
    error: { message: 'no' },
    messageId: 'm1',
    service: 's',
  });
  expect(troubleIn(line)).toBe('message failed, code UNIT_DENIED, error no, messageId m1');
});

test('what is no trouble, no JSON, or told elsewhere, is not told', () => {
  expect(troubleIn('{"level":"INFO","message":"fine"}')).toBeUndefined();
  expect(troubleIn('plain text "level":"ERROR"')).toBeUndefined();
  expect(troubleIn('{"level":"ERROR","message":"Invoke Error \\t{}"}')).toBeUndefined();
});
