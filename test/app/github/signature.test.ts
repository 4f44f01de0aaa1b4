import { expect, test } from 'vitest';
import { isSignedBy, signatureOf } from '../../../lib/app/github/signature.ts';

const bytes = (text: string) => Buffer.from(text);

test("a signature is the one of GitHub's own example", () => {
  // docs.github.com, "Validating webhook deliveries", "Testing the webhook payload validation"
  expect(signatureOf('Hello, World!', "It's a Secret to Everybody")).toBe(
    'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  );
});

test('a body is signed by whoever holds the secret, over the bytes that were sent', () => {
  expect(isSignedBy('secret', bytes('{"a": 1}'), signatureOf('{"a": 1}', 'secret'))).toBe(true);
  expect(isSignedBy('secret', bytes('{"a":1}'), signatureOf('{"a": 1}', 'secret'))).toBe(false);
  expect(isSignedBy('other', bytes('{"a": 1}'), signatureOf('{"a": 1}', 'secret'))).toBe(false);
  expect(isSignedBy('secret', Buffer.from([0xff, 0x00]), signatureOf(Buffer.from([0xff, 0x00]), 'secret'))).toBe(true);
});

test('a signature of another length, kind or spelling is refused without an error', () => {
  const right = signatureOf('x', 'secret');
  for (const given of [
    undefined,
    '',
    'sha256=',
    right.slice(7),
    right.slice(0, -1),
    `${right}0`,
    right.toUpperCase(),
    `é${right.slice(1)}`,
  ]) {
    expect(isSignedBy('secret', bytes('x'), given)).toBe(false);
  }
});
