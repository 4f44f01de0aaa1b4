import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { PAUSING_ENV } from '../consumer/consumer.contract.ts';
import { createMappingStop, type MappingClient, type ResumeClient } from '../consumer/consumer.pausing.ts';
import type { DeliveryStop } from '../consumer/consumer.ports.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { requiredEnv } from '../core/env.ts';
import { type Rng, systemRng } from '../core/rng.ts';
import { limitCalls } from '../retry/call-limit.ts';
import { CLIENT_SETTINGS } from '../retry/client-settings.ts';

/** What `createPausing` takes; inside a function that a construct deployed as `pausable`, nothing is needed. */
export interface PausingOptions {
  /** A Lambda client created with `maxAttempts: 1`. @default - one of its own */
  readonly lambda?: MappingClient;
  /** A Scheduler client created with `maxAttempts: 1`. @default - one of its own */
  readonly scheduler?: ResumeClient;
  readonly clock?: Clock;
  readonly rng?: Rng;
}

/**
 * Lets a `pause` rule stop the deliveries of the consumer's queue, by disabling its event source mapping for that time: messages that wait
 * then spend no receives. Without it a pause is one of each process.
 *
 * Promise: a mapping that was disabled is enabled again when the pause is over, whatever crashes: the schedule that does it is there first,
 * and does it four times in a quarter of an hour, should Lambda refuse.
 * No promise: to the second, for schedules run within a minute, and mappings take seconds to change; pauses under a minute do not stop
 * deliveries. What is delivered meanwhile goes back uncharged. The one schedule stays in the default group, for the next pause to move; delete
 * it with the stack, if it is in the way.
 *
 * Throws `MissingEnvError` (code `ENV_MISSING`) where the construct is not `pausable`.
 *
 * @example
 * export const handler = createConsumer({
 *   name: 'charge-card',
 *   pausing: createPausing(),
 *   errors: [errorRule({ code: 'BANK_CLOSED' }, pause(15 * 60_000))],
 *   handlers: [on(OrderPlaced, charge)],
 * });
 */
export function createPausing(options: PausingOptions = {}): DeliveryStop {
  const given = (name: string) => requiredEnv(name, 'a Consumer or CommandQueue that is pausable');
  return createMappingStop({
    clock: options.clock ?? systemClock,
    rng: options.rng ?? systemRng,
    lambda: options.lambda ?? limitCalls(new LambdaClient(CLIENT_SETTINGS)),
    scheduler: options.scheduler ?? limitCalls(new SchedulerClient(CLIENT_SETTINGS)),
    queueArn: given(PAUSING_ENV.queue),
    scheduleName: given(PAUSING_ENV.schedule),
    roleArn: given(PAUSING_ENV.role),
    functionName: given('AWS_LAMBDA_FUNCTION_NAME'),
  });
}
