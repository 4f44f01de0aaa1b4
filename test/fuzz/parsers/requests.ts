import { AwsError } from '../../../lib/local/aws.ts';
import { exchangeOf } from '../../../lib/local/gateway/dispatch.ts';
import type { HttpRequest } from '../../../lib/local/gateway/exchange.ts';
import { credentialOf } from '../../../lib/local/gateway/signature.ts';
import type { Choices } from '../choices.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { HOSTILE_TEXTS, hostileToken, membersOfObject, spoilMembers, spoilText, textOfMembers } from '../hostile-json.ts';

type Draw = (choices: Choices) => Partial<HttpRequest> & { readonly rawQuery?: string };

const JSON_INPUT = membersOfObject({
  QueueUrl: 'http://localhost/000000000000/orders',
  MessageBody: 'a',
  MessageAttributes: { a: { DataType: 'String' } },
});
const NO_BODY = Buffer.alloc(0);

/** A body in JSON, spoiled in one of several ways. */
const drawJson = (choices: Choices): Buffer => {
  const text = textOfMembers(choices.oneIn(2) ? spoilMembers(JSON_INPUT, choices) : JSON_INPUT);
  return choices.oneIn(20) ? NO_BODY : Buffer.from(choices.oneIn(2) ? spoilText(text, choices) : text);
};

const scope = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=AKID/20300101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;

function requestOf(drawn: ReturnType<Draw>): HttpRequest {
  const { rawQuery = '' } = drawn;
  return { method: 'POST', path: '/', headers: {}, body: NO_BODY, ...drawn, rawQuery, query: new URLSearchParams(rawQuery) };
}

/** A reader of one of the wire protocols: what it accepts is a call of an action, everything else has an error of the protocol and an answer. */
function protocol(
  name: string,
  file: string,
  { draw, codes }: { readonly draw: Draw; readonly codes: readonly string[] },
): FuzzedParser<HttpRequest> {
  return {
    name,
    file: `local/gateway/${file}`,
    verdicts: ['accepted', ...codes],
    draw: (choices) => requestOf(draw(choices)),
    read(request) {
      const exchange = exchangeOf(request, credentialOf(request));
      try {
        const { service, action, input } = exchange.decode();
        must(typeof service === 'string' && typeof action === 'string', 'a call names a service and an action');
        must(typeof input === 'object' && input !== null && !Array.isArray(input), 'the input of a call is an object');
        must(!('admin' in {}) && [Object.prototype, null].includes(Object.getPrototypeOf(input)), 'no prototype is touched');
        return 'accepted';
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        const answer = exchange.refuse(error, 'request-1');
        must(answer.status >= 400 && answer.status < 600 && (answer.body.length > 0 || request.method === 'HEAD'), 'a refusal says why');
        return error.code;
      }
    },
  };
}

const TARGETS = [
  'AmazonSQS.SendMessage',
  'DynamoDB_20120810.PutItem',
  'AmazonSQS',
  '',
  '.',
  'constructor.SendMessage',
  '__proto__.a',
  'AmazonSQS.a.b',
  ...HOSTILE_TEXTS,
];

export const jsonRequests = protocol('requests in JSON', 'json-protocol.ts', {
  codes: ['SerializationException', 'UnknownOperationException'],
  draw: (choices) => ({
    headers: { 'x-amz-target': choices.oneIn(2) ? choices.pick(TARGETS) : 'AmazonSQS.SendMessage' },
    body: drawJson(choices),
  }),
});

const FORM_KEYS = [
  'QueueUrl',
  'Attribute.1.Name',
  'Attribute.1.Value',
  'SendMessageBatchRequestEntry.1.Id',
  'SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.StringValue',
  'SendMessageBatchRequestEntry',
  'Attributes.entry.1.key',
  'Attributes.entry.1.value',
  'TagKeys.member.1',
  'TagKeys',
  'DelaySeconds',
  'MetricData.member.1.Timestamp',
  'constructor.1.a',
  '__proto__.admin',
  'a.__proto__.admin',
  'Attributes.entry.1.key.b',
  '.',
  '...',
  `${'a.'.repeat(70)}b`,
  `${'a.'.repeat(400)}b`,
];
const VERSIONS = ['2012-11-05', '2010-03-31', '2010-05-08', '2010-08-01', '2011-06-15', '1999-01-01', 'constructor'];

export const forms = protocol('requests in forms', 'query-input.ts', {
  codes: ['MalformedInput', 'UnknownOperationException'],
  draw(choices) {
    const form = new URLSearchParams({ Action: 'SendMessage', Version: choices.oneIn(2) ? choices.pick(VERSIONS) : '2012-11-05' });
    for (let left = choices.below(6); left > 0; left -= 1) {
      const key = choices.oneIn(8) ? choices.pick(HOSTILE_TEXTS) : choices.pick(FORM_KEYS);
      form.append(key, choices.oneIn(3) ? '__proto__' : choices.pick(HOSTILE_TEXTS));
    }
    const text = choices.oneIn(10) ? spoilText(form.toString(), choices).replace(/^/, 'Action=a&') : form.toString();
    if (choices.oneIn(4)) return { method: 'GET', rawQuery: text };
    return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: Buffer.from(text) };
  },
});

