import { AwsError } from '../aws.ts';
import { parseExpression, type ScheduleExpression } from './schedule-expression.ts';
import { isTimeZone } from './time-zone.ts';

/** What a schedule calls. */
export interface ScheduleTarget {
  readonly Arn: string;
  readonly RoleArn: string;
  readonly Input?: string;
  readonly RetryPolicy?: { readonly MaximumRetryAttempts?: number; readonly MaximumEventAgeInSeconds?: number };
  readonly DeadLetterConfig?: { readonly Arn?: string };
  readonly SqsParameters?: { readonly MessageGroupId?: string };
}

/** The input of CreateSchedule and UpdateSchedule. */
export interface ScheduleInput {
  readonly Name: string;
  readonly GroupName?: string;
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone?: string;
  readonly FlexibleTimeWindow: { readonly Mode: 'OFF' | 'FLEXIBLE'; readonly MaximumWindowInMinutes?: number };
  readonly Target: ScheduleTarget;
  readonly State?: 'ENABLED' | 'DISABLED';
  /** Seconds since the epoch. */
  readonly StartDate?: number;
  readonly EndDate?: number;
  readonly Description?: string;
  readonly KmsKeyArn?: string;
  readonly ActionAfterCompletion?: 'NONE' | 'DELETE';
  readonly ClientToken?: string;
}

/** A schedule as it stands. */
export interface Schedule {
  readonly arn: string;
  readonly group: string;
  readonly input: ScheduleInput;
  readonly expression: ScheduleExpression;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly modified: number;
}

/** Amazon EventBridge Scheduler API Reference, CreateSchedule and RetryPolicy. */
const NAME = /^[0-9a-zA-Z\-_.]{1,64}$/;
const MAX_ATTEMPTS = 185;
const [MIN_AGE_SECONDS, MAX_AGE_SECONDS] = [60, 86_400];
const MAX_WINDOW_MINUTES = 1_440;

/** How often and how long a failed run is tried again. */
export const DEFAULT_RETRY = { attempts: MAX_ATTEMPTS, ageSeconds: MAX_AGE_SECONDS };

/** A refusal of malformed input. */
const invalid = (message: string): AwsError => new AwsError('ValidationException', message);

/** Refuses a name that a schedule or a group cannot have. */
export function checkName(name: string, member: string): void {
  if (!NAME.test(name))
    throw invalid(
      `Value '${name}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$ and be 1 to 64 characters long`,
    );
}

/** Parses a schedule's expression and refuses an input that the service refuses. */
export function checkSchedule(input: ScheduleInput): ScheduleExpression {
  checkName(input.Name, 'name');
  const expression = parseExpression(input.ScheduleExpression ?? '');
  const { Mode, MaximumWindowInMinutes: window } = input.FlexibleTimeWindow ?? {};
  const { MaximumRetryAttempts: attempts = 0, MaximumEventAgeInSeconds: age = MIN_AGE_SECONDS } = input.Target?.RetryPolicy ?? {};
  const rules: readonly (readonly [boolean, string])[] = [
    [expression === undefined, `Invalid Schedule Expression ${input.ScheduleExpression}.`],
    [!isTimeZone(input.ScheduleExpressionTimezone ?? 'UTC'), `The time zone ${input.ScheduleExpressionTimezone} is not valid.`],
    [Mode !== 'OFF' && Mode !== 'FLEXIBLE', 'FlexibleTimeWindow.Mode must be OFF or FLEXIBLE.'],
    [
      Mode === 'FLEXIBLE' && !isWithin(window, 1, MAX_WINDOW_MINUTES),
      `FlexibleTimeWindow.MaximumWindowInMinutes must be 1 to ${MAX_WINDOW_MINUTES} when the mode is FLEXIBLE.`,
    ],
    [Mode === 'OFF' && window !== undefined, 'FlexibleTimeWindow.MaximumWindowInMinutes is not allowed when the mode is OFF.'],
    [!/^arn:[^:]+:[^:]+:/.test(input.Target?.Arn ?? ''), `Provided Arn is not in correct format: ${input.Target?.Arn}.`],
    [
      !/^arn:[^:]+:iam::\d{12}:role\/.+/.test(input.Target?.RoleArn ?? ''),
      `Target.RoleArn must be the ARN of a role, not ${input.Target?.RoleArn}.`,
    ],
    [!isWithin(attempts, 0, MAX_ATTEMPTS), `Target.RetryPolicy.MaximumRetryAttempts must be 0 to ${MAX_ATTEMPTS}.`],
    [
      !isWithin(age, MIN_AGE_SECONDS, MAX_AGE_SECONDS),
      `Target.RetryPolicy.MaximumEventAgeInSeconds must be ${MIN_AGE_SECONDS} to ${MAX_AGE_SECONDS}.`,
    ],
    [
      input.StartDate !== undefined && input.EndDate !== undefined && input.EndDate <= input.StartDate,
      'The StartDate must come before the EndDate.',
    ],
  ];
  const broken = rules.find(([isBroken]) => isBroken);
  if (broken !== undefined || expression === undefined) throw invalid(broken?.[1] ?? '');
  return expression;
}

const isWithin = (value: number | undefined, min: number, max: number): boolean =>
  value !== undefined && Number.isInteger(value) && value >= min && value <= max;
