import { describe, expect, test } from 'vitest';
import { systemIds } from '../../../lib/core/ids.ts';
import { type AwsError, type AwsRequest, type Caller, DEVELOPER, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createAuthoriser } from '../../../lib/local/iam/authoriser.ts';
import { createIam } from '../../../lib/local/iam/iam.ts';
import type { ResourceDescription } from '../../../lib/local/iam/resource-lookup.ts';
import { createFakeClock } from '../fake-clock.ts';

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:jobs';
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:orders';
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/k1';
const CALLER: Caller = { kind: 'role', roleArn: 'arn:aws:iam::000000000000:role/Worker', sessionName: 'fn' };
const SNS: Caller = { kind: 'service', principal: 'sns.amazonaws.com', sourceArn: TOPIC };
const ROOT = { Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: 'arn:aws:iam::000000000000:root' } };

/** A world of one role with the given statements, and of the given resources by ARN. */
function world(statements: object[], resources: Record<string, ResourceDescription> = {}) {
  const clock = createFakeClock();
  const iam = createIam({ clock, ids: systemIds, place: LOCAL_PLACE });
  const call = (action: string, input: Record<string, unknown>) => iam.call({ action, input });
  const trust = JSON.stringify({
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
  });
  call('CreateRole', { RoleName: 'Worker', AssumeRolePolicyDocument: trust });
  const put = (given: object[]) =>
    call('PutRolePolicy', { RoleName: 'Worker', PolicyName: 'p', PolicyDocument: JSON.stringify({ Statement: given }) });
  put(statements);
  let lookups = 0;
  const lookup = {
    describe(_: string, arn: string) {
      lookups += 1;
      return resources[arn];
    },
  };
  const authorise = createAuthoriser({ iam, lookup, clock, place: LOCAL_PLACE });
  const ask = (request: Partial<AwsRequest>): AwsError | undefined => {
    try {
      authorise({
        service: 'sqs',
        action: 'SendMessage',
        input: { QueueUrl: 'http://127.0.0.1/000000000000/jobs' },
        caller: CALLER,
        ...request,
      });
      return undefined;
    } catch (error) {
      return error as AwsError;
    }
  };
  return { ask, call, put, lookups: () => lookups };
}

const SEND = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: QUEUE };
const policy = (...Statement: object[]) => ({ Statement });

test('a refusal names the caller, the action, the resource and the reason, as AWS words it', () => {
  const error = world([]).ask({});
  expect(error?.code).toBe('AccessDenied');
  expect(error?.status).toBe(403);
  expect(error?.message).toBe(
    `User: arn:aws:sts::000000000000:assumed-role/Worker/fn is not authorized to perform: sqs:SendMessage on resource: ${QUEUE} because no identity-based policy allows the sqs:SendMessage action`,
  );
});

test.each([
  ['dynamodb', 'GetItem', { TableName: 't' }, 'AccessDeniedException'],
  ['sns', 'Publish', { TopicArn: TOPIC }, 'AuthorizationErrorException'],
  ['lambda', 'Invoke', { FunctionName: 'f' }, 'AccessDeniedException'],
  ['s3', 'GetObject', { Bucket: 'b', Key: 'k' }, 'AccessDenied'],
] as const)('%s has its own name for a refusal', (service, action, input, code) => {
  expect(world([]).ask({ service, action, input })?.code).toBe(code);
});

test('the developer is never refused', () => {
  expect(world([]).ask({ caller: DEVELOPER })).toBeUndefined();
});

test('a changed policy counts from the next call on', () => {
  const { ask, put } = world([]);
  expect(ask({})).toBeDefined();
  put([SEND]);
  expect(ask({})).toBeUndefined();
});

test('resources are looked up once, until a call may have changed them', () => {
  const { ask, lookups } = world([SEND], { [QUEUE]: {} });
  ask({});
  ask({});
  expect(lookups()).toBe(1);
  ask({ action: 'SetQueueAttributes', caller: DEVELOPER });
  ask({});
  expect(lookups()).toBe(2);
});

