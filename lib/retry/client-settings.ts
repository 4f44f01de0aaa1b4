/**
 * A logger that is not there. The SDK's own default is one that does nothing, and for it the SDK copies the input and the output of every
 * call, item by item: an eighth of the CPU of a consumer that packs. Without `info` it does not.
 */
const NO_LOGGER = { debug() {}, warn() {}, error() {} } as unknown as Console;

/**
 * How AWS SDK clients are made for this library: one try, because the retries here know the deadline, the clock and the chance of whoever
 * runs the code; and a call that hangs fails, in milliseconds, long before the invocation ends (the SDK only warns by default). That holds
 * up to the headers of the answer; `limitCalls` bounds the rest.
 *
 * @example
 * const client = limitCalls(new DynamoDBClient(CLIENT_SETTINGS));
 */
export const CLIENT_SETTINGS = {
  maxAttempts: 1,
  logger: NO_LOGGER,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const;

/**
 * The same for SQS, whose clients otherwise take the host of a queue's URL over the endpoint they were given: against anything but AWS
 * itself, a URL made from an ARN would lead out of this machine.
 */
export const SQS_CLIENT_SETTINGS = { ...CLIENT_SETTINGS, useQueueUrlAsEndpoint: false } as const;
