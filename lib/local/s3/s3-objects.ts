import type { Json } from '../aws.ts';
import { md5, verifiedChecksums } from './s3-checksums.ts';
import { checkRead, checkWrite, namesEtag, rangeOf } from './s3-conditions.ts';
import { s3Error } from './s3-errors.ts';
import {
  addVersion,
  type Bucket,
  currentOf,
  deleteMarker,
  type ObjectVersion,
  removeVersion,
  type S3Input,
  type S3World,
  type Tag,
} from './s3-state.ts';

const STORED_HEADERS = [
  'CacheControl',
  'ContentDisposition',
  'ContentEncoding',
  'ContentLanguage',
  'ContentType',
  'Expires',
  'StorageClass',
] as const;
const OVERRIDES = ['CacheControl', 'ContentDisposition', 'ContentEncoding', 'ContentLanguage', 'ContentType'] as const;
/** Amazon S3 User Guide, "Creating object key names" and "Working with object metadata". */
const MAX_KEY_BYTES = 1_024;
const MAX_METADATA_BYTES = 2_048;

/** What makes a version, beside its bytes. */
export interface NewVersion {
  readonly input: S3Input;
  readonly body: Uint8Array;
  readonly etag: string;
  readonly checksums: Json;
  readonly partCount?: number;
}

/** Stores a version; the caller has checked conditions. */
export function storeVersion(world: S3World, bucket: Bucket, made: NewVersion): ObjectVersion {
  const { input } = made;
  if (Buffer.byteLength(input.Key) > MAX_KEY_BYTES)
    throw s3Error('KeyTooLongError', { Size: Buffer.byteLength(input.Key), MaxSizeAllowed: MAX_KEY_BYTES });
  const metadata = input.Metadata ?? {};
  const metadataBytes = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (metadataBytes > MAX_METADATA_BYTES) throw s3Error('MetadataTooLarge', { Size: metadataBytes, MaxSizeAllowed: MAX_METADATA_BYTES });
  const headers: Json = { ContentType: 'binary/octet-stream', ...encryptionOf(bucket, input) };
  for (const member of STORED_HEADERS) if (input[member] !== undefined) headers[member] = input[member];
  const version: ObjectVersion = {
    key: input.Key,
    versionId: bucket.versioning === 'Enabled' ? world.ids.next().replaceAll('-', '') : 'null',
    isDeleteMarker: false,
    body: made.body,
    etag: made.etag,
    lastModified: world.now(),
    headers,
    metadata: { ...metadata },
    checksums: made.checksums,
    tags: typeof input.Tagging === 'string' ? [...new URLSearchParams(input.Tagging)].map(([Key, Value]) => ({ Key, Value })) : [],
    ...(made.partCount !== undefined && { partCount: made.partCount }),
  };
  addVersion(bucket, version);
  return version;
}

/** The bucket's default encryption unless the request names another; S3 encrypts every object. */
function encryptionOf(bucket: Bucket, input: S3Input): Json {
  const rules = (
    bucket.configuration.get('ServerSideEncryptionConfiguration') as { Rules?: { ApplyServerSideEncryptionByDefault?: Json }[] }
  )?.Rules;
  const byDefault = rules?.[0]?.ApplyServerSideEncryptionByDefault;
  const algorithm = input.ServerSideEncryption ?? byDefault?.['SSEAlgorithm'] ?? 'AES256';
  const key = input.SSEKMSKeyId ?? (input.ServerSideEncryption === undefined ? byDefault?.['KMSMasterKeyID'] : undefined);
  return { ServerSideEncryption: algorithm, ...(key !== undefined && { SSEKMSKeyId: key }) };
}

const versionOf = (bucket: Bucket, version: ObjectVersion): Json =>
  bucket.versioning === undefined ? {} : { VersionId: version.versionId };
const encryption = ({ headers }: ObjectVersion): Json => {
  const { ServerSideEncryption, SSEKMSKeyId } = headers;
  return { ServerSideEncryption, ...(SSEKMSKeyId !== undefined && { SSEKMSKeyId }) };
};

/** Finds the version that a read means, or refuses as S3 does. */
function findVersion(bucket: Bucket, input: S3Input): ObjectVersion {
  const versions = bucket.objects.get(input.Key) ?? [];
  const version = input.VersionId === undefined ? versions.at(-1) : versions.find((one) => one.versionId === input.VersionId);
  if (version === undefined)
    throw input.VersionId === undefined ? s3Error('NoSuchKey', { Key: input.Key }) : s3Error('NoSuchVersion', { Key: input.Key });
  if (!version.isDeleteMarker) return version;
  const marker = { DeleteMarker: true, VersionId: version.versionId };
  throw input.VersionId === undefined ? s3Error('NoSuchKey', { Key: input.Key, ...marker }) : s3Error('MethodNotAllowed', marker);
}

/** Members that GetObject and HeadObject share. */
function describe(bucket: Bucket, version: ObjectVersion, input: S3Input): Json {
  const shown: Json = {
    AcceptRanges: 'bytes',
    ContentLength: version.body.byteLength,
    ETag: version.etag,
    LastModified: version.lastModified,
    ...version.headers,
    ...versionOf(bucket, version),
    ...(Object.keys(version.metadata).length > 0 && { Metadata: version.metadata }),
    ...(version.tags.length > 0 && { TagCount: version.tags.length }),
    ...(version.partCount !== undefined && { PartsCount: version.partCount }),
    ...(input.ChecksumMode === 'ENABLED' && input.Range === undefined && version.checksums),
  };
  for (const member of OVERRIDES) if (input[`Response${member}`] !== undefined) shown[member] = input[`Response${member}`];
  return shown;
}

