/**
 * What a failed AWS call says about its effect. Everything else follows from it: a throttle had no effect and costs nothing, an
 * ambiguous failure may have had its effect and must be asked about, a refusal will not go away by itself.
 */
export type AwsFailure =
  /** Refused for load or a concurrent transaction, without effect: try again later. */
  | 'throttled'
  /** The effect may or may not have happened: a timeout, a broken connection, a 5xx. */
  | 'ambiguous'
  /** What was sent is wrong in itself, without effect: trying it again is useless. */
  | 'rejected'
  /** Refused for another reason (permission, signature, clock, key, something that does not exist yet), without effect: the data is not to blame. */
  | 'denied';

/** Names by which services say "too fast" (the SDK's own retry strategy and the API references of DynamoDB, SNS, SQS and KMS). */
const THROTTLES: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
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

/** Two writers met on one item; nothing was applied ("TransactWriteItems" API reference, "Transaction conflict"). */
const CONFLICTS: ReadonlySet<string> = new Set([
  'TransactionConflict',
  'TransactionConflictException',
  'TransactionInProgressException',
  'ReplicatedWriteConflictException',
]);

// Errors that are about what was sent, and would be the same for any caller at any time. Everything else that a service refuses (a signature,
// a clock, a permission, a key, a proxy in between) is repaired by a deployment or an operator and says nothing about the data.
const DATA_FAULTS: ReadonlySet<string> = new Set([
  'BatchEntryIdsNotDistinct',
  'BatchRequestTooLong',
  'ConditionalCheckFailed',
  'DuplicateItem',
  'EmptyBatchRequest',
  'InvalidBatchEntryId',
  'InvalidMessageContents',
  'InvalidParameter',
  'InvalidParameterValue',
  'ItemCollectionSizeLimitExceeded',
  'ParameterValueInvalid',
  'RequestEntityTooLarge',
  'RequestTooLarge',
  'Serialization',
  'TooManyEntriesInBatchRequest',
  'TransactionCanceled',
  'Validation',
]);

// The server gave up waiting for the request: it may have begun.
const LATE = /^RequestTimeout(?:Exception)?$/;

// What is thrown before a request is made, without a status.
const DENIED =
  /AccessDenied|AuthorizationError|NotAuthorized|NotFound|NonExistentQueue|QueueDoesNotExist|ExpiredToken|InvalidSecurity|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|InvalidAddress|CredentialsProviderError|^K(?:MS|ms)(?:Disabled|InvalidState|OptInRequired)/;

/**
 * Classifies an error that an AWS SDK v3 client threw, by its name and status. What it does not know is ambiguous: the safe answer.
 *
 * @example
 * try { await client.send(command); } catch (error) { if (awsFailure(error) === 'throttled') … }
 */
export function awsFailure(error: unknown): AwsFailure {
  const { $fault, $metadata, $retryable } = (error ?? {}) as SdkError;
  const name = errorName(error);
  const status = $metadata?.httpStatusCode;
  if (isCrowd(name) || status === 429 || $retryable?.throttling === true || cancelledByCrowd(error)) return 'throttled';
  if (LATE.test(name) || status === 408 || (status !== undefined && status >= 500)) return 'ambiguous';
  if (DENIED.test(name)) return 'denied';
  if (isDataFault(name, status) && ($fault === 'client' || status !== undefined)) return 'rejected';
  // An answer that could not be read (a page of a proxy) has a status and no fault.
  return $fault === 'client' ? 'denied' : 'ambiguous';
}

// Services and SDKs write one name in several ways: `AWS.SimpleQueueService.BatchRequestTooLong`, `ValidationException`, `ValidationError`.
function isDataFault(name: string, status: number | undefined): boolean {
  return status === 413 || DATA_FAULTS.has(name.replace(/^AWS\.SimpleQueueService\./, '').replace(/(?:Exception|Error)$/, ''));
}

interface SdkError {
  readonly $fault?: string;
  readonly $retryable?: { readonly throttling?: boolean };
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly CancellationReasons?: unknown;
}

function isCrowd(name: string | undefined): boolean {
  return name !== undefined && (THROTTLES.has(name) || CONFLICTS.has(name));
}

// A transaction that nothing but load stopped; one failed condition among the reasons makes it an answer about the data.
function cancelledByCrowd(error: unknown): boolean {
  const causes = cancellationCauses(error);
  return causes.length > 0 && causes.every(isCrowd);
}

/** Whether a condition of a DynamoDB write did not hold, alone or among the reasons of a transaction. */
export function isConditionFailure(error: unknown): boolean {
  return errorName(error) === 'ConditionalCheckFailedException' || cancellationCauses(error).includes('ConditionalCheckFailed');
}

// The codes of the actions that stopped a transaction; `None` stands for those that did not (API_TransactWriteItems).
function cancellationCauses(error: unknown): readonly string[] {
  const { CancellationReasons } = (error ?? {}) as SdkError;
  if (!Array.isArray(CancellationReasons)) return [];
  const codes = CancellationReasons.map((reason: { readonly Code?: unknown } | null | undefined) => reason?.Code);
  return codes.filter((code): code is string => typeof code === 'string' && code !== 'None');
}

/** The name by which AWS errors are told apart; `Unknown` for what is no error, or has none. */
export function errorName(error: unknown): string {
  return error instanceof Error && typeof error.name === 'string' ? error.name : 'Unknown';
}
