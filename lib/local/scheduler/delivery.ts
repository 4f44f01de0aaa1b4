import type { Cancel, Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import { type Aws, AwsError, type Json } from '../aws.ts';
import type { AssumeRole } from './execution-role.ts';
import { DEFAULT_RETRY, type Schedule } from './schedule.ts';
import { contextOf, deadLetterOf, type TargetCall, targetCallOf } from './target-call.ts';

/** What a delivery needs from outside. */
export interface DeliveryDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly aws: () => Aws;
  /** Throws when the schedule's role cannot be assumed any more. */
  readonly assume: AssumeRole;
  /** Keeps the timer of a retry, so that it can be cancelled when the engine stops. */
  readonly keep: (cancel: Cancel) => Cancel;
}

const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 900_000;

/**
 * Calls a schedule's target for one scheduled time, again with exponential backoff while it fails in a way that may pass, then sends the
 * run to the dead-letter queue, if there is one. Never rejects.
 */
export async function deliver(deps: DeliveryDeps, schedule: Schedule, scheduledTime: number): Promise<void> {
  const { clock } = deps;
  const { Target: target } = schedule.input;
  const attempts = target.RetryPolicy?.MaximumRetryAttempts ?? DEFAULT_RETRY.attempts;
  const deadline = scheduledTime + (target.RetryPolicy?.MaximumEventAgeInSeconds ?? DEFAULT_RETRY.ageSeconds) * 1000;
  for (let attempt = 1; ; attempt++) {
    const context = contextOf({ schedule, scheduledTime, attempt, executionId: executionIdFrom(deps.ids) });
    const failure = await failureOf(() => call(deps, schedule, targetCallOf(target, context, deps.aws().place)));
    if (failure === undefined) return;
    const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), MAX_BACKOFF_MS);
    const exhausted =
      attempt > attempts ? 'MaximumRetryAttempts' : clock.now() + backoff > deadline ? 'MaximumEventAgeInSeconds' : undefined;
    const passes = mayPass(failure);
    if (passes && exhausted === undefined) {
      await wait(deps, backoff);
      continue;
    }
    const dead = deadLetterOf(
      target,
      { context, failure, retries: attempt - 1, exhausted: passes ? exhausted : undefined },
      deps.aws().place,
    );
    if (dead !== undefined) await failureOf(() => call(deps, schedule, dead));
    return;
  }
}

/** Sixteen hexadecimal digits, as AWS's execution ids have. */
const executionIdFrom = (ids: Ids): string => ids.next().replaceAll('-', '').slice(-16);

const wait = ({ clock, keep }: DeliveryDeps, ms: number): Promise<void> =>
  new Promise((resolve) => {
    const release = keep(
      clock.after(ms, () => {
        release();
        resolve();
      }),
    );
  });

async function call({ aws, assume }: DeliveryDeps, { group, input }: Schedule, request: TargetCall): Promise<Json> {
  const roleArn = input.Target.RoleArn;
  assume(roleArn, group);
  return aws().call({ ...request, caller: { kind: 'role', roleArn, sessionName: 'scheduler' } });
}

async function failureOf(work: () => Promise<Json>): Promise<AwsError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof AwsError ? error : new AwsError('InternalServerError', String(error), { status: 500 });
  }
}

/**
 * A refusal for good (no such resource, no permission, malformed input) is not tried again; throttles, conflicts and faults are. No page says
 * what becomes of a resource that is in use: here nothing, which is the harder to bear.
 */
const mayPass = ({ code, status }: AwsError): boolean =>
  status >= 500 || status === 429 || /Throttl|TooManyRequests|Conflict|LimitExceeded/.test(code);
