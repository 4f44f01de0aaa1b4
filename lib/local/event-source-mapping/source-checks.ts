import { AwsError, type AwsRequest, type ServiceName } from '../aws.ts';
import type { MappingConfig } from './mapping-config.ts';
import { callAsFunction, type RunnerDeps } from './mapping-runner.ts';
import { queueUrl } from './queue-client.ts';

/** What checking a mapping takes beside what running it takes. */
export interface SourceCheckDeps extends RunnerDeps {
  /** Throws when the caller may not make a call. Absent, only what the calls themselves refuse is refused. */
  readonly authorise?: (request: AwsRequest) => void;
  readonly functionTimeoutSeconds?: (functionArn: string) => number | undefined;
}

type Permission = Pick<AwsRequest, 'service' | 'action' | 'input'>;

/**
 * Refuses a mapping that Lambda refuses when it is made or changed: its function's role lacks one of the actions that polling and
 * reporting take, its source does not exist, or its queue shows messages again before the function's timeout.
 */
export function checkMapping(deps: SourceCheckDeps, config: MappingConfig): void {
  requireDestination(deps, config);
  if (config.source === 'dynamodb') checkStream(deps, config);
  else checkQueue(deps, config);
}

/** Lambda Developer Guide, "Using Lambda with Amazon DynamoDB": the four actions of AWSLambdaDynamoDBExecutionRole. */
const STREAM_ACTIONS = ['GetRecords', 'GetShardIterator', 'DescribeStream', 'ListStreams'];

/** Lambda Developer Guide, "Using Lambda with Amazon SQS": the three actions of AWSLambdaSQSQueueExecutionRole. */
const QUEUE_ACTIONS = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'];

function checkStream(deps: SourceCheckDeps, { functionArn, eventSourceArn }: MappingConfig): void {
  const input = { StreamArn: eventSourceArn };
  const refused = STREAM_ACTIONS.some((action) => !may(deps, functionArn, { service: 'dynamodbstreams', action, input }));
  if (refused) throw cannotAccessStream(eventSourceArn);
  try {
    callAsFunction(deps, functionArn, { service: 'dynamodbstreams', action: 'DescribeStream', input });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (isRefusal(error)) throw cannotAccessStream(eventSourceArn);
    throw invalid(`Stream not found: ${eventSourceArn}`);
  }
}

function cannotAccessStream(arn: string): AwsError {
  const actions = 'GetRecords, GetShardIterator, DescribeStream, and ListStreams';
  return invalid(`Cannot access stream ${arn}. Please ensure the role can perform the ${actions} Actions on your stream in IAM.`);
}

function checkQueue(deps: SourceCheckDeps, { functionArn, eventSourceArn }: MappingConfig): void {
  const QueueUrl = queueUrl(deps.aws().place.endpoint, eventSourceArn);
  for (const action of QUEUE_ACTIONS) requireAction(deps, functionArn, { service: 'sqs', action, input: { QueueUrl } });
  const visibility = visibilitySeconds(deps, functionArn, QueueUrl);
  const timeout = deps.functionTimeoutSeconds?.(functionArn);
  if (timeout !== undefined && visibility < timeout) {
    throw invalid(`Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeout} seconds`);
  }
}

function visibilitySeconds(deps: SourceCheckDeps, functionArn: string, QueueUrl: string): number {
  const input = { QueueUrl, AttributeNames: ['VisibilityTimeout'] };
  try {
    const output = callAsFunction(deps, functionArn, { service: 'sqs', action: 'GetQueueAttributes', input });
    return Number((output['Attributes'] as Record<string, string> | undefined)?.['VisibilityTimeout'] ?? 30);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (isRefusal(error)) throw lacking('GetQueueAttributes', 'sqs');
    // Lambda tells of its first call, and by the error code of the query protocol.
    const code = error.code === 'QueueDoesNotExist' ? 'AWS.SimpleQueueService.NonExistentQueue' : error.code;
    throw invalid(`Error occurred while ReceiveMessage. SQS Error Code: ${code}. SQS Error Message: ${error.message}`);
  }
}

/** Lambda Developer Guide, "Retaining discarded records": what each kind of on-failure destination takes. */
function requireDestination(deps: SourceCheckDeps, { functionArn, onFailureArn }: MappingConfig): void {
  if (onFailureArn === undefined) return;
  const service = onFailureArn.split(':')[2];
  const needed: Readonly<Record<string, readonly Permission[]>> = {
    sqs: [{ service: 'sqs', action: 'SendMessage', input: { QueueUrl: queueUrl(deps.aws().place.endpoint, onFailureArn) } }],
    sns: [{ service: 'sns', action: 'Publish', input: { TopicArn: onFailureArn } }],
    s3: bucketPermissions(onFailureArn.split(':::')[1]),
  };
  for (const permission of needed[service ?? ''] ?? []) requireAction(deps, functionArn, permission);
}

/** Discarded batches are written below `aws/lambda/`. */
function bucketPermissions(Bucket: string | undefined): readonly Permission[] {
  const put = { service: 's3', action: 'PutObject', input: { Bucket, Key: 'aws/lambda/batch' } } as const;
  return [put, { service: 's3', action: 'ListBucket', input: { Bucket } }];
}

function requireAction(deps: SourceCheckDeps, functionArn: string, permission: Permission): void {
  if (!may(deps, functionArn, permission)) throw lacking(permission.action, permission.service);
}

function may(deps: SourceCheckDeps, functionArn: string, permission: Permission): boolean {
  const caller = { kind: 'role', roleArn: deps.functionRole(functionArn), sessionName: 'awslambda' } as const;
  try {
    deps.authorise?.({ ...permission, caller });
    return true;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return !isRefusal(error);
  }
}

/** Whether the action itself was refused; that of the resource's key shows when the mapping runs. */
function isRefusal({ code }: AwsError): boolean {
  return code.startsWith('AccessDenied') || code === 'AuthorizationErrorException';
}

function lacking(action: string, service: ServiceName): AwsError {
  return invalid(`The function execution role does not have permissions to call ${action} on ${service.toUpperCase()}`);
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}
