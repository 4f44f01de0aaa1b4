import type { AwsError, ServiceName } from '../aws.ts';

/** The query protocol's name and status of an error, where they differ from the SDK's name and 400. */
type QueryErrors = Readonly<Record<string, readonly [code: string, status: number]>>;

const NAMES: Partial<Record<ServiceName, QueryErrors>> = {
  // Amazon SQS API Reference and the service model's `awsQueryError` traits.
  sqs: {
    BatchEntryIdsNotDistinct: ['AWS.SimpleQueueService.BatchEntryIdsNotDistinct', 400],
    BatchRequestTooLong: ['AWS.SimpleQueueService.BatchRequestTooLong', 400],
    EmptyBatchRequest: ['AWS.SimpleQueueService.EmptyBatchRequest', 400],
    InvalidAddress: ['InvalidAddress', 404],
    InvalidBatchEntryId: ['AWS.SimpleQueueService.InvalidBatchEntryId', 400],
    InvalidSecurity: ['InvalidSecurity', 403],
    KmsAccessDenied: ['KMS.AccessDeniedException', 400],
    KmsDisabled: ['KMS.DisabledException', 400],
    KmsInvalidState: ['KMS.InvalidStateException', 400],
    KmsNotFound: ['KMS.NotFoundException', 400],
    KmsThrottled: ['KMS.ThrottlingException', 400],
    MessageNotInflight: ['AWS.SimpleQueueService.MessageNotInflight', 400],
    OverLimit: ['OverLimit', 403],
    PurgeQueueInProgress: ['AWS.SimpleQueueService.PurgeQueueInProgress', 403],
    QueueDeletedRecently: ['AWS.SimpleQueueService.QueueDeletedRecently', 400],
    QueueDoesNotExist: ['AWS.SimpleQueueService.NonExistentQueue', 400],
    QueueNameExists: ['QueueAlreadyExists', 400],
    ReceiptHandleIsInvalid: ['ReceiptHandleIsInvalid', 404],
    RequestThrottled: ['RequestThrottled', 403],
    ResourceNotFoundException: ['ResourceNotFoundException', 404],
    TooManyEntriesInBatchRequest: ['AWS.SimpleQueueService.TooManyEntriesInBatchRequest', 400],
    UnsupportedOperation: ['AWS.SimpleQueueService.UnsupportedOperation', 400],
  },
  sns: {
    AuthorizationErrorException: ['AuthorizationError', 403],
    BatchEntryIdsNotDistinctException: ['BatchEntryIdsNotDistinct', 400],
    BatchRequestTooLongException: ['BatchRequestTooLong', 400],
    ConcurrentAccessException: ['ConcurrentAccess', 400],
    EmptyBatchRequestException: ['EmptyBatchRequest', 400],
    EndpointDisabledException: ['EndpointDisabled', 400],
    FilterPolicyLimitExceededException: ['FilterPolicyLimitExceeded', 403],
    InternalErrorException: ['InternalError', 500],
    InvalidBatchEntryIdException: ['InvalidBatchEntryId', 400],
    InvalidParameterException: ['InvalidParameter', 400],
    InvalidParameterValueException: ['ParameterValueInvalid', 400],
    InvalidSecurityException: ['InvalidSecurity', 403],
    InvalidStateException: ['InvalidState', 400],
    KMSAccessDeniedException: ['KMSAccessDenied', 400],
    KMSDisabledException: ['KMSDisabled', 400],
    KMSInvalidStateException: ['KMSInvalidState', 400],
    KMSNotFoundException: ['KMSNotFound', 400],
    KMSThrottlingException: ['KMSThrottling', 400],
    NotFoundException: ['NotFound', 404],
    ReplayLimitExceededException: ['ReplayLimitExceeded', 403],
    ResourceNotFoundException: ['ResourceNotFound', 404],
    StaleTagException: ['StaleTag', 400],
    SubscriptionLimitExceededException: ['SubscriptionLimitExceeded', 403],
    TagLimitExceededException: ['TagLimitExceeded', 400],
    TagPolicyException: ['TagPolicy', 400],
    ThrottledException: ['Throttled', 429],
    TooManyEntriesInBatchRequestException: ['TooManyEntriesInBatchRequest', 400],
    TopicLimitExceededException: ['TopicLimitExceeded', 403],
    UserErrorException: ['UserError', 400],
  },
  cloudformation: {
    ChangeSetNotFoundException: ['ChangeSetNotFound', 404],
    InvalidChangeSetStatusException: ['InvalidChangeSetStatus', 400],
    StackNotFoundException: ['StackNotFoundException', 404],
    OperationInProgressException: ['OperationInProgressException', 409],
  },
  sts: {
    IDPCommunicationErrorException: ['IDPCommunicationError', 400],
    InvalidIdentityTokenException: ['InvalidIdentityToken', 400],
    MalformedPolicyDocumentException: ['MalformedPolicyDocument', 400],
    PackedPolicyTooLargeException: ['PackedPolicyTooLarge', 400],
    RegionDisabledException: ['RegionDisabledException', 403],
  },
  iam: {
    ConcurrentModificationException: ['ConcurrentModification', 409],
    DeleteConflictException: ['DeleteConflict', 409],
    EntityAlreadyExistsException: ['EntityAlreadyExists', 409],
    InvalidInputException: ['InvalidInput', 400],
    LimitExceededException: ['LimitExceeded', 409],
    MalformedPolicyDocumentException: ['MalformedPolicyDocument', 400],
    NoSuchEntityException: ['NoSuchEntity', 404],
    ServiceFailureException: ['ServiceFailure', 500],
    UnmodifiableEntityException: ['UnmodifiableEntity', 400],
  },
  cloudwatch: {
    DashboardInvalidInputError: ['InvalidParameterInput', 400],
    DashboardNotFoundError: ['ResourceNotFound', 404],
    InternalServiceFault: ['InternalServiceError', 500],
    InvalidFormatFault: ['InvalidFormat', 400],
    InvalidParameterCombinationException: ['InvalidParameterCombination', 400],
    InvalidParameterValueException: ['InvalidParameterValue', 400],
    LimitExceededFault: ['LimitExceeded', 400],
    MissingRequiredParameterException: ['MissingParameter', 400],
    ResourceNotFound: ['ResourceNotFound', 404],
  },
};

/** The error's name and status on the query protocol; engines name errors as the SDK shows them. */
export function queryNameOf(service: ServiceName | undefined, error: AwsError): readonly [code: string, status: number] {
  const named = service && NAMES[service]?.[error.code];
  return named === undefined ? [error.code, error.status] : [named[0], error.status === 400 ? named[1] : error.status];
}

/**
 * The header `x-amzn-query-error` by which a service that moved from the query protocol to JSON keeps its old error codes alive:
 * `AWS.SimpleQueueService.NonExistentQueue;Sender` (Smithy documentation, "awsQueryCompatible trait"). Undefined for other services.
 */
export function queryErrorOf(service: ServiceName, error: AwsError): string | undefined {
  if (service !== 'sqs' && service !== 'cloudwatch') return undefined;
  return `${queryNameOf(service, error)[0]};${error.status < 500 ? 'Sender' : 'Receiver'}`;
}
