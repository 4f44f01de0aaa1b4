import type { Json } from '../aws.ts';
import { md5, verifiedChecksums } from './s3-checksums.ts';
import { checkWrite, namesEtag, rangeOf } from './s3-conditions.ts';
import { s3Error } from './s3-errors.ts';
import { copySourceOf, storeVersion } from './s3-objects.ts';
import { currentOf, type Part, type S3Input, type S3World, type Upload } from './s3-state.ts';

/** Amazon S3 User Guide, "Multipart upload limits". */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PART_NUMBER = 10_000;

function create(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  const id = world.ids.next().replaceAll('-', '');
  bucket.uploads.set(id, { id, key: input.Key, initiated: world.now(), input, parts: new Map() });
  return { Bucket: input.Bucket, Key: input.Key, UploadId: id };
}

function uploadOf(world: S3World, input: S3Input): Upload {
  const upload = world.bucket(input).uploads.get(input.UploadId ?? '');
  if (upload === undefined || upload.key !== input.Key) throw s3Error('NoSuchUpload', { UploadId: input.UploadId });
  return upload;
}

function storePart(world: S3World, input: S3Input, body: Uint8Array): Part {
  const number = input.PartNumber ?? 0;
  if (!Number.isInteger(number) || number < 1 || number > MAX_PART_NUMBER) {
    throw s3Error('InvalidArgument', { ArgumentName: 'partNumber', ArgumentValue: input.PartNumber });
  }
  const part = { number, body, etag: `"${md5(body)}"`, lastModified: world.now() };
  uploadOf(world, input).parts.set(number, part);
  return part;
}

function putPart(world: S3World, input: S3Input): Json {
  const body = input.Body ?? new Uint8Array();
  const { ChecksumType: _, ...checksums } = verifiedChecksums(input, body);
  return { ETag: storePart(world, input, body).etag, ...checksums };
}

function copyPart(world: S3World, input: S3Input): Json {
  const source = copySourceOf(world, input);
  const range = rangeOf(input.CopySourceRange, source.body.byteLength) ?? { start: 0, end: source.body.byteLength };
  const part = storePart(world, input, source.body.subarray(range.start, range.end));
  return { CopyPartResult: { ETag: part.etag, LastModified: part.lastModified } };
}

/** The parts that the completion names, in its order. */
function namedParts(upload: Upload, input: S3Input): readonly Part[] {
  const named = input.MultipartUpload?.Parts ?? [];
  if (named.length === 0) throw s3Error('MalformedXML');
  if (named.some(({ PartNumber }, index) => PartNumber <= (named[index - 1]?.PartNumber ?? 0)))
    throw s3Error('InvalidPartOrder', { UploadId: upload.id });
  return named.map(({ PartNumber, ETag }, index) => {
    const part = upload.parts.get(PartNumber);
    if (part === undefined || !namesEtag(ETag, part.etag)) throw s3Error('InvalidPart', { UploadId: upload.id, PartNumber, ETag });
    if (index < named.length - 1 && part.body.byteLength < MIN_PART_BYTES) {
      throw s3Error('EntityTooSmall', { PartNumber, ProposedSize: part.body.byteLength, MinSizeAllowed: MIN_PART_BYTES, ETag });
    }
    return part;
  });
}

function complete(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  const upload = uploadOf(world, input);
  const parts = namedParts(upload, input);
  checkWrite(input, currentOf(bucket, input.Key));
  const body = Buffer.concat(parts.map((part) => part.body));
  // The entity tag of parts is the MD5 of their MD5s, and how many they are.
  const etag = `"${md5(Buffer.concat(parts.map((part) => Buffer.from(part.etag.slice(1, -1), 'hex'))))}-${parts.length}"`;
  const version = storeVersion(world, bucket, { input: upload.input, body, etag, checksums: {}, partCount: parts.length });
  bucket.uploads.delete(upload.id);
  return {
    Location: `${world.place.endpoint}/${input.Bucket}/${input.Key}`,
    Bucket: input.Bucket,
    Key: input.Key,
    ETag: etag,
    ServerSideEncryption: version.headers['ServerSideEncryption'],
    ...(bucket.versioning !== undefined && { VersionId: version.versionId }),
  };
}

function abort(world: S3World, input: S3Input): Json {
  world.bucket(input).uploads.delete(uploadOf(world, input).id);
  return {};
}

function listParts(world: S3World, input: S3Input): Json {
  const upload = uploadOf(world, input);
  const Parts = [...upload.parts.values()]
    .sort((a, b) => a.number - b.number)
    .map(({ number, etag, body, lastModified }) => ({ PartNumber: number, ETag: etag, Size: body.byteLength, LastModified: lastModified }));
  return { Bucket: input.Bucket, Key: input.Key, UploadId: upload.id, IsTruncated: false, Parts };
}

function listUploads(world: S3World, input: S3Input): Json {
  const Uploads = [...world.bucket(input).uploads.values()]
    .filter(({ key }) => key.startsWith(input.Prefix ?? ''))
    .map(({ key, id, initiated }) => ({ Key: key, UploadId: id, Initiated: initiated }));
  return { Bucket: input.Bucket, IsTruncated: false, Uploads };
}

/** Actions of multipart uploads. */
export const MULTIPART_ACTIONS: Readonly<Record<string, (world: S3World, input: S3Input) => Json>> = {
  CreateMultipartUpload: create,
  UploadPart: putPart,
  UploadPartCopy: copyPart,
  CompleteMultipartUpload: complete,
  AbortMultipartUpload: abort,
  ListParts: listParts,
  ListMultipartUploads: listUploads,
};
