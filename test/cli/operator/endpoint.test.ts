import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sentenceFor } from '../../../lib/cli/operator/aws-sentence.ts';
import { createFunctions } from '../../../lib/cli/operator/operations-client.lambda.ts';
import { createOperations, type Functions } from '../../../lib/cli/operator/operations-client.ts';
import type { Place } from '../../../lib/cli/operator/place.ts';
import { createLogs } from '../../../lib/cli/tail/logs.cloudwatch.ts';
import { DEVELOPER } from '../../../lib/local/aws.ts';
import { type LocalAws, startLocalAws } from '../../../lib/local/local-aws.ts';

let local: LocalAws;
beforeAll(async () => {
  local = await startLocalAws({ port: 0 });
});
afterAll(() => local.close());

const placeOf = (stack?: string): Place => ({ kind: 'local', endpoint: local.endpoint, stack });
const ACCOUNT: Place = { kind: 'aws', stack: 'shop', region: 'eu-west-1', profile: undefined };
const statusOf = (functions: Functions, place: Place) => createOperations(functions, place).ask({ operation: 'status' });

describe('asking the operations of a stack', () => {
  test('that has none, or is not there, is answered with how it comes by some', async () => {
    await expect(statusOf(createFunctions(placeOf('shop')), placeOf('shop'))).rejects.toMatchObject({
      code: 'OPERATIONS_MISSING',
      message: expect.stringMatching(/^there is no function shop-operations in the embedded AWS .*new FailureStore\(this, 'failures'\)/),
    });
    await expect(statusOf(createFunctions(placeOf()), placeOf())).rejects.toThrow(/^no stack on the embedded AWS has operations/);
  });

  test('where nobody listens says how to start somebody', async () => {
    const nowhere: Place = { kind: 'local', endpoint: 'http://127.0.0.1:1', stack: undefined };
    for (const place of [nowhere, { ...nowhere, stack: 'shop' }]) {
      await expect(statusOf(createFunctions(place), place)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
    }
    await expect(createLogs(nowhere).groups('/')).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  });

  const functions = (answer: Partial<Awaited<ReturnType<Functions['invoke']>>>, names: readonly string[] = []) => {
    const invoke = vi.fn(async () => ({ payload: '{"ok":1}', failed: false, ...answer }));
    return { invoke, names: async () => names } satisfies Functions;
  };

  test('finds the only stack of the embedded AWS, and asks again only what is harmless', async () => {
    const lambda = functions({}, ['shop-ship-order', 'shop-operations']);
    const operations = createOperations(lambda, placeOf());
    expect(await operations.ask({ operation: 'status' })).toEqual({ ok: 1 });
    await operations.ask({ operation: 'redrive', where: {}, author: { who: 'ada' } });
    expect(lambda.invoke.mock.calls).toEqual([
      ['shop-operations', '{"operation":"status"}', { repeatable: true }],
      ['shop-operations', '{"operation":"redrive","where":{},"author":{"who":"ada"}}', { repeatable: false }],
    ]);
  });

  test('of several stacks needs a name', async () => {
    const lambda = functions({}, ['shop-operations', 'blog-operations']);
    await expect(statusOf(lambda, placeOf())).rejects.toMatchObject({
      code: 'STACK_UNCLEAR',
      message: expect.stringMatching(/--stack shop, --stack blog/),
    });
  });

  test('passes a refusal on as it is, and tells a failure with where its log is', async () => {
    const refusal = functions({ payload: '{"error":{"code":"FAILURE_UNKNOWN","message":"there is no such failure"}}' });
    await expect(statusOf(refusal, ACCOUNT)).rejects.toMatchObject({ code: 'FAILURE_UNKNOWN', message: 'there is no such failure' });
    const crash = functions({ failed: true, payload: '{"errorType":"Runtime.ExitError","errorMessage":"exit 1"}' });
    await expect(statusOf(crash, ACCOUNT)).rejects.toThrow(
      'shop-operations failed: Runtime.ExitError: exit 1; its log is /aws/lambda/shop-operations',
    );
  });
});

test.each([
  ['CredentialsProviderError', 'Could not load credentials', 'CREDENTIALS_MISSING', /sign in .* --profile/],
  ['ExpiredTokenException', 'expired', 'CREDENTIALS_REFUSED', /have expired or are not valid/],
  ['UnrecognizedClientException', 'invalid', 'CREDENTIALS_REFUSED', /sign in again/],
  ['Error', 'Region is missing', 'REGION_MISSING', /--region, or set AWS_REGION/],
  [
    'AccessDeniedException',
    'User: arn:aws:sts::1:assumed-role/AWSReservedSSO_OnCall_0/ada is not authorized to perform: lambda:InvokeFunction on resource: ' +
      'arn:aws:lambda:eu-west-1:1:function:shop-operations because no identity-based policy allows the lambda:InvokeFunction action',
    'ACCESS_DENIED',
    /needs lambda:InvokeFunction on arn:aws:lambda:eu-west-1:1:function:shop-operations, which .* IAM Identity Center, the permission set$/,
  ],
  ['AccessDeniedException', 'no', 'ACCESS_DENIED', /needs lambda:InvokeFunction on it, which failures\.grantOperate\(role\) gives/],
  ['TooManyRequestsException', 'Rate Exceeded.', 'THROTTLED', /try again in a moment/],
  ['ResourceNotFoundException', 'no', 'OPERATIONS_MISSING', /no function shop-operations in your AWS account in eu-west-1/],
  ['ServiceException', 'broken', 'AWS_CALL_FAILED', /your AWS account in eu-west-1 answered ServiceException: broken/],
])('%s becomes a sentence that says what to do', (name, message, code, sentence) => {
  const error = sentenceFor(Object.assign(new Error(message), { name }), { place: ACCOUNT, functionName: 'shop-operations' });
  expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) });
});

