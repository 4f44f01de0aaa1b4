import { AwsError, type Json } from '../aws.ts';
import { queryNameOf } from './error-names.ts';
import type { Exchange, HttpAnswer, HttpRequest } from './exchange.ts';
import { readQueryInput } from './query-input.ts';
import { writeQueryOutput } from './query-output.ts';
import type { QueryShape } from './query-shapes.ts';
import { element, escapeXml } from './xml.ts';

/** A request of the query protocol: the form, and the service's shape when the embedded AWS has the service. */
export interface QueryRequest {
  readonly request: HttpRequest;
  readonly form: URLSearchParams;
  readonly shape: QueryShape | undefined;
  /** What the client signed for, to name it in a refusal. */
  readonly signingName: string | undefined;
}

/** Actions that answer without a result element. */
const answersNothing = (output: Json): boolean => Object.keys(output).length === 0;

/**
 * The query protocol: a form with `Action` and `Version` in, XML out (Smithy documentation, "AWS query protocol"). SNS, STS, IAM and
 * CloudFormation speak nothing else; SQS and CloudWatch spoke it before JSON, and older command line tools still do.
 */
export function queryExchange({ request, form, shape, signingName }: QueryRequest): Exchange {
  const action = form.get('Action') ?? '';
  return {
    decode() {
      if (shape === undefined) throw unknownService(action, signingName, form.get('Version'));
      const input = readQueryInput(form, shape);
      return { service: shape.service, action, input: withQueueUrl(input, request, shape) };
    },
    answer(output, requestId) {
      if (shape === undefined) return refusal(unknownService(action, signingName, form.get('Version')), undefined, requestId);
      const result = answersNothing(output)
        ? element(`${action}Result`, '')
        : element(`${action}Result`, writeQueryOutput(output, action, shape));
      const metadata = element('ResponseMetadata', element('RequestId', requestId));
      const body = `<${action}Response xmlns="${shape.xmlNamespace}">${result}${metadata}</${action}Response>`;
      return xmlAnswer(200, body, requestId);
    },
    refuse: (error, requestId) => refusal(error, shape, requestId),
  };
}

/** Older SQS clients post to the queue's own URL instead of naming it in the form. */
function withQueueUrl(input: Json, request: HttpRequest, shape: QueryShape): Json {
  if (shape.service !== 'sqs' || input['QueueUrl'] !== undefined || !/^\/\d{12}\/[^/]+$/.test(request.path)) return input;
  return { ...input, QueueUrl: `http://${request.headers.host ?? 'localhost'}${request.path}` };
}

function refusal(error: AwsError, shape: QueryShape | undefined, requestId: string): HttpAnswer {
  const [code, status] = queryNameOf(shape?.service, error);
  const detail =
    element('Type', status < 500 ? 'Sender' : 'Receiver') + element('Code', escapeXml(code)) + element('Message', escapeXml(error.message));
  const namespace = shape === undefined ? '' : ` xmlns="${shape.xmlNamespace}"`;
  const body = `<ErrorResponse${namespace}>${element('Error', detail)}${element('RequestId', requestId)}</ErrorResponse>`;
  return xmlAnswer(status, body, requestId);
}

const xmlAnswer = (status: number, body: string, requestId: string): HttpAnswer => ({
  status,
  headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
  body,
});

const unknownService = (action: string, signingName: string | undefined, version: string | null) =>
  new AwsError(
    'UnknownOperationException',
    `The embedded AWS has no service "${signingName ?? 'unsigned'}" with the query protocol (Action ${action}, Version ${version ?? 'absent'}).`,
    { status: 501 },
  );
