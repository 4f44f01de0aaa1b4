import type { CreateScheduleCommandOutput } from '@aws-sdk/client-scheduler';
import { CreateScheduleCommand } from '@aws-sdk/client-scheduler';
import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import { errorName } from '../retry/aws-failure.ts';
import { retry } from '../retry/retry.ts';
import type { LongWaits } from './consumer.ports.ts';
import { fitsSchedule, type SchedulePlace, scheduleInput } from './consumer.schedule-input.ts';

/** The part of a Scheduler client that long waits need. */
export interface ScheduleClient {
  send(command: CreateScheduleCommand): Promise<CreateScheduleCommandOutput>;
}

/** What long waits depend on. */
export interface ScheduledWaitsOptions extends SchedulePlace {
  /** Created with `maxAttempts: 1`. */
  readonly client: ScheduleClient;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** Long waits by one-time schedules that send to the queue. */
export function createScheduledWaits({ client, clock, rng, ...place }: ScheduledWaitsOptions): LongWaits {
  return {
    takes: (record) => fitsSchedule(record, place.queueUrl),
    async comeBack(wait, options = {}) {
      const input = scheduleInput(wait, place);
      try {
        await retry(() => client.send(new CreateScheduleCommand(input)), { clock, rng, ...options });
      } catch (error) {
        // It is there: this very wait was scheduled before, or an earlier try's answer was lost.
        if (errorName(error) !== 'ConflictException') throw error;
      }
    },
  };
}
