import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { CONSUMER_ENV, LONG_WAITS_ENV } from '../consumer/consumer.contract.ts';
import type { LongWaits } from '../consumer/consumer.ports.ts';
import { createScheduledWaits, type ScheduleClient } from '../consumer/consumer.scheduler.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { requiredEnv } from '../core/env.ts';
import { type Rng, systemRng } from '../core/rng.ts';
import { limitCalls } from '../retry/call-limit.ts';
import { CLIENT_SETTINGS } from '../retry/client-settings.ts';

/** What `createLongWaits` takes; inside a function that a construct deployed with `longRetries`, nothing is needed. */
export interface LongWaitsOptions {
  /** A Scheduler client created with `maxAttempts: 1`. @default - one of its own */
  readonly client?: ScheduleClient;
  readonly clock?: Clock;
  readonly rng?: Rng;
}

/**
 * Lets a consumer of a standard queue wait longer than the 12 hours that SQS can hide a message: a one-time schedule of the EventBridge
 * Scheduler sends it to the queue again, body byte for byte, and the received copy is deleted. Attempts and history go on.
 *
 * Promise: a wait that was begun ends, whatever crashes between the schedule and the deletion; two copies take effect once.
 * No promise: to the second, for schedules run within a minute; and messages of more than 200 KB, with ten attributes or a binary one are
 * hidden in the queue for up to 11 hours at a time instead, as those of FIFO queues are. For these the queue's retention is the limit.
 *
 * Throws `MissingEnvError` (code `ENV_MISSING`) where the construct was not given `longRetries`.
 *
 * @example
 * export const handler = createConsumer({
 *   name: 'remind-customer',
 *   longWaits: createLongWaits(),
 *   retry: fixed([86_400_000, 3 * 86_400_000]),
 *   handlers: [on(InvoiceSent, remind)],
 * });
 */
export function createLongWaits(options: LongWaitsOptions = {}): LongWaits {
  const { clock = systemClock, rng = systemRng, client = limitCalls(new SchedulerClient(CLIENT_SETTINGS)) } = options;
  const given = (name: string) => requiredEnv(name, 'a Consumer or CommandQueue with longRetries');
  return createScheduledWaits({
    client,
    clock,
    rng,
    queueUrl: given(CONSUMER_ENV.queueUrl),
    group: given(LONG_WAITS_ENV.group),
    roleArn: given(LONG_WAITS_ENV.role),
    deadLetterQueueArn: given(LONG_WAITS_ENV.deadLetterQueue),
  });
}
