import type { Ids } from '../../core/ids.ts';
import type { Json, Place } from '../aws.ts';

/** One version of an object; a delete marker has no body. */
export interface ObjectVersion {
  readonly key: string;
  /** `null`, as text, for versions made while versioning was off. */
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
  readonly body: Uint8Array;
  readonly etag: string;
  /** Seconds since the epoch, whole. */
  readonly lastModified: number;
  /** Content-Type and the like, as PutObject named them. */
  readonly headers: Json;
  readonly metadata: Record<string, string>;
  readonly checksums: Json;
  readonly partCount?: number;
  tags: readonly Tag[];
}

/** A tag of a bucket or an object. */
export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** A part of an upload that is not complete. */
export interface Part {
  readonly number: number;
  readonly body: Uint8Array;
  readonly etag: string;
  readonly lastModified: number;
}

/** A multipart upload that is neither complete nor aborted. */
export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly initiated: number;
  readonly input: S3Input;
  readonly parts: Map<number, Part>;
}

/** A bucket and all it holds. */
export interface Bucket {
  readonly name: string;
  readonly created: number;
  /** Versions of a key, oldest first; never empty. */
  readonly objects: Map<string, ObjectVersion[]>;
  readonly uploads: Map<string, Upload>;
  /** Documents kept as they were put, by what they configure. */
  readonly configuration: Map<string, unknown>;
  versioning: 'Enabled' | 'Suspended' | undefined;
  /** Keys in listing order; undefined after a key appeared or disappeared. */
  sortedKeys: readonly string[] | undefined;
  /** The UTC day for which the lifecycle rules last ran. */
  lifecycleDay: number;
}

/** Inputs of all actions, as the SDK shapes them; the gateway and the SDK see to it that required members are there. */
export interface S3Input {
  readonly Bucket: string;
  readonly Key: string;
  readonly Body?: Uint8Array;
  readonly VersionId?: string;
  readonly Metadata?: Record<string, string>;
  readonly MetadataDirective?: string;
  readonly Tagging?: string | { TagSet: readonly Tag[] };
  readonly TaggingDirective?: string;
  readonly CopySource?: string;
  readonly CopySourceIfMatch?: string;
  readonly CopySourceIfNoneMatch?: string;
  readonly CopySourceRange?: string;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
  readonly IfModifiedSince?: number;
  readonly IfUnmodifiedSince?: number;
  readonly Range?: string;
  readonly PartNumber?: number;
  readonly UploadId?: string;
  readonly MultipartUpload?: { Parts?: readonly { PartNumber: number; ETag: string }[] };
  readonly Delete?: { Objects?: readonly { Key: string; VersionId?: string }[]; Quiet?: boolean };
  readonly Prefix?: string;
  readonly Delimiter?: string;
  readonly MaxKeys?: number;
  readonly Marker?: string;
  readonly ContinuationToken?: string;
  readonly StartAfter?: string;
  readonly FetchOwner?: boolean;
  readonly KeyMarker?: string;
  readonly VersionIdMarker?: string;
  readonly ExpectedBucketOwner?: string;
  readonly ServerSideEncryption?: string;
  readonly SSEKMSKeyId?: string;
  readonly ChecksumMode?: string;
  readonly ContentMD5?: string;
  readonly Policy?: string;
  readonly VersioningConfiguration?: { Status?: 'Enabled' | 'Suspended' };
  readonly CreateBucketConfiguration?: { LocationConstraint?: string };
  readonly [member: string]: unknown;
}

/** The version that a plain GET sees; undefined when there is none or it is a delete marker. */
export function currentOf(bucket: Bucket, key: string): ObjectVersion | undefined {
  const latest = bucket.objects.get(key)?.at(-1);
  return latest?.isDeleteMarker ? undefined : latest;
}

/** Adds a version: it replaces all others unless versioning keeps them. */
export function addVersion(bucket: Bucket, version: ObjectVersion): void {
  const before = bucket.objects.get(version.key);
  if (before === undefined) bucket.sortedKeys = undefined;
  const kept = (before ?? []).filter((one) => bucket.versioning !== undefined && one.versionId !== version.versionId);
  bucket.objects.set(version.key, [...kept, version]);
}

/** Removes one version, and the key with its last one. */
export function removeVersion(bucket: Bucket, version: ObjectVersion): void {
  const rest = (bucket.objects.get(version.key) ?? []).filter((one) => one !== version);
  if (rest.length > 0) {
    bucket.objects.set(version.key, rest);
  } else {
    bucket.objects.delete(version.key);
    bucket.sortedKeys = undefined;
  }
}

/** Keys in the order of their UTF-8 bytes, which is how S3 lists them. */
export function sortedKeys(bucket: Bucket): readonly string[] {
  bucket.sortedKeys ??= [...bucket.objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return bucket.sortedKeys;
}

/** All buckets, and the ports that their actions use. */
export interface S3World {
  readonly ids: Ids;
  readonly place: Place;
  readonly buckets: Map<string, Bucket>;
  /** Whole seconds since the epoch. */
  now(): number;
  /** The bucket an input names, its lifecycle rules applied up to now. Refuses when it is absent or not the expected owner's. */
  bucket(input: Pick<S3Input, 'Bucket' | 'Key' | 'ExpectedBucketOwner'>): Bucket;
}

/** Hides a key behind a delete marker, as a delete in a versioned bucket does. */
export function deleteMarker(world: S3World, bucket: Bucket, key: string): ObjectVersion {
  const marker: ObjectVersion = {
    key,
    versionId: bucket.versioning === 'Enabled' ? world.ids.next().replaceAll('-', '') : 'null',
    isDeleteMarker: true,
    body: new Uint8Array(),
    etag: '',
    lastModified: world.now(),
    headers: {},
    metadata: {},
    checksums: {},
    tags: [],
  };
  addVersion(bucket, marker);
  return marker;
}
