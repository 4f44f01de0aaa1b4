/**
 * What a failed AWS call says about its effect. Everything else follows from it: a throttle had no effect and costs nothing, an
 * ambiguous failure may have had its effect and must be asked about, a refusal will not go away by itself.
 */
export type AwsFailure =
  /** Refused for load or a concurrent transaction, without effect: try again later. */
  | 'throttled'
  /** The effect may or may not have happened: a timeout, a broken connection, a 5xx. */
  | 'ambiguous'
  /** The request itself is wrong, without effect: trying it again is useless. */
  | 'rejected'
  /** Nothing is wrong with the request, but this caller may not make it, or what it names does not exist (yet), without effect. */
  | 'denied';

const THROTTLED: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'ThrottledRequestException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'KMSThrottlingException',
  'KmsThrottled',
  'SlowDown',
  'LimitExceededException',
  'OverLimit',
  'TransactionConflictException',
  'TransactionInProgressException',
  'ReplicatedWriteConflictException',
]);

const DENIED =
  /AccessDenied|AuthorizationError|NotAuthorized|NotFound|NonExistentQueue|QueueDoesNotExist|ExpiredToken|InvalidSecurity|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|MissingAuthenticationToken|InvalidAddress|KMSDisabled|KMSInvalidState|KmsDisabled|KmsInvalidState|KMSOptInRequired|KmsOptInRequired|KmsAccessDenied|KmsNotFound/;

/**
 * Classifies an error that an AWS SDK v3 client threw, by its name and status. What it does not know is ambiguous: the safe answer.
 *
 * @example
 * try { await client.send(command); } catch (error) { if (awsFailure(error) === 'throttled') … }
 */
export function awsFailure(error: unknown): AwsFailure {
  const name = errorName(error);
  if (THROTTLED.has(name)) return 'throttled';
  if (DENIED.test(name)) return 'denied';
  const status = statusOf(error);
  if (status === 429) return 'throttled';
  if (status !== undefined && status >= 400 && status < 500 && status !== 408) return 'rejected';
  if (status === undefined && isClientFault(error)) return 'rejected';
  return 'ambiguous';
}

/** The name by which AWS errors are told apart; the text `Unknown` for what is no error. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'Unknown';
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
}

// The SDK sets `$fault` on modelled errors even where no response metadata is attached.
function isClientFault(error: unknown): boolean {
  return (error as { $fault?: string } | undefined)?.$fault === 'client' && errorName(error) !== 'TimeoutError';
}
