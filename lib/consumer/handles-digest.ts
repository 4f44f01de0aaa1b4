import { createHash } from 'node:crypto';

/**
 * One short value for a set of wire names. The construct puts the digest of what the subscription lets through on the
 * function, the runtime compares it with what the code handles: a filter that lags behind its handlers drops messages
 * without an error anywhere, so a difference must stop the deployment's first invocation, not surface weeks later.
 * Order and repetition do not count.
 *
 * @example
 * handlesDigest(['orders.order-placed', 'orders.order-paid']) === handlesDigest(['orders.order-paid', 'orders.order-placed']); // => true
 */
export function handlesDigest(names: Iterable<string>): string {
  const sorted = [...new Set(names)].sort();
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 32);
}
