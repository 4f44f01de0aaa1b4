import { AwsError, type AwsRequest, type ServiceName } from '../../local/aws.ts';
import { conflictError, denialError, throttleError } from '../sdk-shapes.ts';
import type { WireFaultKind } from './wire-fault.ts';

/** What a service that was not even asked answers under a fault; undefined for kinds that are no refusal. */
export function refusalOf(kind: WireFaultKind, request: AwsRequest): AwsError | undefined {
  if (kind === 'throttle') return asRefused(throttleError(request.service));
  if (kind === 'deny') return asRefused(denialError(request.service));
  if (kind === 'conflict') return asRefused(conflictError(request));
  if (kind === 'serverError') return new AwsError(INTERNAL[request.service] ?? 'InternalError', 'The request failed', { status: 500 });
  return undefined;
}

/** "Common errors" and "Error handling" of the services' API references; where a service has several names, the one of its own faults. */
const INTERNAL: Partial<Record<ServiceName, string>> = {
  dynamodb: 'InternalServerError',
  dynamodbstreams: 'InternalServerError',
  sns: 'InternalErrorException',
  sqs: 'InternalFailure',
};

/** The refusal from which an SDK makes such an error. */
function asRefused(error: Error): AwsError {
  const { $metadata, CancellationReasons } = error as Partial<Record<'$metadata' | 'CancellationReasons', { httpStatusCode?: number }>>;
  return new AwsError(error.name, error.message, {
    status: $metadata?.httpStatusCode ?? 400,
    details: CancellationReasons ? { CancellationReasons } : {},
  });
}
