import type { Cancel, Clock } from '../../core/clock.ts';
import { deriveId } from '../../core/ids.ts';
import type { Schedule } from './schedule.ts';
import { nextRun } from './schedule-expression.ts';

/** What happens as time passes over a schedule. */
export interface ScheduleTimersDeps {
  readonly clock: Clock;
  /** Runs the schedule for one scheduled time; resolves when its target has been called for good. */
  readonly run: (schedule: Schedule, scheduledTime: number) => Promise<void>;
  /** The schedule will never run again, and its last run is over. */
  readonly completed: (schedule: Schedule) => void;
}

/** The timers of all schedules. */
export interface ScheduleTimers {
  arm(schedule: Schedule): void;
  disarm(arn: string): void;
}

/** Longer waits are cut up: setTimeout counts in 31 bits. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/** Keeps one timer for each enabled schedule. A run missed while the process slept is skipped, not made up for. */
export function createScheduleTimers({ clock, run, completed }: ScheduleTimersDeps): ScheduleTimers {
  const timers = new Map<string, Cancel>();

  function disarm(arn: string): void {
    timers.get(arn)?.();
    timers.delete(arn);
  }

  function waitFor(schedule: Schedule, due: number, fire: () => void): void {
    const wait = Math.min(Math.max(0, due - clock.now()), MAX_WAIT_MS);
    timers.set(
      schedule.arn,
      clock.after(wait, () => (clock.now() >= due ? fire() : waitFor(schedule, due, fire))),
    );
  }

  function armAfter(schedule: Schedule, after: number, last: Promise<void>): void {
    const next = nextRun(schedule.expression, after, boundsOf(schedule));
    if (next === undefined) {
      timers.delete(schedule.arn);
      void last.then(() => completed(schedule));
      return;
    }
    waitFor(schedule, next + flexibility(schedule, next), () => {
      const running = run(schedule, next);
      armAfter(schedule, Math.max(next, clock.now() - windowMs(schedule)), running);
    });
  }

  return {
    disarm,
    arm(schedule) {
      disarm(schedule.arn);
      if (schedule.input.State === 'DISABLED') return;
      // A schedule that has nothing to run when it is made is not complete: it never began.
      const first = nextRun(schedule.expression, clock.now() - 1, boundsOf(schedule));
      if (first !== undefined) armAfter(schedule, clock.now() - 1, Promise.resolve());
    },
  };
}

function boundsOf({ input, modified }: Schedule) {
  const start = input.StartDate === undefined ? undefined : input.StartDate * 1000;
  const end = input.EndDate === undefined ? undefined : input.EndDate * 1000;
  return { zone: input.ScheduleExpressionTimezone ?? 'UTC', anchor: start ?? modified, start, end };
}

const windowMs = ({ input: { FlexibleTimeWindow } }: Schedule): number =>
  FlexibleTimeWindow.Mode === 'FLEXIBLE' ? (FlexibleTimeWindow.MaximumWindowInMinutes ?? 0) * 60_000 : 0;

/** Where in a flexible window a run falls: spread over schedules and times, and the same for the same ones. */
function flexibility(schedule: Schedule, scheduledTime: number): number {
  const window = windowMs(schedule);
  return window === 0 ? 0 : Number.parseInt(deriveId(schedule.arn, String(scheduledTime)).slice(0, 8), 16) % window;
}
