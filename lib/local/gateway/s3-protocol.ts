import { AwsError, type Json } from '../aws.ts';
import type { Exchange, HttpAnswer, HttpRequest } from './exchange.ts';
import { addressOf, type S3Address, s3ActionOf } from './s3-actions.ts';
import { readMembers, writeMembers } from './s3-members.ts';
import { readXmlBody } from './s3-xml-input.ts';
import { writeDocument } from './s3-xml-output.ts';
import { element, escapeXml, XML_DECLARATION } from './xml.ts';

/** Actions whose body is the object. */
const BYTES_IN = new Set(['PutObject', 'UploadPart']);

/** REST with XML bodies, as Amazon S3 alone speaks it (Amazon S3 API Reference). */
export function s3Exchange(request: HttpRequest): Exchange {
  let action = '';
  return {
    decode() {
      const address = decodedAddress(request);
      const found = s3ActionOf(request, address);
      if (found === undefined) throw notAllowed(request);
      action = found;
      const location: Json = { ...(address.bucket && { Bucket: address.bucket }), ...(address.key && { Key: address.key }) };
      return { service: 's3', action, input: { ...readMembers(request), ...readBody(request, action), ...location } };
    },
    answer: (output, requestId) => writeAnswer({ request, action }, output, requestId),
    refuse: (error, requestId) => writeError(request, error, requestId),
  };
}

function decodedAddress(request: HttpRequest): S3Address {
  try {
    return addressOf(request);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

function readBody(request: HttpRequest, action: string): Json {
  if (BYTES_IN.has(action)) return { Body: request.body };
  if (request.body.length === 0) return {};
  return action === 'PutBucketPolicy' ? { Policy: request.body.toString('utf8') } : readXmlBody(request.body);
}

const meta = (requestId: string) => ({ 'x-amzn-requestid': requestId, 'x-amz-request-id': requestId, 'x-amz-id-2': requestId });

function writeAnswer(asked: { request: HttpRequest; action: string }, output: Json, requestId: string): HttpAnswer {
  const { request, action } = asked;
  if (action === 'GetBucketPolicy') {
    return { status: 200, headers: { ...meta(requestId), 'content-type': 'application/json' }, body: String(output['Policy'] ?? '') };
  }
  const document = writeDocument(action, output);
  if (document !== undefined) {
    const headers = { ...meta(requestId), 'content-type': 'application/xml', ...writeMembers(document.headerMembers) };
    return { status: 200, headers, body: XML_DECLARATION + document.body };
  }
  const headers = { ...meta(requestId), ...writeMembers(output) };
  if (action === 'HeadObject')
    return { status: 200, headers: { ...headers, 'content-length': String(output['ContentLength'] ?? 0) }, body: '' };
  if (action === 'GetObject') {
    return { status: output['ContentRange'] === undefined ? 200 : 206, headers, body: (output['Body'] ?? '') as Uint8Array };
  }
  return { status: request.method === 'DELETE' ? 204 : 200, headers, body: '' };
}

function writeError(request: HttpRequest, error: AwsError, requestId: string): HttpAnswer {
  const { DeleteMarker, VersionId, ...details } = error.details;
  const headers: Record<string, string> = {
    ...meta(requestId),
    'content-type': 'application/xml',
    ...writeMembers({ DeleteMarker, VersionId }),
  };
  // A HEAD answer and a 304 have no body: the client sees the status alone.
  if (request.method === 'HEAD' || error.status === 304) return { status: error.status, headers, body: '' };
  const extras = Object.entries(details)
    .map(([name, value]) => element(name, escapeXml(String(value))))
    .join('');
  const parts =
    element('Code', error.code) + element('Message', escapeXml(error.message)) + extras + element('Resource', escapeXml(request.path));
  return {
    status: error.status,
    headers,
    body: `${XML_DECLARATION}${element('Error', parts + element('RequestId', requestId) + element('HostId', requestId))}`,
  };
}

const notAllowed = (request: HttpRequest) =>
  new AwsError('MethodNotAllowed', `The specified method is not allowed against this resource: ${request.method} ${request.path}.`, {
    status: 405,
  });