const PATHS = [
  '/service/GraniteServiceVersion20100801/operation/PutMetricData',
  '/service/constructor/operation/a',
  '/service/__proto__/operation/a',
];
/** `{"Namespace":"a","MetricData":[{"Value":1.5}]}` */
const CBOR = Buffer.from('a2694e616d6573706163656161 6a4d657472696344617461 81 a1 6556616c7565 f93e00'.replaceAll(' ', ''), 'hex');

export const cborRequests = protocol('requests in CBOR', 'cbor.ts', {
  codes: ['SerializationException', 'UnknownOperationException'],
  draw(choices) {
    const bytes = Buffer.from(CBOR);
    for (let left = choices.below(4); left > 0; left -= 1) bytes[choices.below(bytes.length)] = choices.below(256);
    const tail = choices.oneIn(8) ? Buffer.from([choices.below(256)]) : NO_BODY;
    const body = choices.oneIn(5) ? bytes.subarray(0, choices.below(bytes.length + 1)) : Buffer.concat([bytes, tail]);
    const deep = Buffer.alloc(20_000, choices.pick([0x81, 0xc1, 0x9f, 0xbf, 0xa1, 0x5f]));
    const path = choices.oneIn(6) ? choices.pick(PATHS) : (PATHS[0] as string);
    return { path, headers: { 'smithy-protocol': 'rpc-v2-cbor' }, body: choices.oneIn(200) ? deep : body };
  },
});

const REST_PATHS = [
  '/2015-03-31/functions/ship-order/invocations',
  '/2015-03-31/functions',
  '/2015-03-31/functions/%E0%A4%A/configuration',
  '/2015-03-31/functions/a%2Fb',
  '/2015-03-31/event-source-mappings/1/',
  '/schedules/nightly',
  '/schedules/%zz',
  '/schedule-groups',
  '/2015-03-31/__proto__',
  '/2017-03-31/tags/arn%3Aaws',
];
const QUERIES = ['', 'Qualifier=1', 'MaxItems=x&Marker=%00', 'tagKeys=a&tagKeys=b', 'List', '__proto__=1', 'MaxResults='];

export const restRequests = protocol('requests of REST', 'rest-json-protocol.ts', {
  codes: ['InvalidRequestContentException', 'InvalidParameterValueException', 'UnknownOperationException'],
  draw: (choices) => ({
    method: choices.pick(['POST', 'GET', 'PUT', 'DELETE']),
    path: choices.pick(REST_PATHS),
    rawQuery: choices.pick(QUERIES),
    headers: { authorization: scope(choices.oneIn(2) ? 'lambda' : 'scheduler'), 'x-amz-invocation-type': choices.pick(HOSTILE_TEXTS) },
    body: choices.oneIn(3) ? NO_BODY : drawJson(choices),
  }),
});

const XML = [
  '<Delete><Object><Key>a</Key></Object><Quiet>true</Quiet></Delete>',
  '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a &amp; b &#x1F600;</Key></Object></Delete>',
  '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>a</ETag></Part></CompleteMultipartUpload>',
  '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>',
  '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><Delete>&b;</Delete>',
  '<Delete><__proto__><admin>true</admin></__proto__></Delete>',
  '<constructor><prototype>1</prototype></constructor>',
  `${'<a>'.repeat(300)}${'</a>'.repeat(300)}`,
  '<Delete><!-- a --><![CDATA[<b>]]></Delete>',
  '<?xml version="1.0"?>',
];
const S3_QUERIES = ['delete', 'tagging', 'uploadId=1', 'lifecycle', 'cors', 'list-type=2&max-keys=x', '', 'policy'];
const S3_PATHS = ['/bucket', '/bucket/key', '/bucket/%E0%A4%A', '/bucket/../a', '/', '//', '/bucket/%00'];

export const s3Requests = protocol('requests of S3', 's3-protocol.ts', {
  codes: ['MalformedXML', 'InvalidURI', 'MethodNotAllowed'],
  draw(choices) {
    const text = choices.pick(XML);
    const at = choices.below(text.length);
    const spoiled = choices.oneIn(2)
      ? text
      : text.slice(0, at) + choices.pick(['', '<', '&', '>', ']]>', '\u0000', hostileToken(choices)]) + text.slice(at + 1);
    return {
      method: choices.pick(['POST', 'PUT', 'GET', 'DELETE', 'HEAD', 'PATCH']),
      path: choices.pick(S3_PATHS),
      rawQuery: choices.pick(S3_QUERIES),
      headers: {
        authorization: scope('s3'),
        expires: choices.pick(HOSTILE_TEXTS),
        'x-amz-meta-__proto__': 'a',
        range: choices.pick(HOSTILE_TEXTS),
      },
      body: Buffer.from(spoiled),
    };
  },
});
