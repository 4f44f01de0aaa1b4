import { createHash } from 'node:crypto';
import { HANDLES_ALL } from './consumer.contract.ts';

/**
 * A digest of the wire names that a consumer handles, in any order: what the construct deploys and the runtime compares, so that a filter
 * that lets other messages through than the code handles is found at start, not message by message. `'*'` stays `'*'`.
 *
 * @example
 * handlesDigest(['orders.order-placed']) === handlesDigest(['orders.order-placed', 'orders.order-placed']); // => true
 */
export function handlesDigest(names: readonly string[]): string {
  if (names.includes(HANDLES_ALL)) return HANDLES_ALL;
  return createHash('sha256')
    .update([...new Set(names)].sort().join('\n'))
    .digest('hex')
    .slice(0, 32);
}
