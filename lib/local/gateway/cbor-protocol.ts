import { AwsError, type Json } from '../aws.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { queryErrorOf } from './error-names.ts';
import type { Exchange, HttpAnswer, HttpRequest } from './exchange.ts';
import { serviceOfTarget } from './json-protocol.ts';
import { shapeOfService } from './query-shapes.ts';

/** Smithy RPC v2 with CBOR bodies, which CloudWatch's newer clients speak (Smithy documentation, "Smithy RPC v2 CBOR protocol"). */
export function cborExchange(request: HttpRequest, serviceTarget: string, action: string): Exchange {
  const service = serviceOfTarget(serviceTarget);
  const isTime = (member: string): boolean => shapeOfService(service)?.times.has(member) ?? false;
  return {
    decode() {
      if (service === undefined) {
        throw new AwsError('UnknownOperationException', `The embedded AWS has no service ${serviceTarget}.`, { status: 501 });
      }
      return { service, action, input: readInput(request.body) };
    },
    answer: (output, requestId) => sealed(200, encodeCbor(output, isTime), requestId),
    refuse(error, requestId) {
      const body = encodeCbor({ __type: error.code, message: error.message, ...error.details }, isTime);
      const answer = sealed(error.status, body, requestId);
      const queryError = service && queryErrorOf(service, error);
      return queryError === undefined ? answer : { ...answer, headers: { ...answer.headers, 'x-amzn-query-error': queryError } };
    },
  };
}

function readInput(body: Buffer): Json {
  const input = body.length === 0 ? {} : decodeCbor(body);
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Json;
  throw new AwsError('SerializationException', 'The request body is not a CBOR map.');
}

const sealed = (status: number, body: Uint8Array, requestId: string): HttpAnswer => ({
  status,
  headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor', 'x-amzn-requestid': requestId },
  body,
});
