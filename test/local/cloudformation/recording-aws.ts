import { type Aws, AwsError, type AwsRequest, type Json, LOCAL_PLACE } from '../../../lib/local/aws.ts';

/** An `Aws` that remembers every call and answers what the engines would, as far as providers read it. */
export interface RecordingAws extends Aws {
  readonly calls: { readonly name: string; readonly input: Json }[];
  /** The inputs of one action, oldest first. */
  inputs(name: string): Json[];
  /** Makes the next calls of an action fail. */
  fail(name: string, error: AwsError): void;
  heal(name: string): void;
}

const ARN = 'arn:aws';
const here = `${LOCAL_PLACE.region}:${LOCAL_PLACE.accountId}`;

const ANSWERS: Record<string, (input: Json, count: number) => Json> = {
  'sqs:CreateQueue': ({ QueueName }) => ({ QueueUrl: `${LOCAL_PLACE.endpoint}/${LOCAL_PLACE.accountId}/${QueueName}` }),
  'sns:CreateTopic': ({ Name }) => ({ TopicArn: `${ARN}:sns:${here}:${Name}` }),
  'sns:Subscribe': ({ TopicArn }, count) => ({ SubscriptionArn: `${TopicArn}:sub-${count}` }),
  'kms:CreateKey': (_, count) => ({ KeyMetadata: { KeyId: `key-${count}`, Arn: `${ARN}:kms:${here}:key/key-${count}` } }),
  'iam:CreateRole': ({ RoleName }) => ({ Role: { Arn: `${ARN}:iam::${LOCAL_PLACE.accountId}:role/${RoleName}`, RoleId: 'AROA' } }),
  'iam:CreatePolicy': ({ PolicyName }) => ({ Policy: { Arn: `${ARN}:iam::${LOCAL_PLACE.accountId}:policy/${PolicyName}` } }),
  'iam:ListAttachedRolePolicies': () => ({ AttachedPolicies: [] }),
  'iam:ListRolePolicies': () => ({ PolicyNames: [] }),
  'iam:GetPolicy': () => ({ Policy: { DefaultVersionId: 'v1' } }),
  'lambda:CreateFunction': ({ FunctionName }) => ({ FunctionArn: `${ARN}:lambda:${here}:function:${FunctionName}` }),
  'lambda:PublishVersion': ({ FunctionName }, count) => ({
    FunctionArn: `${ARN}:lambda:${here}:function:${FunctionName}:${count}`,
    Version: `${count}`,
  }),
  'lambda:CreateAlias': ({ FunctionName, Name }) => ({ AliasArn: `${ARN}:lambda:${here}:function:${FunctionName}:${Name}` }),
  'lambda:CreateEventSourceMapping': (_, count) => ({ UUID: `mapping-${count}` }),
  'lambda:CreateFunctionUrlConfig': ({ FunctionName }) => ({ FunctionArn: FunctionName, FunctionUrl: 'http://id.lambda-url.local/' }),
  'dynamodb:CreateTable': ({ TableName }) => ({ TableDescription: tableOf(TableName) }),
  'dynamodb:DescribeTable': ({ TableName }) => ({ Table: tableOf(TableName) }),
  'scheduler:CreateSchedule': ({ Name }) => ({ ScheduleArn: `${ARN}:scheduler:${here}:schedule/default/${Name}` }),
  'scheduler:CreateScheduleGroup': ({ Name }) => ({ ScheduleGroupArn: `${ARN}:scheduler:${here}:schedule-group/${Name}` }),
  's3:ListBuckets': () => ({ Buckets: [] }),
  's3:ListObjectsV2': () => ({ Contents: [] }),
};

/** Makes one, with answers of the test's own on top. */
export function recordingAws(own: Record<string, (input: Json) => Json> = {}): RecordingAws {
  const calls: { name: string; input: Json }[] = [];
  const failures = new Map<string, AwsError>();
  const parameters = new Map<unknown, unknown>();
  const counts = new Map<string, number>();
  const answer = ({ service, action, input }: AwsRequest): Json => {
    const name = `${service}:${action}`;
    calls.push({ name, input });
    const failure = failures.get(name);
    if (failure !== undefined) throw failure;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (name === 'ssm:PutParameter') parameters.set(input['Name'], input['Value']);
    if (name === 'ssm:GetParameter') {
      if (!parameters.has(input['Name'])) throw new AwsError('ParameterNotFound', '');
      return { Parameter: { Value: parameters.get(input['Name']) } };
    }
    return own[name]?.(input) ?? ANSWERS[name]?.(input, count) ?? {};
  };
  return {
    place: LOCAL_PLACE,
    calls,
    inputs: (name) => calls.filter((call) => call.name === name).map((call) => call.input),
    fail: (name, error) => failures.set(name, error),
    heal: (name) => failures.delete(name),
    callNow: answer,
    call: async (request) => answer(request),
  };
}

function tableOf(TableName: unknown): Json {
  const TableArn = `${ARN}:dynamodb:${here}:table/${TableName}`;
  return { TableName, TableArn, TableId: 'id', LatestStreamArn: `${TableArn}/stream/2026` };
}
