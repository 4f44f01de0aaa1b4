import { AwsError, type AwsRequest, type Place } from '../aws.ts';
import type { FunctionSettings } from './function-settings.ts';

/** What judging roles takes. */
export interface ExecutionRoleDeps {
  readonly place: Place;
  /** Throws when a caller may not make a call. Absent, every role will do. */
  readonly authorise?: (request: AwsRequest) => void;
}

/**
 * Refuses settings whose role Lambda cannot work with: it must exist, trust Lambda, and may send to the dead-letter queue or topic if the
 * settings name one (Lambda Developer Guide, "Defining Lambda function permissions with an execution role" and "Adding a dead-letter queue").
 */
export function checkExecutionRole(deps: ExecutionRoleDeps, { role, deadLetterArn }: FunctionSettings): void {
  const caller = { kind: 'service', principal: 'lambda.amazonaws.com' } as const;
  if (!allows(deps, { service: 'sts', action: 'AssumeRole', input: { RoleArn: role }, caller }))
    throw invalid('The role defined for the function cannot be assumed by Lambda.');
  if (deadLetterArn === undefined) return;
  const [action, service] = deadLetterArn.split(':')[2] === 'sns' ? ['Publish', 'SNS'] : ['SendMessage', 'SQS'];
  if (!mayDeliver(deps, role, deadLetterArn))
    throw invalid(`The provided execution role does not have permissions to call ${action} on ${service}`);
}

/** Refuses a destination of asynchronous events that the role may not send to (Lambda Developer Guide, "Adding a destination"). */
export function checkDestination(deps: ExecutionRoleDeps, role: string, arn: string): void {
  const action = { sqs: 'SendMessage', sns: 'Publish', s3: 'PutObject', lambda: 'InvokeFunction' }[arn.split(':')[2] ?? ''] ?? 'Send';
  if (!mayDeliver(deps, role, arn)) throw invalid(`The function's execution role does not have permissions to call ${action} on ${arn}`);
}

function mayDeliver(deps: ExecutionRoleDeps, roleArn: string, arn: string): boolean {
  const call = deliveryTo(arn, deps.place);
  return call === undefined || allows(deps, { ...call, caller: { kind: 'role', roleArn, sessionName: 'awslambda' } });
}

function deliveryTo(arn: string, { endpoint }: Place): Omit<AwsRequest, 'caller'> | undefined {
  const [, , service, , account, name] = arn.split(':');
  if (service === 'sqs') return { service, action: 'SendMessage', input: { QueueUrl: `${endpoint}/${account}/${name}` } };
  if (service === 'sns') return { service, action: 'Publish', input: { TopicArn: arn } };
  if (service === 's3') return { service, action: 'PutObject', input: { Bucket: name, Key: 'aws/lambda/async/record' } };
  if (service === 'lambda') return { service, action: 'Invoke', input: { FunctionName: arn } };
  return undefined;
}

function allows({ authorise }: ExecutionRoleDeps, request: AwsRequest): boolean {
  try {
    authorise?.(request);
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}
