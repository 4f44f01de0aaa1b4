import { expect, test } from 'vitest';
import { unchunk } from '../../../lib/local/gateway/aws-chunked.ts';

const encoded = (text: string) => Buffer.from(text, 'latin1');

test('chunks with signatures become one body, and what follows becomes headers', () => {
  const { body, trailers } = unchunk(
    encoded(
      '5;chunk-signature=ab\r\na\r\nbc\r\nA;chunk-signature=cd\r\n0123456789\r\n0\r\nX-Amz-Checksum-Crc32: AAAA\r\nx-amz-trailer-signature:ef\r\n\r\n',
    ),
  );
  expect([body.toString(), trailers]).toEqual(['a\r\nbc0123456789', { 'x-amz-checksum-crc32': 'AAAA', 'x-amz-trailer-signature': 'ef' }]);
});

test('an empty body has only the last chunk', () => {
  expect(unchunk(encoded('0\r\n\r\n'))).toEqual({ body: Buffer.alloc(0), trailers: {} });
});

test.each(['', 'plain text', '5\r\nabc', '3\r\nabc\r\n', 'zz\r\nabc\r\n0\r\n\r\n'])('%j is not a whole body', (text) => {
  expect(() => unchunk(encoded(text))).toThrow('terminated unexpectedly');
});
