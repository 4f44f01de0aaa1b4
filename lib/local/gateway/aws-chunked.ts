import { AwsError } from '../aws.ts';

/** A body sent as `aws-chunked`: its bytes, and the headers that followed them. */
export interface Unchunked {
  readonly body: Buffer;
  readonly trailers: Record<string, string>;
}

const LINE_END = '\r\n';
/** A size, and what signs the chunk. */
const CHUNK_HEAD = /^([0-9a-f]{1,12})(?:;.*)?$/i;

/**
 * Undoes the `aws-chunked` content encoding: `<hex size>[;chunk-signature=…]CRLF <bytes> CRLF`, a chunk of size 0, then trailing
 * headers (Amazon S3 API Reference, "Signature calculations … transferring payload in multiple chunks").
 */
export function unchunk(encoded: Buffer): Unchunked {
  const pieces: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const lineEnd = encoded.indexOf(LINE_END, offset);
    if (lineEnd < 0) throw incomplete();
    const digits = CHUNK_HEAD.exec(encoded.toString('latin1', offset, lineEnd))?.[1];
    if (digits === undefined) throw incomplete();
    const size = Number.parseInt(digits, 16);
    const start = lineEnd + LINE_END.length;
    if (size === 0) return { body: Buffer.concat(pieces), trailers: trailersOf(encoded.toString('latin1', start)) };
    if (encoded.toString('latin1', start + size, start + size + LINE_END.length) !== LINE_END) throw incomplete();
    pieces.push(encoded.subarray(start, start + size));
    offset = start + size + LINE_END.length;
  }
}

function trailersOf(text: string): Record<string, string> {
  const trailers: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return trailers;
}

const incomplete = () =>
  new AwsError('IncompleteBody', 'The request body terminated unexpectedly: it is not a whole aws-chunked body.', { status: 400 });
