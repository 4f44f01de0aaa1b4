import type { HttpRequest } from './exchange.ts';

/** The bucket and key that a request addresses; both absent for the service itself. */
export interface S3Address {
  readonly bucket?: string;
  readonly key?: string;
}

/**
 * Reads path style (`/bucket/key`) and virtual-hosted style (`bucket.localhost/key`, `bucket.s3.localhost/key`, AWS's own) addresses
 * (Amazon S3 User Guide, "Virtual hosting of buckets").
 */
export function addressOf(request: HttpRequest): S3Address {
  const path = decodeURIComponent(request.path).slice(1);
  const hosted = /^(.+?)(?:(?:\.s3)?\.localhost(?::\d+)?|\.s3\.[\w-]+\.amazonaws\.com)$/.exec(request.headers.host ?? '')?.[1];
  if (hosted !== undefined && hosted !== 's3') return path === '' ? { bucket: hosted } : { bucket: hosted, key: path };
  const slash = path.indexOf('/');
  if (path === '') return {};
  if (slash < 0 || slash === path.length - 1) return { bucket: slash < 0 ? path : path.slice(0, slash) };
  return { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
}

/** Sub-resources of a bucket, as `?policy` → `GetBucketPolicy`, `PutBucketPolicy`, `DeleteBucketPolicy`. */
const BUCKET_PARTS: Readonly<Record<string, string>> = {
  accelerate: 'BucketAccelerateConfiguration',
  acl: 'BucketAcl',
  cors: 'BucketCors',
  encryption: 'BucketEncryption',
  lifecycle: 'BucketLifecycleConfiguration',
  location: 'BucketLocation',
  logging: 'BucketLogging',
  notification: 'BucketNotificationConfiguration',
  'object-lock': 'ObjectLockConfiguration',
  ownershipControls: 'BucketOwnershipControls',
  policy: 'BucketPolicy',
  policyStatus: 'BucketPolicyStatus',
  publicAccessBlock: 'PublicAccessBlock',
  replication: 'BucketReplication',
  requestPayment: 'BucketRequestPayment',
  tagging: 'BucketTagging',
  versioning: 'BucketVersioning',
  website: 'BucketWebsite',
};

/** Sub-resources of an object. */
const OBJECT_PARTS: Readonly<Record<string, string>> = {
  acl: 'ObjectAcl',
  attributes: 'ObjectAttributes',
  'legal-hold': 'ObjectLegalHold',
  retention: 'ObjectRetention',
  tagging: 'ObjectTagging',
};

const VERBS: Readonly<Record<string, string>> = { GET: 'Get', PUT: 'Put', DELETE: 'Delete' };

/** The action a request asks for; undefined when method and address name none. */
export function s3ActionOf(request: HttpRequest, address: S3Address): string | undefined {
  if (address.bucket === undefined) return request.method === 'GET' ? 'ListBuckets' : undefined;
  return address.key === undefined ? bucketAction(request) : objectAction(request);
}

function bucketAction({ method, query }: HttpRequest): string | undefined {
  const part = partAction(method, query, BUCKET_PARTS);
  if (part !== undefined) return part === 'DeleteBucketLifecycleConfiguration' ? 'DeleteBucketLifecycle' : part;
  if (method === 'PUT') return 'CreateBucket';
  if (method === 'HEAD') return 'HeadBucket';
  if (method === 'DELETE') return 'DeleteBucket';
  if (method === 'POST') return query.has('delete') ? 'DeleteObjects' : undefined;
  if (method !== 'GET') return undefined;
  if (query.has('versions')) return 'ListObjectVersions';
  if (query.has('uploads')) return 'ListMultipartUploads';
  return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
}

function objectAction({ method, query, headers }: HttpRequest): string | undefined {
  const part = partAction(method, query, OBJECT_PARTS);
  if (part !== undefined) return part;
  const upload = query.has('uploadId');
  const copies = headers['x-amz-copy-source'] !== undefined;
  if (method === 'PUT' && upload) return copies ? 'UploadPartCopy' : 'UploadPart';
  if (method === 'PUT') return copies ? 'CopyObject' : 'PutObject';
  if (method === 'GET') return upload ? 'ListParts' : 'GetObject';
  if (method === 'HEAD') return 'HeadObject';
  if (method === 'DELETE') return upload ? 'AbortMultipartUpload' : 'DeleteObject';
  if (method === 'POST' && query.has('uploads')) return 'CreateMultipartUpload';
  return method === 'POST' && upload ? 'CompleteMultipartUpload' : undefined;
}

function partAction(method: string, query: URLSearchParams, parts: Readonly<Record<string, string>>): string | undefined {
  const verb = VERBS[method];
  if (verb === undefined) return undefined;
  for (const [name, noun] of Object.entries(parts)) if (query.has(name)) return verb + noun;
  return undefined;
}
