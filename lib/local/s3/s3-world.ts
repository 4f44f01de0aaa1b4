import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import type { AwsRequest, Place } from '../aws.ts';
import { s3Error } from './s3-errors.ts';
import { runLifecycle } from './s3-lifecycle.ts';
import type { Bucket, S3World } from './s3-state.ts';

/** What the engine needs from outside. */
export interface S3Deps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  /** Throws when a caller may not make a call: who may not list a bucket is not told what is missing in it. @default - everybody may */
  readonly authorise?: (request: AwsRequest) => void;
}

/** An empty world. */
export function createWorld({ clock, ids, place }: S3Deps): S3World {
  const buckets = new Map<string, Bucket>();
  const now = () => Math.floor(clock.now() / 1000);
  const world: S3World = {
    ids,
    place,
    buckets,
    now,
    bucket({ Bucket, ExpectedBucketOwner }) {
      const found = buckets.get(Bucket);
      if (found === undefined) throw s3Error('NoSuchBucket', { BucketName: Bucket });
      if (ExpectedBucketOwner !== undefined && ExpectedBucketOwner !== place.accountId) throw s3Error('AccessDenied');
      runLifecycle(world, found);
      return found;
    },
  };
  return world;
}