test('a queue policy that demands TLS lets the loopback gateway through', () => {
  const tls = { Effect: 'Deny', Action: 'sqs:*', Resource: QUEUE, Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } };
  expect(world([SEND], { [QUEUE]: { policy: policy(tls) } }).ask({})).toBeUndefined();
});

test('one item without permission refuses the whole transaction', () => {
  const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/t';
  const { ask } = world([{ Effect: 'Allow', Action: 'dynamodb:PutItem', Resource: table }]);
  const transact = (items: object[]) => ask({ service: 'dynamodb', action: 'TransactWriteItems', input: { TransactItems: items } });
  expect(transact([{ Put: { TableName: 't' } }])).toBeUndefined();
  expect(transact([{ Put: { TableName: 't' } }, { ConditionCheck: { TableName: 't' } }])?.message).toContain('dynamodb:ConditionCheckItem');
});

describe('an encrypted queue', () => {
  const useKey = { Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: KEY };
  const encrypted = (key: ResourceDescription, queuePolicy?: object) => ({
    [QUEUE]: { keyId: 'alias/mine', ...(queuePolicy && { policy: queuePolicy }) },
    'alias/mine': { arn: KEY, ...key },
  });

  test('needs both key actions of a sender', () => {
    const resources = encrypted({ policy: policy(ROOT) });
    const error = world([SEND], resources).ask({});
    expect(error?.code).toBe('KmsAccessDenied');
    expect(error?.message).toContain(`kms:GenerateDataKey on resource: ${KEY}`);
    expect(world([SEND, useKey], resources).ask({})).toBeUndefined();
    expect(world([SEND, { ...useKey, Action: 'kms:GenerateDataKey' }], resources).ask({})?.message).toContain('kms:Decrypt');
  });

  test('needs only Decrypt of a receiver', () => {
    const receive = { Effect: 'Allow', Action: 'sqs:ReceiveMessage', Resource: QUEUE };
    const decrypt = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: KEY };
    expect(world([receive, decrypt], encrypted({ policy: policy(ROOT) })).ask({ action: 'ReceiveMessage' })).toBeUndefined();
  });

  const fromTopic = { ...SEND, Principal: { Service: 'sns.amazonaws.com' }, Condition: { ArnEquals: { 'aws:SourceArn': TOPIC } } };

  test('takes deliveries of SNS only when the key policy lets SNS use the key', () => {
    const open = { ...useKey, Resource: '*', Principal: { Service: 'sns.amazonaws.com' } };
    expect(world([], encrypted({ policy: policy(ROOT, open) }, policy(fromTopic))).ask({ caller: SNS })).toBeUndefined();
    expect(world([], encrypted({ policy: policy(ROOT) }, policy(fromTopic))).ask({ caller: SNS })?.code).toBe('KmsAccessDenied');
  });

  test('under the AWS-managed key serves roles and never SNS', () => {
    const resources = encrypted({ awsManaged: true }, policy(fromTopic));
    expect(world([SEND], resources).ask({})).toBeUndefined();
    expect(world([SEND], resources).ask({ caller: SNS })?.code).toBe('KmsAccessDenied');
  });
});

test('assuming a role needs its trust policy; the own policies of the caller are not enough', () => {
  const role = 'arn:aws:iam::000000000000:role/Deploy';
  const assume = { service: 'sts', action: 'AssumeRole', input: { RoleArn: role } } as const;
  const mayAssume = { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: role };
  const trust = (AWS: string) => ({ [role]: { policy: policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS } }) } });
  expect(world([mayAssume], trust('arn:aws:iam::000000000000:role/Other')).ask(assume)).toBeDefined();
  expect(world([mayAssume], trust('000000000000')).ask(assume)).toBeUndefined();
  expect(world([], trust('arn:aws:iam::000000000000:role/Worker')).ask(assume)).toBeUndefined();
});
