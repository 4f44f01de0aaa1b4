import { AwsError } from '../aws.ts';

// Shape names of the SDK to the codes of the query protocol, which SNS speaks on the wire (`awsQueryError` in the service's model).
const QUERY_CODES: Readonly<Record<string, string>> = {
  AuthorizationErrorException: 'AuthorizationError',
  BatchEntryIdsNotDistinctException: 'BatchEntryIdsNotDistinct',
  BatchRequestTooLongException: 'BatchRequestTooLong',
  EmptyBatchRequestException: 'EmptyBatchRequest',
  FilterPolicyLimitExceededException: 'FilterPolicyLimitExceeded',
  InternalErrorException: 'InternalError',
  InvalidBatchEntryIdException: 'InvalidBatchEntryId',
  InvalidParameterException: 'InvalidParameter',
  InvalidParameterValueException: 'ParameterValueInvalid',
  NotFoundException: 'NotFound',
  ResourceNotFoundException: 'ResourceNotFound',
  SubscriptionLimitExceededException: 'SubscriptionLimitExceeded',
  TagLimitExceededException: 'TagLimitExceeded',
  TooManyEntriesInBatchRequestException: 'TooManyEntriesInBatchRequest',
  ValidationException: 'ValidationError',
};

/** The `Code` that the query protocol carries for an SNS error name. */
export function snsQueryErrorCode(code: string): string {
  return QUERY_CODES[code] ?? code;
}

/** A parameter that breaks its rules; `detail` follows the words `Invalid parameter: `. */
export function invalidParameter(detail: string): AwsError {
  return new AwsError('InvalidParameterException', `Invalid parameter: ${detail}`);
}

/** A message attribute that breaks its rules. */
export function invalidAttribute(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}

/** No such topic or subscription. */
export function notFound(kind: 'Topic' | 'Subscription'): AwsError {
  return new AwsError('NotFoundException', `${kind} does not exist`, { status: 404 });
}

/** No such resource, of the tagging actions. */
export function resourceNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'Resource does not exist', { status: 404 });
}
