import { AwsError, type AwsRequest, type Json, type ServiceName } from '../local/aws.ts';
import { sdkError } from './sdk-shapes.ts';

/** What SDK v3 throws when the answer does not arrive in time. */
export function timeoutError(): Error {
  return Object.assign(new Error('Connection timed out after the request was sent'), { name: 'TimeoutError', $metadata: { attempts: 1 } });
}

/** How a service says that it is asked too much. */
export function throttleError(service: ServiceName): Error {
  const [code, status] = THROTTLES[service] ?? ['ThrottlingException', 400];
  return sdkError(new AwsError(code, 'Rate exceeded', { status }));
}

/** "Common errors" and "Error responses" of the services' API references; everybody else says ThrottlingException. */
const THROTTLES: Partial<Record<ServiceName, readonly [code: string, status: number]>> = {
  sqs: ['RequestThrottled', 400],
  sns: ['Throttling', 400],
  s3: ['SlowDown', 503],
  lambda: ['TooManyRequestsException', 429],
  scheduler: ['ThrottlingException', 429],
  cloudwatch: ['Throttling', 400],
};

/** What a service answers to whom it does not trust, as while a permission is missing. */
export function denialError(service: ServiceName): Error {
  return sdkError(new AwsError(DENIALS[service] ?? 'AccessDeniedException', 'not authorized to perform this action', { status: 403 }));
}

const DENIALS: Partial<Record<ServiceName, string>> = {
  sqs: 'AccessDenied',
  sns: 'AuthorizationError',
  s3: 'AccessDenied',
  cloudwatch: 'AccessDenied',
};

/** The actions that somebody else's work can get in the way of. */
const CONFLICTS: Readonly<Record<string, (input: Json) => AwsError>> = {
  TransactWriteItems: cancelledTransaction,
  // UpdateEventSourceMapping reference: while another change of the mapping takes effect.
  UpdateEventSourceMapping: ({ UUID: id }) =>
    new AwsError('ResourceInUseException', `Cannot update the event source mapping because it is in use: ${String(id)}`),
};

/** Whether an action can meet a conflict. */
export const canConflict = (action: string): boolean => Object.hasOwn(CONFLICTS, action);

/** What a service answers to an action that met another one. */
export function conflictError({ action, input }: Pick<AwsRequest, 'action' | 'input'>): Error {
  return sdkError((CONFLICTS[action] ?? cancelledTransaction)(input));
}

/** A transaction that met another one on its first item ("TransactWriteItems" API reference: one reason per action, in order). */
function cancelledTransaction(input: Json): AwsError {
  const count = Array.isArray(input['TransactItems']) ? input['TransactItems'].length : 1;
  const reasons = Array.from({ length: count }, (_, index) =>
    index === 0 ? { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' } : { Code: 'None' },
  );
  const codes = reasons.map((reason) => reason.Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return new AwsError('TransactionCanceledException', message, { details: { CancellationReasons: reasons } });
}
