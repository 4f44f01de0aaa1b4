import { AwsError, type AwsRequest, type Engine } from '../aws.ts';
import { BUCKET_ACTIONS } from './s3-buckets.ts';
import { s3Error } from './s3-errors.ts';
import { LISTING_ACTIONS } from './s3-listing.ts';
import { MULTIPART_ACTIONS } from './s3-multipart.ts';
import { OBJECT_ACTIONS } from './s3-objects.ts';
import type { S3Input } from './s3-state.ts';
import { createWorld, type S3Deps } from './s3-world.ts';

/** The S3 engine. */
export interface S3 extends Engine {
  /** The bucket policy, for the authoriser; undefined when there is none. */
  policyOf(bucketName: string): string | undefined;
}

const ACTIONS = { ...BUCKET_ACTIONS, ...OBJECT_ACTIONS, ...LISTING_ACTIONS, ...MULTIPART_ACTIONS };

/**
 * A subset of Amazon S3 in memory: buckets with their configuration, objects with versions, conditional writes, ranges and checksums,
 * multipart uploads, lifecycle expiry by the clock. Access control lists, object lock and notifications are not acted upon.
 *
 * @example
 * const s3 = createS3({ clock, ids, place });
 * s3.call({ service: 's3', action: 'PutObject', input: { Bucket: 'b', Key: 'k', Body: bytes }, caller: DEVELOPER });
 */
export function createS3(deps: S3Deps): S3 {
  const world = createWorld(deps);
  return {
    service: 's3',
    call(request) {
      const { action, input } = request;
      const perform = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
      if (perform === undefined) throw new AwsError('NotImplemented', `The embedded S3 has no action ${action}.`, { status: 501 });
      try {
        return perform(world, input as S3Input);
      } catch (error) {
        if (isMissing(error) && !mayList(deps, request)) throw s3Error('AccessDenied');
        throw error;
      }
    },
    policyOf: (bucketName) => world.buckets.get(bucketName)?.configuration.get('Policy') as string | undefined,
  };
}

const isMissing = (error: unknown): boolean => error instanceof AwsError && (error.code === 'NoSuchKey' || error.code === 'NoSuchVersion');

/** GetObject and HeadObject references, "Permissions": without `s3:ListBucket` a missing object is a 403, as one that may not be read. */
function mayList({ authorise }: S3Deps, { input, caller }: AwsRequest): boolean {
  try {
    authorise?.({ service: 's3', action: 'ListObjectsV2', input: { Bucket: input['Bucket'], Prefix: input['Key'] }, caller });
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}
