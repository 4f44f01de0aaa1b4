import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { errorName } from '../retry/aws-failure.ts';
import { retry } from '../retry/retry.ts';
import type { FailureBodiesOptions } from './failure-bodies.s3.ts';
import type { StreamFailureObjects } from './stream-failures.ts';

/** Where Lambda writes them: `aws/lambda/<mapping>/<shard>/<day>/…` (Lambda developer guide, capture discarded batches in S3). */
const PREFIX = 'aws/lambda/';
/** In one go: each may be of 6 MB. */
const PAGE = 20;

/** The stream's failures in S3. */
export function createStreamFailureObjects({
  client,
  owner: ExpectedBucketOwner,
  clock,
  rng,
}: Omit<FailureBodiesOptions, 'bucket'>): StreamFailureObjects {
  const tried = <T>(command: unknown): Promise<T> => retry(() => client.send(command), { clock, rng });
  return {
    async list(Bucket) {
      const command = new ListObjectsV2Command({ Bucket, ExpectedBucketOwner, Prefix: PREFIX, MaxKeys: PAGE });
      const output = await tried<ListObjectsV2CommandOutput>(command);
      return (output.Contents ?? []).map(({ Key }) => Key).filter((key) => key !== undefined);
    },
    async read(Bucket, Key) {
      try {
        const output = await tried<GetObjectCommandOutput>(new GetObjectCommand({ Bucket, Key, ExpectedBucketOwner }));
        return await output.Body?.transformToString();
      } catch (error) {
        if (errorName(error) === 'NoSuchKey') return undefined;
        throw error;
      }
    },
    async remove(Bucket, Key) {
      await tried(new DeleteObjectCommand({ Bucket, Key, ExpectedBucketOwner }));
    },
  };
}
