import { createHash } from 'node:crypto';

/** What a physical name may be at most, by service (Lambda and SQS quotas; SNS allows more than we use). */
export const NAME_LIMITS = { function: 64, queue: 80, topic: 256, schedule: 64 } as const;

/** How long a physical name may be, and how it ends. */
export interface NameOptions {
  readonly max: number;
  /** @default - nothing */
  readonly suffix?: string;
}

/**
 * `<stack>-<name><suffix>`: one name for the queue, the function and the log group, so that what a person reads in a dashboard is what the
 * code says. The name of a queue must be known before the queue exists: its dead-letter queue names it in its redrive allow policy.
 * A name over `max` loses the end of the stack's name to a hash.
 *
 * @example
 * nameWithin('shop', 'ship-order', { max: NAME_LIMITS.queue, suffix: '.fifo' }); // => 'shop-ship-order.fifo'
 */
export function nameWithin(stack: string, name: string, { max, suffix = '' }: NameOptions): string {
  const whole = `${stack}-${name}${suffix}`;
  if (whole.length <= max) return whole;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  const own = `${hash}-${name}`.slice(0, max - suffix.length);
  const room = max - own.length - suffix.length - 1;
  return `${room > 0 ? `${stack.slice(0, room)}-` : ''}${own}${suffix}`;
}
