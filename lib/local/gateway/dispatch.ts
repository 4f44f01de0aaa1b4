import type { ServiceName } from '../aws.ts';
import { AwsError } from '../aws.ts';
import { cborExchange } from './cbor-protocol.ts';
import { type Exchange, type HttpRequest, headerOf } from './exchange.ts';
import { jsonExchange } from './json-protocol.ts';
import { queryExchange } from './query-protocol.ts';
import { shapeOfService, shapeOfVersion } from './query-shapes.ts';
import { restJsonExchange, restServiceOf } from './rest-json-protocol.ts';
import { s3Exchange } from './s3-protocol.ts';
import type { Credential } from './signature.ts';

const FORM = 'application/x-www-form-urlencoded';

/** Signing names that differ from the names used here. */
const SIGNING_NAMES: Readonly<Record<string, ServiceName>> = { monitoring: 'cloudwatch' };

/** Finds the protocol that a request speaks: what the client signed for decides, then the target header, the form, the path. */
export function exchangeOf(request: HttpRequest, credential: Credential | undefined): Exchange {
  const signingName = credential?.signingName;
  const target = headerOf(request.headers, 'x-amz-target');
  if (target !== undefined) return jsonExchange(request, target);
  const cbor =
    headerOf(request.headers, 'smithy-protocol') === 'rpc-v2-cbor'
      ? /^\/service\/([^/]+)\/operation\/([^/]+)\/?$/.exec(request.path)
      : null;
  if (cbor !== null) return cborExchange(request, cbor[1] ?? '', cbor[2] ?? '');
  const form = formOf(request);
  if (form?.has('Action')) {
    const shape = shapeOfVersion(form.get('Version')) ?? shapeOfService(serviceNameOf(signingName));
    return queryExchange({ request, form, shape, signingName });
  }
  const rest =
    signingName === 'lambda' || signingName === 'scheduler'
      ? signingName
      : signingName === undefined
        ? restServiceOf(request.path)
        : undefined;
  if (rest !== undefined) return restJsonExchange(request, rest);
  return signingName === undefined || signingName === 's3' ? s3Exchange(request) : unknownExchange(request, signingName);
}

/** Whether a request can only be for S3, whose bodies are stored as they are. */
export function isForS3(request: HttpRequest, credential: Credential | undefined): boolean {
  if (credential !== undefined) return credential.signingName === 's3';
  return (
    headerOf(request.headers, 'x-amz-target') === undefined && formOf(request) === undefined && restServiceOf(request.path) === undefined
  );
}

const serviceNameOf = (signingName: string | undefined): ServiceName | undefined =>
  signingName === undefined ? undefined : (SIGNING_NAMES[signingName] ?? (signingName as ServiceName));

/** The form of a query protocol request: its body, or for a GET its query string. */
function formOf(request: HttpRequest): URLSearchParams | undefined {
  if (request.method === 'POST' && headerOf(request.headers, 'content-type')?.startsWith(FORM)) {
    return new URLSearchParams(request.body.toString('utf8'));
  }
  return request.query.has('Action') ? request.query : undefined;
}

function unknownExchange(request: HttpRequest, signingName: string): Exchange {
  const error = new AwsError(
    'UnknownOperationException',
    `The embedded AWS has no service "${signingName}" (asked: ${request.method} ${request.path}).`,
    { status: 501 },
  );
  const json = jsonExchange(request, '');
  return {
    decode() {
      throw error;
    },
    answer: (_, requestId) => json.refuse(error, requestId),
    refuse: json.refuse,
  };
}
