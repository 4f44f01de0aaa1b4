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

// Each is repaired by a deployment or an operator, and none says anything about the data that was sent.
const DENIED =
  /AccessDenied|AuthorizationError|NotAuthorized|NotFound|NonExistentQueue|QueueDoesNotExist|ExpiredToken|InvalidSecurity|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|InvalidAddress|CredentialsProviderError|^K(?:MS|ms)(?:Disabled|InvalidState|OptInRequired)/;

/**
 * Classifies an error that an AWS SDK v3 client threw, by its name and status. What it does not know is ambiguous: the safe answer.
 *
 * @example
 * try { await client.send(command); } catch (error) { if (awsFailure(error) === 'throttled') … }
 */
export function awsFailure(error: unknown): AwsFailure {
  const { $fault, $metadata, $retryable, CancellationReasons } = (error ?? {}) as SdkError;
  const name = errorName(error);
  const status = $metadata?.httpStatusCode;
  if (isCrowd(name) || status === 429 || $retryable?.throttling === true || cancelledByCrowd(CancellationReasons)) return 'throttled';
  if (DENIED.test(name)) return 'denied';
  // A 408 is a timeout: the server may have begun.
  if (status !== undefined) return status >= 400 && status < 500 && status !== 408 ? 'rejected' : 'ambiguous';
  return $fault === 'client' ? 'rejected' : 'ambiguous';
}

interface SdkError {
  readonly $fault?: string;
  readonly $retryable?: { readonly throttling?: boolean };
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly CancellationReasons?: readonly { readonly Code?: string }[];
}

function isCrowd(name: string | undefined): boolean {
  return name !== undefined && (THROTTLES.has(name) || CONFLICTS.has(name));
}

// A transaction that nothing but load stopped; one failed condition among the reasons makes it an answer about the data.
function cancelledByCrowd(reasons: SdkError['CancellationReasons']): boolean {
  const causes = (reasons ?? []).map((reason) => reason.Code).filter((code) => code !== undefined && code !== 'None');
  return causes.length > 0 && causes.every(isCrowd);
}

/** The name by which AWS errors are told apart; `Unknown` for what is no error. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'Unknown';
}
