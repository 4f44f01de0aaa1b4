import { AwsError, type AwsRequest, type Json, type Place, type ServiceName } from '../aws.ts';
import type { Schedule, ScheduleTarget } from './schedule.ts';

/** One attempt to run a schedule. */
export interface RunContext {
  readonly scheduleArn: string;
  /** ISO 8601 with whole seconds. */
  readonly scheduledTime: string;
  readonly executionId: string;
  readonly attempt: number;
}

/** A call to make as the schedule's role. */
export type TargetCall = Omit<AwsRequest, 'caller'>;

/** The context of an attempt. */
export function contextOf(run: { schedule: Schedule; scheduledTime: number; attempt: number; executionId: string }): RunContext {
  const scheduledTime = new Date(run.scheduledTime).toISOString().replace(/\.\d{3}Z$/, 'Z');
  return { scheduleArn: run.schedule.arn, scheduledTime, executionId: run.executionId, attempt: run.attempt };
}

/** Puts the values of an attempt in place of `<aws.scheduler.…>` (EventBridge Scheduler User Guide, "Adding context attributes"). */
function withContext(input: string, context: RunContext): string {
  return input
    .replaceAll('<aws.scheduler.schedule-arn>', context.scheduleArn)
    .replaceAll('<aws.scheduler.scheduled-time>', context.scheduledTime)
    .replaceAll('<aws.scheduler.execution-id>', context.executionId)
    .replaceAll('<aws.scheduler.attempt-number>', String(context.attempt));
}

/** Services of universal targets that have another name here. */
const UNIVERSAL_NAMES: Readonly<Record<string, ServiceName>> = { cloudwatchlogs: 'logs', cloudwatch: 'cloudwatch' };

/**
 * The call that a target means: templated targets by the service in their ARN, universal ones (`arn:aws:scheduler:::aws-sdk:sqs:sendMessage`)
 * by their own words (EventBridge Scheduler User Guide, "Managing targets").
 */
export function targetCallOf(target: ScheduleTarget, context: RunContext, place: Place): TargetCall {
  const input = target.Input === undefined ? undefined : withContext(target.Input, context);
  const [, , service = '', , , ...resource] = target.Arn.split(':');
  if (service === 'lambda') {
    const Payload = Buffer.from(input ?? defaultEvent(context, place)).toString('base64');
    return { service, action: 'Invoke', input: { FunctionName: target.Arn, InvocationType: 'Event', Payload } };
  }
  if (service === 'sqs') {
    const group = target.SqsParameters?.MessageGroupId;
    const body = { QueueUrl: queueUrlOf(target.Arn, place), MessageBody: input ?? defaultEvent(context, place) };
    return { service, action: 'SendMessage', input: { ...body, ...(group !== undefined && { MessageGroupId: group }) } };
  }
  if (service === 'sns')
    return { service, action: 'Publish', input: { TopicArn: target.Arn, Message: input ?? defaultEvent(context, place) } };
  if (service === 'scheduler' && resource[0] === 'aws-sdk') return universalCall(resource[1] ?? '', resource[2] ?? '', input);
  throw new AwsError('ValidationException', `The embedded Scheduler has no target of the kind of ${target.Arn}.`);
}

function universalCall(service: string, action: string, input: string | undefined): TargetCall {
  return {
    service: UNIVERSAL_NAMES[service] ?? (service as ServiceName),
    action: action.charAt(0).toUpperCase() + action.slice(1),
    input: input === undefined ? {} : renamed(service, parsed(input)),
  };
}

/** Members that universal targets name as the SDK for Java does, where the API has another name. */
const UNIVERSAL_MEMBERS: Readonly<Record<string, Readonly<Record<string, string>>>> = { lambda: { Uuid: 'UUID' } };

function renamed(service: string, input: Json): Json {
  const names = UNIVERSAL_MEMBERS[service] ?? {};
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [names[name] ?? name, value]));
}

function parsed(input: string): Json {
  try {
    return JSON.parse(input) as Json;
  } catch {
    throw new AwsError('ValidationException', 'The Input of a universal target must be JSON.');
  }
}

/** What a target without an Input gets. */
function defaultEvent(context: RunContext, place: Place): string {
  return JSON.stringify({
    version: '0',
    id: context.executionId,
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: place.accountId,
    time: context.scheduledTime,
    region: place.region,
    resources: [context.scheduleArn],
    detail: '{}',
  });
}

function queueUrlOf(arn: string, place: Place): string {
  const [, , , , account, name] = arn.split(':');
  return `${place.endpoint}/${account}/${name}`;
}

/** How a run ended that no retry saved. */
export interface Death {
  readonly context: RunContext;
  readonly failure: AwsError;
  readonly retries: number;
  readonly exhausted: string | undefined;
}

/** The message to the dead-letter queue: the input, and why it failed as attributes (EventBridge Scheduler User Guide, "Configuring a dead-letter queue"). */
export function deadLetterOf(
  target: ScheduleTarget,
  { context, failure, retries, exhausted }: Death,
  place: Place,
): TargetCall | undefined {
  const arn = target.DeadLetterConfig?.Arn;
  if (arn === undefined) return undefined;
  const attributes: Record<string, string> = {
    ERROR_CODE: failure.code,
    ERROR_MESSAGE: failure.message || failure.code,
    EXECUTION_ID: context.executionId,
    IS_PAYLOAD_TRUNCATED: 'false',
    RETRY_ATTEMPTS: String(retries),
    SCHEDULED_TIME: context.scheduledTime,
    SCHEDULE_ARN: context.scheduleArn,
    TARGET_ARN: target.Arn,
    ...(exhausted !== undefined && { EXHAUSTED_RETRY_CONDITION: exhausted }),
  };
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  );
  const MessageBody = target.Input === undefined ? defaultEvent(context, place) : withContext(target.Input, context);
  return { service: 'sqs', action: 'SendMessage', input: { QueueUrl: queueUrlOf(arn, place), MessageBody, MessageAttributes } };
}
