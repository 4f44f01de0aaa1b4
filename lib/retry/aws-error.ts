/**
 * Error names by which AWS services say "too fast". The list is that of the SDK's own retry strategy
 * (`@smithy/service-error-classification`) with the names that DynamoDB, SQS, SNS and KMS document for themselves.
 */
const THROTTLES = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'KMSThrottlingException',
  'KmsThrottled',
  'LimitExceededException',
  'OverLimit',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceeded',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttled',
  'ThrottledException',
  'Throttling',
  'ThrottlingError',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** Two writers met on one item; nothing was applied (API_TransactWriteItems, "Transaction conflict"). */
const CONFLICTS = new Set([
  'TransactionConflict',
  'TransactionConflictException',
  'TransactionInProgressException',
  'ReplicatedWriteConflictException',
]);

const CROWDED = new Set([...CONFLICTS, ...THROTTLES]);

/** The answer was lost or never came: the call may have been applied. */
const LOST = new Set([
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'NetworkingError',
  'InternalError',
  'InternalFailure',
  'InternalServerError',
  'InternalServerErrorException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
]);

const LOST_SYSTEM = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
  'UND_ERR_SOCKET',
]);

interface SdkError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly $fault?: unknown;
  readonly $retryable?: { readonly throttling?: boolean };
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly CancellationReasons?: readonly { readonly Code?: string }[];
}

const asSdkError = (error: unknown): SdkError => (typeof error === 'object' && error !== null ? error : {});
const has = (names: ReadonlySet<string>, name: unknown): boolean => typeof name === 'string' && names.has(name);

/** The service refused because of the rate; nothing was applied. */
export function isThrottle(error: unknown): boolean {
  const { name, $retryable, $metadata, CancellationReasons } = asSdkError(error);
  if (has(THROTTLES, name) || $retryable?.throttling === true || $metadata?.httpStatusCode === 429) return true;
  return cancelledOnlyBy(THROTTLES, CancellationReasons);
}

/** The service refused because another writer was at the same item; nothing was applied, and it says nothing about the data. */
export function isConflict(error: unknown): boolean {
  const { name, CancellationReasons } = asSdkError(error);
  return has(CONFLICTS, name) || cancelledOnlyBy(CROWDED, CancellationReasons);
}

/** The outcome of the call is unknown: it timed out, the connection broke, or the service failed. */
export function isLost(error: unknown): boolean {
  const { name, code, $fault, $metadata } = asSdkError(error);
  return has(LOST, name) || has(LOST_SYSTEM, code) || $fault === 'server' || ($metadata?.httpStatusCode ?? 0) >= 500;
}

function cancelledOnlyBy(names: ReadonlySet<string>, reasons: SdkError['CancellationReasons']): boolean {
  const causes = (reasons ?? []).map((reason) => reason.Code).filter((code) => code !== undefined && code !== 'None');
  return causes.length > 0 && causes.every((code) => has(names, code));
}
