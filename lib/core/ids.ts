import { hash, randomUUID } from 'node:crypto';

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
  const hex = hash('sha256', parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join(''), 'hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
