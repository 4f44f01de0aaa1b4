import type { Json } from '../../aws.ts';
import { contextOf } from '../condition-context.ts';
import { objects, plain, type Requirement, type RequirementRule, record, text } from './requirement.ts';

/** Actions whose permission has another name (Service Authorization Reference: Amazon S3; S3 User Guide: Required permissions for API operations). */
const OBJECT_ACTIONS: Readonly<Record<string, string>> = {
  HeadObject: 'GetObject',
  SelectObjectContent: 'GetObject',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  ListParts: 'ListMultipartUploadParts',
};

const BUCKET_ACTIONS: Readonly<Record<string, string>> = {
  HeadBucket: 'ListBucket',
  ListObjects: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
  ListMultipartUploads: 'ListBucketMultipartUploads',
  GetBucketEncryption: 'GetEncryptionConfiguration',
  PutBucketEncryption: 'PutEncryptionConfiguration',
  DeleteBucketEncryption: 'PutEncryptionConfiguration',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
  PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
  DeleteBucketLifecycle: 'PutLifecycleConfiguration',
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  PutBucketNotificationConfiguration: 'PutBucketNotification',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
  DeletePublicAccessBlock: 'PutBucketPublicAccessBlock',
};

const KEY_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  GetObject: ['kms:Decrypt'],
  PutObject: ['kms:GenerateDataKey'],
};

/** What an S3 request needs, on the bucket or on each object. */
export const s3Requirements: RequirementRule = ({ action, input }) => {
  const bucket = text(input, 'Bucket');
  if (bucket === undefined) return [plain(action === 'ListBuckets' ? 's3:ListAllMyBuckets' : `s3:${action}`, '*')];
  if (action === 'CopyObject' || action === 'UploadPartCopy')
    return [...copySource(input), onObject('PutObject', bucket, text(input, 'Key'))];
  if (action === 'DeleteObjects') {
    return objects(record(input, 'Delete'), 'Objects').map((object) => onObject('DeleteObject', bucket, text(object, 'Key')));
  }
  const key = text(input, 'Key');
  if (key !== undefined) return [onObject(OBJECT_ACTIONS[action] ?? action, bucket, key)];
  const context = contextOf({ 's3:prefix': text(input, 'Prefix'), 's3:delimiter': text(input, 'Delimiter') });
  return [{ action: `s3:${BUCKET_ACTIONS[action] ?? action}`, resource: bucketArn(bucket), kind: 'bucket', context }];
};

function onObject(name: string, bucket: string, key: string | undefined): Requirement {
  const keyActions = KEY_ACTIONS[name];
  const resource = `${bucketArn(bucket)}/${key ?? ''}`;
  return {
    action: `s3:${name}`,
    resource,
    kind: 'bucket',
    policyOwner: bucketArn(bucket),
    ...(keyActions === undefined ? {} : { keyActions }),
  };
}

function copySource(input: Json): readonly Requirement[] {
  const source = decodeURIComponent(text(input, 'CopySource') ?? '').replace(/^\//, '');
  const [path = ''] = source.split('?');
  const slash = path.indexOf('/');
  return slash === -1 ? [] : [onObject('GetObject', path.slice(0, slash), path.slice(slash + 1))];
}

function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`;
}
