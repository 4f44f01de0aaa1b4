import { type Aws, AwsError, DEVELOPER, type Json, type ServiceName } from '../aws.ts';
import { tableOf } from './requirements/dynamodb.ts';
import type { ResourceKind } from './requirements/requirement.ts';

/** What the authoriser must know about a resource; undefined members mean that it has none. */
export interface ResourceDescription {
  /** The resource's own policy, as text or object. */
  readonly policy?: unknown;
  /** The key that encrypts it: an id, an alias or an ARN. */
  readonly keyId?: string | undefined;
  /** The resource's own ARN, where it was named by an alias. */
  readonly arn?: string | undefined;
  /** Whether AWS manages the key: such a key serves the account's principals and no other service. */
  readonly awsManaged?: boolean;
  /** The function that a mapping runs. */
  readonly functionArn?: string | undefined;
}

/** Where the authoriser learns about resources. Undefined when there is no such resource. */
export interface ResourceLookup {
  describe(kind: ResourceKind, arn: string): ResourceDescription | undefined;
}

/** Asks the engines, as the developer; a resource that does not exist, or has no policy, is not an error. */
export function createResourceLookup(aws: () => Aws): ResourceLookup {
  const ask = (service: ServiceName, action: string, input: Json): Json | undefined => {
    try {
      return aws().callNow({ service, action, input, caller: DEVELOPER });
    } catch (error) {
      if (error instanceof AwsError) return undefined;
      throw error;
    }
  };
  return { describe: (kind, arn) => DESCRIBERS[kind]?.(arn, ask) };
}

type Ask = (service: ServiceName, action: string, input: Json) => Json | undefined;
type Describer = (arn: string, ask: Ask) => ResourceDescription | undefined;

const DESCRIBERS: Partial<Record<ResourceKind, Describer>> = {
  queue: describeQueue,
  topic: describeTopic,
  table: describeTable,
  stream: (arn, ask) => ({ policy: ask('dynamodb', 'GetResourcePolicy', { ResourceArn: arn })?.['Policy'] }),
  function: describeFunction,
  mapping: (arn, ask) => ({
    functionArn: textOf(ask('lambda', 'GetEventSourceMapping', { UUID: arn.split(':').at(-1) })?.['FunctionArn']),
  }),
  bucket: describeBucket,
  key: describeKey,
  role: describeRole,
};

function describeQueue(arn: string, ask: Ask): ResourceDescription | undefined {
  const [, , , , account, name] = arn.split(':');
  const url = ask('sqs', 'GetQueueUrl', { QueueName: name, QueueOwnerAWSAccountId: account })?.['QueueUrl'];
  if (url === undefined) return undefined;
  const attributes = member(
    ask('sqs', 'GetQueueAttributes', { QueueUrl: url, AttributeNames: ['Policy', 'KmsMasterKeyId'] }),
    'Attributes',
  );
  return { policy: attributes['Policy'], keyId: textOf(attributes['KmsMasterKeyId']) };
}

function describeTopic(arn: string, ask: Ask): ResourceDescription | undefined {
  const answer = ask('sns', 'GetTopicAttributes', { TopicArn: arn });
  if (answer === undefined) return undefined;
  const attributes = member(answer, 'Attributes');
  return { policy: attributes['Policy'], keyId: textOf(attributes['KmsMasterKeyId']) };
}

function describeTable(arn: string, ask: Ask): ResourceDescription | undefined {
  const answer = ask('dynamodb', 'DescribeTable', { TableName: tableOf(arn) });
  if (answer === undefined) return undefined;
  const encryption = member(member(answer, 'Table'), 'SSEDescription');
  return {
    policy: ask('dynamodb', 'GetResourcePolicy', { ResourceArn: tableOf(arn) })?.['Policy'],
    keyId: textOf(encryption['KMSMasterKeyArn']),
  };
}

/** A qualified ARN has the policy of its version or alias as well as none of the function's (Lambda Developer Guide: Resource-based policies). */
function describeFunction(arn: string, ask: Ask): ResourceDescription {
  const [name, qualifier] = arn.split(':').slice(6);
  return {
    policy: ask('lambda', 'GetPolicy', { FunctionName: name, ...(qualifier === undefined ? {} : { Qualifier: qualifier }) })?.['Policy'],
  };
}

function describeBucket(arn: string, ask: Ask): ResourceDescription {
  const bucket = arn.slice(arn.lastIndexOf(':') + 1);
  const encryption = ask('s3', 'GetBucketEncryption', { Bucket: bucket });
  const rules = member(encryption, 'ServerSideEncryptionConfiguration')['Rules'];
  const rule = Array.isArray(rules) ? member(rules[0], 'ApplyServerSideEncryptionByDefault') : {};
  const keyId = rule['SSEAlgorithm'] === 'aws:kms' ? (textOf(rule['KMSMasterKeyID']) ?? 'alias/aws/s3') : undefined;
  return { policy: ask('s3', 'GetBucketPolicy', { Bucket: bucket })?.['Policy'], keyId };
}

function describeKey(id: string, ask: Ask): ResourceDescription | undefined {
  const alias = /(?:^|:)alias\/aws\/(\w+)/.exec(id);
  if (alias !== null) return { awsManaged: true, arn: id };
  const metadata = member(ask('kms', 'DescribeKey', { KeyId: id }), 'KeyMetadata');
  if (metadata['Arn'] === undefined) return undefined;
  const policy = ask('kms', 'GetKeyPolicy', { KeyId: textOf(metadata['KeyId']) ?? id, PolicyName: 'default' })?.['Policy'];
  return { arn: textOf(metadata['Arn']), policy, awsManaged: metadata['KeyManager'] === 'AWS' };
}

function describeRole(arn: string, ask: Ask): ResourceDescription | undefined {
  const role = member(ask('iam', 'GetRole', { RoleName: arn.slice(arn.lastIndexOf('/') + 1) }), 'Role');
  const document = textOf(role['AssumeRolePolicyDocument']);
  // A role is named by its name alone, so one of another account or path may be found.
  return document === undefined || role['Arn'] !== arn ? undefined : { policy: decodeURIComponent(document) };
}

function member(value: unknown, name: string): Json {
  const found = typeof value === 'object' && value !== null ? (value as Json)[name] : undefined;
  return typeof found === 'object' && found !== null ? (found as Json) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
