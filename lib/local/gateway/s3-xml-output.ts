import type { Json } from '../aws.ts';
import { element, escapeXml, isoTime } from './xml.ts';

/** How an action's output is an XML document. */
interface Document {
  readonly root: string;
  /** The member that is the document, when the output has others beside it. */
  readonly member?: string;
}

const DOCUMENTS: Readonly<Record<string, Document>> = {
  ListBuckets: { root: 'ListAllMyBucketsResult' },
  ListObjects: { root: 'ListBucketResult' },
  ListObjectsV2: { root: 'ListBucketResult' },
  ListObjectVersions: { root: 'ListVersionsResult' },
  ListParts: { root: 'ListPartsResult' },
  ListMultipartUploads: { root: 'ListMultipartUploadsResult' },
  CreateMultipartUpload: { root: 'InitiateMultipartUploadResult' },
  CompleteMultipartUpload: { root: 'CompleteMultipartUploadResult' },
  CopyObject: { root: 'CopyObjectResult', member: 'CopyObjectResult' },
  UploadPartCopy: { root: 'CopyPartResult', member: 'CopyPartResult' },
  DeleteObjects: { root: 'DeleteResult' },
  GetBucketEncryption: { root: 'ServerSideEncryptionConfiguration', member: 'ServerSideEncryptionConfiguration' },
  GetBucketVersioning: { root: 'VersioningConfiguration' },
  GetBucketLifecycleConfiguration: { root: 'LifecycleConfiguration' },
  GetBucketCors: { root: 'CORSConfiguration' },
  GetPublicAccessBlock: { root: 'PublicAccessBlockConfiguration', member: 'PublicAccessBlockConfiguration' },
  GetBucketPolicyStatus: { root: 'PolicyStatus', member: 'PolicyStatus' },
  GetBucketOwnershipControls: { root: 'OwnershipControls', member: 'OwnershipControls' },
  GetBucketTagging: { root: 'Tagging' },
  GetObjectTagging: { root: 'Tagging' },
  GetBucketNotificationConfiguration: { root: 'NotificationConfiguration' },
};

/** Lists without a wrapper: the element that repeats. */
const REPEATED: Readonly<Record<string, string>> = {
  Contents: 'Contents',
  CommonPrefixes: 'CommonPrefixes',
  Versions: 'Version',
  DeleteMarkers: 'DeleteMarker',
  Parts: 'Part',
  Uploads: 'Upload',
  Deleted: 'Deleted',
  Errors: 'Error',
  Rules: 'Rule',
  CORSRules: 'CORSRule',
  AllowedMethods: 'AllowedMethod',
  AllowedOrigins: 'AllowedOrigin',
  AllowedHeaders: 'AllowedHeader',
  ExposeHeaders: 'ExposeHeader',
  Tags: 'Tag',
  Transitions: 'Transition',
  ChecksumAlgorithm: 'ChecksumAlgorithm',
};

/** Lists in a wrapper: the element inside. */
const WRAPPED: Readonly<Record<string, string>> = { Buckets: 'Bucket', TagSet: 'Tag' };

const TIMES = new Set(['LastModified', 'CreationDate', 'Initiated', 'Date']);

/** Members that are headers even where the rest of the output is XML. */
const HEADER_MEMBERS = new Set([
  'VersionId',
  'ServerSideEncryption',
  'SSEKMSKeyId',
  'BucketKeyEnabled',
  'CopySourceVersionId',
  'Expiration',
]);

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** An XML answer: the document and the members that stay headers. */
export interface S3Document {
  readonly body: string;
  readonly headerMembers: Json;
}

/** The document that an action answers with; undefined for an action that answers in headers alone. */
export function writeDocument(action: string, output: Json): S3Document | undefined {
  // The one document that is bare text: nothing for us-east-1 (Amazon S3 API Reference, GetBucketLocation).
  if (action === 'GetBucketLocation') {
    const text = escapeXml(String(output['LocationConstraint'] ?? ''));
    return { body: `<LocationConstraint xmlns="${NAMESPACE}">${text}</LocationConstraint>`, headerMembers: {} };
  }
  const document = DOCUMENTS[action];
  if (document === undefined) return undefined;
  const headerMembers: Json = {};
  const members: Json = {};
  for (const [name, value] of Object.entries(output)) (HEADER_MEMBERS.has(name) ? headerMembers : members)[name] = value;
  const content = (document.member === undefined ? members : (members[document.member] ?? {})) as Json;
  return { body: `<${document.root} xmlns="${NAMESPACE}">${structure(content)}</${document.root}>`, headerMembers };
}

function structure(value: Json): string {
  let markup = '';
  for (const [name, member] of Object.entries(value)) if (member !== undefined && member !== null) markup += memberMarkup(name, member);
  return markup;
}

function memberMarkup(name: string, value: unknown): string {
  if (!Array.isArray(value)) return element(name, content(name, value));
  const wrapped = WRAPPED[name];
  const repeated = wrapped ?? REPEATED[name] ?? name;
  const items = value.map((item) => element(repeated, content(repeated, item))).join('');
  return wrapped === undefined ? items : element(name, items);
}

function content(name: string, value: unknown): string {
  if (typeof value === 'object' && value !== null) return structure(value as Json);
  return typeof value === 'number' && TIMES.has(name) ? isoTime(value) : escapeXml(String(value));
}