function put(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  checkWrite(input, currentOf(bucket, input.Key));
  const body = input.Body ?? new Uint8Array();
  const checksums = verifiedChecksums(input, body);
  const version = storeVersion(world, bucket, { input, body, etag: `"${md5(body)}"`, checksums });
  return { ETag: version.etag, ...encryption(version), ...versionOf(bucket, version), ...checksums };
}

function get(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  const version = findVersion(bucket, input);
  checkRead(input, version);
  const shown = describe(bucket, version, input);
  const range = rangeOf(input.Range, version.body.byteLength);
  if (range === undefined) return { ...shown, Body: version.body };
  const { start, end } = range;
  return {
    ...shown,
    Body: version.body.subarray(start, end),
    ContentLength: end - start,
    ContentRange: `bytes ${start}-${end - 1}/${version.body.byteLength}`,
  };
}

function head(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  const version = findVersion(bucket, input);
  checkRead(input, version);
  return describe(bucket, version, input);
}

function remove(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  const versions = bucket.objects.get(input.Key) ?? [];
  if (input.IfMatch !== undefined) checkWrite(input, currentOf(bucket, input.Key));
  if (input.VersionId !== undefined) {
    const version = versions.find((one) => one.versionId === input.VersionId);
    if (version !== undefined) removeVersion(bucket, version);
    return { VersionId: input.VersionId, ...(version?.isDeleteMarker && { DeleteMarker: true }) };
  }
  if (bucket.versioning !== undefined) {
    const marker = deleteMarker(world, bucket, input.Key);
    return { DeleteMarker: true, VersionId: marker.versionId };
  }
  for (const version of versions) removeVersion(bucket, version);
  return {};
}

function removeMany(world: S3World, input: S3Input): Json {
  const { Objects = [], Quiet = false } = input.Delete ?? {};
  if (Objects.length === 0 || Objects.length > 1_000) throw s3Error('MalformedXML');
  const Deleted = Objects.map((object) => {
    const { DeleteMarker, VersionId } = remove(world, { ...input, ...object, Bucket: input.Bucket });
    const marker = DeleteMarker === true ? { DeleteMarker: true, DeleteMarkerVersionId: VersionId } : {};
    return { Key: object.Key, ...(object.VersionId !== undefined && { VersionId: object.VersionId }), ...marker };
  });
  return Quiet ? {} : { Deleted };
}

/** The object that a CopySource names: `bucket/key?versionId=…`, percent-encoded. */
export function copySourceOf(world: S3World, input: S3Input): ObjectVersion {
  const [path = '', query = ''] = (input.CopySource ?? '').split(/\?(?=versionId=)/);
  const [Bucket = '', ...key] = decodeURIComponent(path).replace(/^\//, '').split('/');
  const VersionId = new URLSearchParams(query).get('versionId');
  const source = findVersion(world.bucket({ Bucket, Key: '' }), { Bucket, Key: key.join('/'), ...(VersionId !== null && { VersionId }) });
  if (input.CopySourceIfMatch !== undefined && !namesEtag(input.CopySourceIfMatch, source.etag)) throw s3Error('PreconditionFailed');
  if (input.CopySourceIfNoneMatch !== undefined && namesEtag(input.CopySourceIfNoneMatch, source.etag)) throw s3Error('PreconditionFailed');
  return source;
}

function copy(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  const source = copySourceOf(world, input);
  const replaces = input.MetadataDirective === 'REPLACE';
  const ontoItself = currentOf(bucket, input.Key) === source;
  if (ontoItself && !replaces && input['StorageClass'] === undefined && input.ServerSideEncryption === undefined)
    throw s3Error('InvalidRequest');
  checkWrite(input, currentOf(bucket, input.Key));
  const { ServerSideEncryption: _, SSEKMSKeyId: __, ...headers } = source.headers;
  const kept = replaces ? {} : { ...headers, Metadata: source.metadata };
  const version = storeVersion(world, bucket, {
    input: { ...input, ...kept },
    body: source.body,
    etag: `"${md5(source.body)}"`,
    checksums: source.checksums,
  });
  if (input.TaggingDirective !== 'REPLACE') version.tags = source.tags;
  return {
    CopyObjectResult: { ETag: version.etag, LastModified: version.lastModified },
    ...encryption(version),
    ...versionOf(bucket, version),
  };
}

function tagging(world: S3World, input: S3Input, tags: readonly Tag[] | undefined): Json {
  const bucket = world.bucket(input);
  const version = findVersion(bucket, input);
  if (tags !== undefined) version.tags = tags;
  return versionOf(bucket, version);
}

/** Actions on objects. */
export const OBJECT_ACTIONS: Readonly<Record<string, (world: S3World, input: S3Input) => Json>> = {
  PutObject: put,
  GetObject: get,
  HeadObject: head,
  DeleteObject: remove,
  DeleteObjects: removeMany,
  CopyObject: copy,
  GetObjectTagging: (world, input) => ({ TagSet: findVersion(world.bucket(input), input).tags, ...tagging(world, input, undefined) }),
  PutObjectTagging: (world, input) => tagging(world, input, typeof input.Tagging === 'object' ? input.Tagging.TagSet : []),
  DeleteObjectTagging: (world, input) => tagging(world, input, []),
};
