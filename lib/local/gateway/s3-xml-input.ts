import { XMLParser } from 'fast-xml-parser';
import { AwsError, type Json } from '../aws.ts';

/** Elements that repeat, by the element they are in: the list is a member of its own name, without a wrapper. */
const REPEATED: Readonly<Record<string, string>> = {
  'Delete.Object': 'Objects',
  'CompleteMultipartUpload.Part': 'Parts',
  'LifecycleConfiguration.Rule': 'Rules',
  'ServerSideEncryptionConfiguration.Rule': 'Rules',
  'OwnershipControls.Rule': 'Rules',
  'CORSConfiguration.CORSRule': 'CORSRules',
  'CORSRule.AllowedMethod': 'AllowedMethods',
  'CORSRule.AllowedOrigin': 'AllowedOrigins',
  'CORSRule.AllowedHeader': 'AllowedHeaders',
  'CORSRule.ExposeHeader': 'ExposeHeaders',
  'And.Tag': 'Tags',
  'Rule.Transition': 'Transitions',
  'Rule.NoncurrentVersionTransition': 'NoncurrentVersionTransitions',
};

const NUMBERS = new Set(
  'PartNumber Days NoncurrentDays NewerNoncurrentVersions DaysAfterInitiation ObjectSizeGreaterThan ObjectSizeLessThan MaxAgeSeconds'.split(
    ' ',
  ),
);
const BOOLEANS = new Set(
  'Quiet BucketKeyEnabled ExpiredObjectDeleteMarker BlockPublicAcls IgnorePublicAcls BlockPublicPolicy RestrictPublicBuckets'.split(' '),
);

/** Root elements whose member has another name. */
const ROOTS: Readonly<Record<string, string>> = { CompleteMultipartUpload: 'MultipartUpload', CORSConfiguration: 'CORSConfiguration' };

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  removeNSPrefix: true,
});

/** The member that an XML body is, under its name, e.g. `{ Delete: { Objects: [{ Key: 'a' }], Quiet: true } }`. */
export function readXmlBody(body: Buffer): Json {
  const [root, content] = rootOf(body);
  return { [ROOTS[root] ?? root]: readNode(content, root) };
}

function rootOf(body: Buffer): readonly [string, unknown] {
  try {
    const document = parser.parse(body.toString('utf8'), true) as Json;
    const found = Object.entries(document).find(([name]) => name !== '#text' && name !== '?xml');
    if (found !== undefined) return found;
  } catch {
    // Falls through to the one refusal below.
  }
  throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema', {
    status: 400,
  });
}

function readNode(node: unknown, name: string): unknown {
  if (typeof node !== 'object' || node === null) return scalar(String(node ?? ''), name);
  if (name === 'TagSet') return asList((node as Json)['Tag']).map((tag) => readNode(tag, 'Tag'));
  const result: Json = {};
  for (const [child, content] of Object.entries(node)) {
    if (child === '#text') continue;
    const list = REPEATED[`${name}.${child}`];
    result[list ?? child] = list === undefined ? readNode(content, child) : asList(content).map((item) => readNode(item, child));
  }
  return result;
}

function scalar(text: string, name: string): unknown {
  if (name === 'TagSet') return [];
  if (NUMBERS.has(name)) return Number(text);
  if (BOOLEANS.has(name)) return text === 'true';
  return name === 'Date' ? Date.parse(text) / 1000 : text;
}

const asList = (node: unknown): unknown[] => (node === undefined ? [] : Array.isArray(node) ? node : [node]);
