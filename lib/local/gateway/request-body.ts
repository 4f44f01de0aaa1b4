import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AwsError } from '../aws.ts';
import { unchunk } from './aws-chunked.ts';
import { headerOf } from './exchange.ts';

const inflate = promisify(gunzip);

/** The bytes of a request as the caller meant them, and its headers with the trailers that followed the body. */
export interface ReadBody {
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
}

/** Reads everything the client sends. Without a limit of its own: every service refuses what is too large for it in its own words. */
export async function readBytes(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}

/**
 * Undoes `aws-chunked` and gzip request compression. A stored object keeps its own Content-Encoding: only a body sent to a service other than
 * S3 is inflated, because to S3 `gzip` describes the object.
 */
export async function decodeBody(raw: Buffer, headers: IncomingHttpHeaders, toS3: boolean): Promise<ReadBody> {
  const encodings = (headerOf(headers, 'content-encoding') ?? '').split(',').map((name) => name.trim());
  const streaming = headerOf(headers, 'x-amz-content-sha256')?.startsWith('STREAMING-') ?? false;
  if (streaming || encodings.includes('aws-chunked')) {
    const { body, trailers } = unchunk(raw);
    const kept = encodings.filter((name) => name !== 'aws-chunked' && name !== '');
    const { 'content-encoding': _, ...others } = headers;
    return { body, headers: { ...others, ...trailers, ...(kept.length > 0 && { 'content-encoding': kept.join(',') }) } };
  }
  if (toS3 || !encodings.includes('gzip')) return { body: raw, headers };
  try {
    return { body: await inflate(raw), headers };
  } catch {
    throw new AwsError('SerializationException', 'The request says Content-Encoding: gzip, but its body is not gzip.');
  }
}
