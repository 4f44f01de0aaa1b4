import type { ListEventSourceMappingsCommandOutput, UpdateEventSourceMappingCommandOutput } from '@aws-sdk/client-lambda';
import { ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import type { CreateScheduleCommandInput, CreateScheduleCommandOutput, UpdateScheduleCommandOutput } from '@aws-sdk/client-scheduler';
import { CreateScheduleCommand, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { type Clock, sleep } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import { errorName } from '../retry/aws-failure.ts';
import { type RetryOptions, retry } from '../retry/retry.ts';
import { ConsumerConfigError } from './consumer.errors.ts';
import type { DeliveryStop } from './consumer.ports.ts';

/** The part of a Lambda client that pausing needs. */
export interface MappingClient {
  send(command: ListEventSourceMappingsCommand): Promise<ListEventSourceMappingsCommandOutput>;
  send(command: UpdateEventSourceMappingCommand): Promise<UpdateEventSourceMappingCommandOutput>;
}

/** The part of a Scheduler client that pausing needs. */
export interface ResumeClient {
  send(command: CreateScheduleCommand): Promise<CreateScheduleCommandOutput>;
  send(command: UpdateScheduleCommand): Promise<UpdateScheduleCommandOutput>;
}

/** What stopping a queue's deliveries depends on. */
export interface MappingStopOptions {
  readonly lambda: MappingClient;
  readonly scheduler: ResumeClient;
  readonly clock: Clock;
  readonly rng: Rng;
  /** ARN of the consumer's queue. */
  readonly queueArn: string;
  readonly functionName: string;
  /** Name of the one schedule that resumes this consumer; a longer pause moves it. */
  readonly scheduleName: string;
  /** ARN of the role as which the Scheduler enables the mapping. */
  readonly roleArn: string;
}

/** Schedules run within their minute (EventBridge Scheduler user guide, "Schedule types"), and a mapping takes seconds to change. */
const MIN_STOP_MS = 60_000;

/**
 * A mapping that is disabled after its schedule has run for the last time stays so: it is not disabled without that much time left, nor that
 * long after the schedule was asked for, since a shorter pause of another process may have moved it ahead.
 */
const MARGIN_MS = 30_000;

/**
 * Lambda refuses to enable a mapping that is still being disabled, or that a deployment changes (API_UpdateEventSourceMapping,
 * "ResourceInUseException"), and no page says which refusals the Scheduler tries again: it enables three times more.
 */
const RUNS_AGAIN = { rate: 'rate(5 minutes)', forMs: 16 * 60_000 } as const;

/** What it does try again, it tries for a day: the default, and the most there is. A pause ends however long Lambda is out of reach. */
const RESUME_RETRY = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 } as const;

/**
 * Processes that fail together pause together, and Lambda takes 15 of such requests a second from a whole account (Lambda quotas, rate of
 * control plane API requests): each waits for some of this time. Not longer, since messages are handed out, and go back, meanwhile.
 */
const SPREAD_MS = 1_000;

/**
 * Stops a queue's deliveries by disabling its event source mapping, so that waiting messages spend no receives. The schedule that enables it
 * again is made first: who dies in between leaves a mapping that is enabled, and a schedule that finds nothing to do. A pause under a minute
 * is not worth it.
 */
export function createMappingStop(options: MappingStopOptions): DeliveryStop {
  const { lambda, clock, rng } = options;
  let known: Promise<string> | undefined;
  return {
    async stopUntil(time, { until } = {}) {
      if (time - clock.now() < MIN_STOP_MS) return;
      const bounds = { clock, rng, ...(until !== undefined && { until }) };
      await spread(bounds);
      known ??= findMapping(options, bounds);
      const uuid = await known.catch((error) => {
        known = undefined;
        throw error;
      });
      const askedAt = clock.now();
      await retry(() => schedule(options, resumeInput(options, uuid, time)), bounds);
      const now = clock.now();
      if (time - now < MARGIN_MS || now - askedAt > MARGIN_MS) return;
      await retry(() => lambda.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: false })), bounds);
    },
  };
}

/** Half of what is left at most, where the time is short. */
function spread({ clock, rng, until = Number.POSITIVE_INFINITY }: RetryOptions): Promise<void> {
  return sleep(clock, rng.next() * Math.min(SPREAD_MS, Math.max(0, until - clock.now()) / 2));
}

/**
 * Asked, not deployed: a mapping names its function, so a function whose settings named the mapping could not be made. The answer is small,
 * since a queue has few mappings.
 */
async function findMapping({ lambda, queueArn, functionName }: MappingStopOptions, bounds: RetryOptions): Promise<string> {
  const list = () => lambda.send(new ListEventSourceMappingsCommand({ EventSourceArn: queueArn }));
  const { EventSourceMappings: found = [] } = await retry(list, bounds);
  const own = found.find(({ FunctionArn }) => FunctionArn?.split(':')[6] === functionName);
  if (own?.UUID !== undefined) return own.UUID;
  throw new ConsumerConfigError(
    `no event source mapping leads from ${queueArn} to the function ${functionName}, so there is none to pause: deploy it with the Consumer construct`,
  );
}

function resumeInput({ scheduleName, roleArn }: MappingStopOptions, uuid: string, time: number): CreateScheduleCommandInput {
  const partition = roleArn.split(':')[1] ?? 'aws';
  // In whole seconds, and never before the pause is over.
  const start = Math.ceil(time / 1_000) * 1_000;
  return {
    Name: scheduleName,
    // A rate runs first at its start date (EventBridge Scheduler user guide, "Rate-based schedules").
    ScheduleExpression: RUNS_AGAIN.rate,
    StartDate: new Date(start),
    EndDate: new Date(start + RUNS_AGAIN.forMs),
    FlexibleTimeWindow: { Mode: 'OFF' },
    // It stays, for the next pause to move: one that deletes itself does so a while after it ran, with whatever it was moved to meanwhile
    // (AWS Compute Blog, "Automatically delete schedules upon completion").
    ActionAfterCompletion: 'NONE',
    Target: {
      Arn: `arn:${partition}:scheduler:::aws-sdk:lambda:updateEventSourceMapping`,
      RoleArn: roleArn,
      RetryPolicy: RESUME_RETRY,
      // Universal targets name members as the SDK for Java does: `Uuid`, not `UUID`.
      Input: JSON.stringify({ Uuid: uuid, Enabled: true }),
    },
  };
}

/** The one that is there is moved; should somebody delete it in that very moment, it is made anew. */
async function schedule({ scheduler }: MappingStopOptions, input: CreateScheduleCommandInput): Promise<void> {
  try {
    await scheduler.send(new CreateScheduleCommand(input));
  } catch (error) {
    if (errorName(error) !== 'ConflictException') throw error;
    await moveOrMake(scheduler, input);
  }
}

async function moveOrMake(scheduler: ResumeClient, input: CreateScheduleCommandInput): Promise<void> {
  try {
    await scheduler.send(new UpdateScheduleCommand(input));
  } catch (error) {
    if (errorName(error) !== 'ResourceNotFoundException') throw error;
    await scheduler.send(new CreateScheduleCommand(input));
  }
}
