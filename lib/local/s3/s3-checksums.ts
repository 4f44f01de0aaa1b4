import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Json } from '../aws.ts';
import { s3Error } from './s3-errors.ts';
import type { S3Input } from './s3-state.ts';

/** The MD5 of a body, in hex. */
export const md5 = (body: Uint8Array): string => createHash('md5').update(body).digest('hex');

function crc32Base64(body: Uint8Array): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

/** Checksums that are computed and compared; the others are stored as the client gave them. */
const COMPUTED: Readonly<Record<string, (body: Uint8Array) => string>> = {
  ChecksumCRC32: crc32Base64,
  ChecksumSHA1: (body) => createHash('sha1').update(body).digest('base64'),
  ChecksumSHA256: (body) => createHash('sha256').update(body).digest('base64'),
};
const STORED = ['ChecksumCRC32C', 'ChecksumCRC64NVME'];

/**
 * Verifies the checksums that came with a body and returns them for the object (Amazon S3 User Guide, "Checking object integrity").
 */
export function verifiedChecksums(input: S3Input, body: Uint8Array): Json {
  if (input.ContentMD5 !== undefined) {
    if (Buffer.from(input.ContentMD5, 'base64').length !== 16) throw s3Error('InvalidDigest');
    if (Buffer.from(input.ContentMD5, 'base64').toString('hex') !== md5(body)) throw s3Error('BadDigest');
  }
  const checksums: Json = {};
  for (const [member, compute] of Object.entries(COMPUTED)) {
    const given = input[member];
    if (given === undefined) continue;
    if (given !== compute(body)) throw s3Error('BadDigest');
    checksums[member] = given;
  }
  for (const member of STORED) if (input[member] !== undefined) checksums[member] = input[member];
  return Object.keys(checksums).length === 0 ? checksums : { ...checksums, ChecksumType: 'FULL_OBJECT' };
}
