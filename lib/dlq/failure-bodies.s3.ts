import { createHash } from 'node:crypto';
import { GetObjectCommand, type GetObjectCommandOutput, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import { awsFailure, errorName } from '../retry/aws-failure.ts';
import { retry } from '../retry/retry.ts';
import type { FailureBodies } from './failure-bodies.ts';
import { FailureBodyError } from './failure-store.errors.ts';
import { BODIES_PREFIX } from './failure-table.contract.ts';

/** The part of an S3 client that the bodies need. */
export interface ObjectClient {
  // biome-ignore lint/suspicious/noExplicitAny: every S3 command, each with its own output
  send(command: any): Promise<any>;
}

/** What keeping bodies in S3 takes. */
export interface FailureBodiesOptions {
  /** A client with `maxAttempts: 1`: the retries are ours. */
  readonly client: ObjectClient;
  readonly bucket: string;
  /** The account that owns the bucket: one of the same name that is somebody else's is refused. */
  readonly owner: string;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** Bodies as objects named by their digest: whoever puts one twice, or puts it again after a lost answer, has one object. */
export function createFailureBodies({ client, bucket, owner, clock, rng }: FailureBodiesOptions): FailureBodies {
  const place = { Bucket: bucket, ExpectedBucketOwner: owner };
  return {
    async put(text) {
      const bytes = Buffer.from(text);
      const sha256 = digestOf(bytes, 'hex');
      const key = `${BODIES_PREFIX}${sha256}`;
      // S3 compares what arrives with the digest, and refuses it otherwise ("Checking object integrity", S3 user guide).
      const input = { ...place, Key: key, Body: bytes, ChecksumSHA256: digestOf(bytes, 'base64') };
      await retry(() => client.send(new PutObjectCommand(input)), { clock, rng });
      return { kind: 'object', key, bytes: bytes.length, sha256 };
    },
    async get({ key, sha256 }) {
      const bytes = await retry(
        async () => {
          const output: GetObjectCommandOutput = await client.send(new GetObjectCommand({ ...place, Key: key }));
          return output.Body?.transformToByteArray();
        },
        { clock, rng },
      ).catch((error: unknown) => {
        if (errorName(error) === 'NoSuchKey') throw new FailureBodyError(key, 'is gone', { cause: error });
        if (!['denied', 'rejected'].includes(awsFailure(error))) throw error;
        // A permission, a tag, a storage class ("InvalidObjectState", GetObject API reference): it is about this object until somebody mends it.
        throw new FailureBodyError(key, `cannot be read (${errorName(error)}: ${messageOf(error)})`, { cause: error });
      });
      if (bytes === undefined || digestOf(bytes, 'hex') !== sha256) throw new FailureBodyError(key, 'is not what was written');
      return Buffer.from(bytes).toString();
    },
  };
}

function digestOf(bytes: Uint8Array, encoding: 'hex' | 'base64'): string {
  return createHash('sha256').update(bytes).digest(encoding);
}
