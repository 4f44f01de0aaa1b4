import { CONSUMER_ENV } from './consumer.contract.ts';
import { ConsumerConfigError } from './consumer.errors.ts';
import type { ConsumerSettings } from './consumer.ports.ts';

/** What the construct says of the queue: when it forgets a message, and when it gives one up. */
export function queueLimitsOf(
  env: Readonly<Record<string, string | undefined>>,
): Pick<ConsumerSettings, 'queueRetentionMs' | 'maxReceiveCount'> {
  const retention = positiveOf(env, CONSUMER_ENV.queueRetention);
  return {
    queueRetentionMs: retention === undefined ? undefined : retention * 1_000,
    maxReceiveCount: positiveOf(env, CONSUMER_ENV.maxReceiveCount),
  };
}

function positiveOf(env: Readonly<Record<string, string | undefined>>, name: string): number | undefined {
  const text = env[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new ConsumerConfigError(`${name} is '${text}'; the Consumer construct sets it to a number above 0`);
}
