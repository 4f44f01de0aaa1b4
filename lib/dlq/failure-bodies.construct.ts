import { Duration, type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { allow } from '../infra/grants.ts';
import type { HandlerFunction } from '../infra/handler-function.construct.ts';
import { BODIES_PREFIX } from './failure-table.contract.ts';

/** Where large bodies lie. */
export interface BodiesBucketProps {
  readonly encryptionKey?: IKey | undefined;
  readonly removalPolicy: RemovalPolicy;
}

/** Nothing expires: a body is the only copy of a message, and its object does not know whether its failure is worked. */
export function createBodiesBucket(scope: Construct, { encryptionKey, removalPolicy }: BodiesBucketProps): Bucket {
  const bucket = new Bucket(scope, 'bodies', {
    ...(encryptionKey
      ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
      : { encryption: BucketEncryption.S3_MANAGED }),
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    removalPolicy,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Only the indexer and the operations function read and write here, and what was done to a failure is on file in the table. An access log ' +
      'would need another bucket that nobody reads.',
  });
  return bucket;
}

/** Lets a function put bodies and read them. To tell one that is gone from one that is denied takes the permission to list. */
export function allowBodies(fn: HandlerFunction, bucket: Bucket): void {
  allow(fn, ['s3:ListBucket'], [bucket.bucketArn]);
  allow(fn, ['s3:GetObject', 's3:PutObject'], [bucket.arnForObjects(`${BODIES_PREFIX}*`)]);
  bucket.encryptionKey?.grantEncryptDecrypt(fn);
  acknowledgePrefix(fn, bucket, { prefix: BODIES_PREFIX, reason: 'Bodies are named by their digest; the grant ends at their prefix.' });
}

/** Acknowledges that a grant names objects by their prefix. */
export function acknowledgePrefix(
  fn: HandlerFunction,
  bucket: Bucket,
  { prefix, reason }: { readonly prefix: string; readonly reason: string },
): void {
  const bucketId = Stack.of(bucket).resolve((bucket.node.defaultChild as CfnBucket).logicalId);
  Validations.of(fn.role as Construct).acknowledge({ id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${prefix}*]`, reason });
}
