import { AwsError, type AwsRequest, type ServiceName } from '../../local/aws.ts';
import { conflictError, denialError, throttleError } from '../sdk-errors.ts';
import type { WireFaultKind } from './wire-fault.ts';

/** Faults that are an answer of the service. */
export type RefusalKind = Extract<WireFaultKind, 'throttle' | 'deny' | 'conflict' | 'serverError'>;

/** What a service answers under such a fault, without having been asked. */
export function refusalOf(kind: RefusalKind, request: AwsRequest): AwsError {
  switch (kind) {
    case 'throttle':
      return asRefused(throttleError(request.service));
    case 'deny':
      return asRefused(denialError(request.service));
    case 'conflict':
      return asRefused(conflictError(request));
    case 'serverError':
      return new AwsError(INTERNAL[request.service] ?? 'InternalError', 'The request failed', { status: 500 });
  }
}

/** "Common errors" and "Error handling" of the services' API references; where a service has several names, the one of its own faults. */
const INTERNAL: Partial<Record<ServiceName, string>> = {
  dynamodb: 'InternalServerError',
  dynamodbstreams: 'InternalServerError',
  sns: 'InternalErrorException',
  sqs: 'InternalFailure',
  lambda: 'ServiceException',
  scheduler: 'InternalServerException',
  ssm: 'InternalServerError',
  cloudwatch: 'InternalServiceFault',
};

/** The refusal from which an SDK makes such an error. */
function asRefused(error: Error): AwsError {
  const { $metadata, CancellationReasons } = error as Partial<Record<'$metadata' | 'CancellationReasons', { httpStatusCode?: number }>>;
  return new AwsError(error.name, error.message, {
    status: $metadata?.httpStatusCode ?? 400,
    details: CancellationReasons ? { CancellationReasons } : {},
  });
}
