import type { Json } from '../aws.ts';
import { type HttpRequest, headerOf } from './exchange.ts';

type Kind = 'text' | 'number' | 'boolean' | 'time';
type Members = Readonly<Record<string, readonly [member: string, kind?: Kind]>>;

/** Request headers → members; a name means the same in every action (Amazon S3 API Reference). */
const REQUEST_HEADERS: Members = {
  'cache-control': ['CacheControl'],
  'content-disposition': ['ContentDisposition'],
  'content-encoding': ['ContentEncoding'],
  'content-language': ['ContentLanguage'],
  'content-md5': ['ContentMD5'],
  'content-type': ['ContentType'],
  expires: ['Expires', 'time'],
  'if-match': ['IfMatch'],
  'if-modified-since': ['IfModifiedSince', 'time'],
  'if-none-match': ['IfNoneMatch'],
  'if-unmodified-since': ['IfUnmodifiedSince', 'time'],
  range: ['Range'],
  'x-amz-acl': ['ACL'],
  'x-amz-checksum-algorithm': ['ChecksumAlgorithm'],
  'x-amz-checksum-crc32': ['ChecksumCRC32'],
  'x-amz-checksum-crc32c': ['ChecksumCRC32C'],
  'x-amz-checksum-crc64nvme': ['ChecksumCRC64NVME'],
  'x-amz-checksum-mode': ['ChecksumMode'],
  'x-amz-checksum-sha1': ['ChecksumSHA1'],
  'x-amz-checksum-sha256': ['ChecksumSHA256'],
  'x-amz-checksum-type': ['ChecksumType'],
  'x-amz-copy-source': ['CopySource'],
  'x-amz-copy-source-if-match': ['CopySourceIfMatch'],
  'x-amz-copy-source-if-none-match': ['CopySourceIfNoneMatch'],
  'x-amz-copy-source-range': ['CopySourceRange'],
  'x-amz-expected-bucket-owner': ['ExpectedBucketOwner'],
  'x-amz-metadata-directive': ['MetadataDirective'],
  'x-amz-sdk-checksum-algorithm': ['ChecksumAlgorithm'],
  'x-amz-server-side-encryption': ['ServerSideEncryption'],
  'x-amz-server-side-encryption-aws-kms-key-id': ['SSEKMSKeyId'],
  'x-amz-server-side-encryption-bucket-key-enabled': ['BucketKeyEnabled', 'boolean'],
  'x-amz-source-expected-bucket-owner': ['ExpectedSourceBucketOwner'],
  'x-amz-storage-class': ['StorageClass'],
  'x-amz-tagging': ['Tagging'],
  'x-amz-tagging-directive': ['TaggingDirective'],
};

const QUERY: Members = {
  'continuation-token': ['ContinuationToken'],
  delimiter: ['Delimiter'],
  'fetch-owner': ['FetchOwner', 'boolean'],
  'key-marker': ['KeyMarker'],
  marker: ['Marker'],
  'max-buckets': ['MaxBuckets', 'number'],
  'max-keys': ['MaxKeys', 'number'],
  'max-parts': ['MaxParts', 'number'],
  'max-uploads': ['MaxUploads', 'number'],
  partNumber: ['PartNumber', 'number'],
  'part-number-marker': ['PartNumberMarker'],
  prefix: ['Prefix'],
  'response-cache-control': ['ResponseCacheControl'],
  'response-content-disposition': ['ResponseContentDisposition'],
  'response-content-encoding': ['ResponseContentEncoding'],
  'response-content-language': ['ResponseContentLanguage'],
  'response-content-type': ['ResponseContentType'],
  'start-after': ['StartAfter'],
  uploadId: ['UploadId'],
  'upload-id-marker': ['UploadIdMarker'],
  versionId: ['VersionId'],
  'version-id-marker': ['VersionIdMarker'],
};

const RESPONSE_HEADERS: Readonly<Record<string, string>> = {
  AcceptRanges: 'accept-ranges',
  BucketKeyEnabled: 'x-amz-server-side-encryption-bucket-key-enabled',
  BucketRegion: 'x-amz-bucket-region',
  CacheControl: 'cache-control',
  ChecksumCRC32: 'x-amz-checksum-crc32',
  ChecksumCRC32C: 'x-amz-checksum-crc32c',
  ChecksumCRC64NVME: 'x-amz-checksum-crc64nvme',
  ChecksumSHA1: 'x-amz-checksum-sha1',
  ChecksumSHA256: 'x-amz-checksum-sha256',
  ChecksumType: 'x-amz-checksum-type',
  ContentDisposition: 'content-disposition',
  ContentEncoding: 'content-encoding',
  ContentLanguage: 'content-language',
  ContentRange: 'content-range',
  ContentType: 'content-type',
  CopySourceVersionId: 'x-amz-copy-source-version-id',
  DeleteMarker: 'x-amz-delete-marker',
  ETag: 'etag',
  Expiration: 'x-amz-expiration',
  Expires: 'expires',
  LastModified: 'last-modified',
  Location: 'location',
  PartsCount: 'x-amz-mp-parts-count',
  SSEKMSKeyId: 'x-amz-server-side-encryption-aws-kms-key-id',
  ServerSideEncryption: 'x-amz-server-side-encryption',
  StorageClass: 'x-amz-storage-class',
  TagCount: 'x-amz-tagging-count',
  VersionId: 'x-amz-version-id',
};

const METADATA = 'x-amz-meta-';

/** Members of an input that travel in headers and the query string. */
export function readMembers(request: HttpRequest): Json {
  const input: Json = {};
  for (const [name, [member, kind]] of Object.entries(REQUEST_HEADERS)) {
    const text = headerOf(request.headers, name);
    if (text !== undefined) input[member] = typed(text, kind);
  }
  for (const [name, [member, kind]] of Object.entries(QUERY)) {
    const text = request.query.get(name);
    if (text !== null) input[member] = typed(text, kind);
  }
  const metadata: Json = {};
  for (const name of Object.keys(request.headers)) {
    if (name.startsWith(METADATA)) metadata[name.slice(METADATA.length)] = headerOf(request.headers, name);
  }
  if (Object.keys(metadata).length > 0) input['Metadata'] = metadata;
  return input;
}

function typed(text: string, kind: Kind = 'text'): unknown {
  if (kind === 'number') return Number(text);
  if (kind === 'boolean') return text === 'true';
  return kind === 'time' ? Date.parse(text) / 1000 : text;
}

/** Members of an output that travel in headers. */
export function writeMembers(output: Json): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [member, header] of Object.entries(RESPONSE_HEADERS)) {
    const value = output[member];
    if (value === undefined) continue;
    const isTime = typeof value === 'number' && (member === 'LastModified' || member === 'Expires');
    headers[header] = isTime ? new Date(value * 1000).toUTCString() : String(value);
  }
  for (const [name, value] of Object.entries((output['Metadata'] ?? {}) as Json)) headers[METADATA + name] = String(value);
  return headers;
}
