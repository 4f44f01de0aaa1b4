import { expect, test } from 'vitest';
import { awsFailure } from '../../lib/retry/aws-failure.ts';

const aws = (name: string, status?: number, fault: 'client' | 'server' | undefined = 'client') =>
  Object.assign(new Error(name), {
    name,
    ...(fault && { $fault: fault }),
    ...(status !== undefined && { $metadata: { httpStatusCode: status } }),
  });

test.each([
  ['InvalidParameter', 400],
  ['InvalidParameterException', 400],
  ['InvalidParameterValue', 400],
  ['ParameterValueInvalid', 400],
  ['ValidationException', 400],
  ['ValidationError', 400],
  ['InvalidMessageContents', 400],
  ['AWS.SimpleQueueService.BatchRequestTooLong', 400],
  ['BatchRequestTooLongException', 400],
  ['SerializationException', 400],
  ['Unknown', 413],
  ['InvalidParameter', undefined],
])('%s with status %s is about the data', (name, status) => {
  expect(awsFailure(aws(name, status))).toBe('rejected');
});

test.each([
  ['AccessDeniedException', 400],
  ['InvalidSignatureException', 400],
  ['RequestExpired', 400],
  ['RequestTimeTooSkewed', 403],
  ['RequestInTheFuture', 403],
  ['AuthFailure', 403],
  ['OptInRequired', 403],
  ['KmsInvalidKeyUsage', 400],
  ['ResourceNotFoundException', 400],
  ['AWS.SimpleQueueService.NonExistentQueue', 400],
  ['Unknown', 400],
  ['Unknown', 401],
  ['Unknown', 403],
  ['Unknown', 407],
  ['SomethingThatAwsInventsTomorrow', 400],
  ['SomethingThatAwsInventsTomorrow', undefined],
])('%s with status %s says nothing about the data', (name, status) => {
  expect(awsFailure(aws(name, status))).toBe('denied');
});

test('missing credentials deny a call before it is made', () => {
  expect(awsFailure(Object.assign(new Error('none'), { name: 'CredentialsProviderError' }))).toBe('denied');
});

test.each([
  ['RequestTimeout', 400, 'client'],
  ['RequestTimeoutException', 400, 'client'],
  ['Unknown', 408, 'client'],
  ['InternalFailure', 500, 'server'],
  ['ValidationException', 503, 'server'],
  ['SyntaxError', 403, undefined],
  ['SyntaxError', 200, undefined],
  ['TimeoutError', undefined, undefined],
] as const)('%s with status %s and fault %s may have had its effect', (name, status, fault) => {
  expect(awsFailure(fault === undefined ? withoutFault(name, status) : aws(name, status, fault))).toBe('ambiguous');
});

function withoutFault(name: string, status: number | undefined): Error {
  return Object.assign(new Error(name), { name, ...(status !== undefined && { $metadata: { httpStatusCode: status } }) });
}

test('a queue that says with status 403 that it is too fast is throttling', () => {
  expect(awsFailure(aws('RequestThrottled', 403))).toBe('throttled');
});

test.each([
  [499, 'denied'],
  [500, 'ambiguous'],
  [501, 'ambiguous'],
] as const)('a status of %i tells the caller from the service', (status, failure) => {
  expect(awsFailure(aws('Unknown', status))).toBe(failure);
});

test('what the SDK marks as throttling is, whatever its name', () => {
  const marked = (throttling: boolean) => Object.assign(aws('Odd', 400), { $retryable: { throttling } });
  expect([awsFailure(marked(true)), awsFailure(marked(false))]).toEqual(['throttled', 'denied']);
});

test.each([
  [['TransactionConflict'], 'throttled'],
  [['None', 'ThrottlingError', 'None', 'TransactionConflict'], 'throttled'],
  [['TransactionConflict', 'ConditionalCheckFailed'], 'rejected'],
  [['None', 'None'], 'rejected'],
  [[], 'rejected'],
] as const)('a transaction stopped by %j is %s', (codes, failure) => {
  const reasons = codes.map((Code) => ({ Code }));
  expect(awsFailure(Object.assign(aws('TransactionCanceledException', 400), { CancellationReasons: [...reasons, {}] }))).toBe(failure);
});