test('a profile that gives no credentials is called by its name', () => {
  const error = Object.assign(new Error('Could not resolve credentials using profile: [nope]'), { name: 'CredentialsProviderError' });
  expect(sentenceFor(error, { place: { ...ACCOUNT, profile: 'nope' }, functionName: 'shop-operations' })).toMatchObject({
    code: 'CREDENTIALS_MISSING',
    message: expect.stringMatching(/^the profile "nope" gave no usable AWS credentials .* or name another$/),
  });
});

test('an account out of reach is told from an embedded AWS that is not there', () => {
  const offline = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
  const cause = new TypeError('fetch failed', { cause: offline });
  expect(sentenceFor(cause, { place: ACCOUNT, functionName: 'f' })).toMatchObject({
    code: 'AWS_UNREACHABLE',
    message: expect.stringMatching(/ENOTFOUND/),
  });
});

test('logs are read over the wire, page by page, signed as AWS wants it', async () => {
  const call = (action: string, input: object) => local.aws.call({ service: 'logs', action, input: { ...input }, caller: DEVELOPER });
  const group = '/aws/lambda/shop-ship-order';
  await call('CreateLogGroup', { logGroupName: group });
  await call('CreateLogStream', { logGroupName: group, logStreamName: 's' });
  const now = Date.now();
  const logEvents = ['one', 'two'].map((message, place) => ({ timestamp: now + place, message }));
  await call('PutLogEvents', { logGroupName: group, logStreamName: 's', logEvents });
  const logs = createLogs(placeOf());
  expect(await logs.groups('/aws/lambda/shop-')).toEqual({ items: [group] });
  expect(await logs.lines(group, now + 1)).toEqual({ items: [{ id: expect.any(String), at: now + 1, message: 'two' }] });
  await expect(logs.lines('/nowhere', now)).rejects.toMatchObject({ code: 'OPERATIONS_MISSING' });
});
