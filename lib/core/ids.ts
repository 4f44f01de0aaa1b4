import { createHash, randomUUID } from 'node:crypto';

/** The only source of fresh identifiers, so that a simulated run is a function of its seed. */
export interface Ids {
  /** A fresh identifier that nothing else has: a UUID in lower case. */
  next(): string;
}

/** Random (version 4) UUIDs from the platform. */
export const systemIds: Ids = { next: () => randomUUID() };

/**
 * The identifier that the same parts always give: a UUID shaped from SHA-256 (RFC 9562 version 8), so that a retry of the
 * same work names its messages as the first try did.
 *
 * Parts are length-prefixed before hashing: `deriveId('ab', 'c')` and `deriveId('a', 'bc')` differ.
 *
 * @example
 * deriveId('ship-order', message.id, '0')
 */
export function deriveId(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  const bytes = hash.digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
