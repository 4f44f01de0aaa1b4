import { expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { createLambdaWorld, encode, type LambdaWorld, ROLE } from './lambda-world.ts';

const SOURCE = 'export const handler = async () => 1;';
const refusal = (code: string, status?: number) => expect.objectContaining({ code, ...(status === undefined ? {} : { status }) });

async function withFunction(check: (world: LambdaWorld) => Promise<void>): Promise<void> {
  await using world = createLambdaWorld();
  await world.define('fn', SOURCE);
  await check(world);
}

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:fn';

test("a new function has Lambda's defaults and is active at once", () =>
  withFunction(async (world) => {
    expect(await world.call('GetFunctionConfiguration', { FunctionName: 'fn' })).toMatchObject({
      FunctionName: 'fn',
      FunctionArn: ARN,
      Runtime: 'nodejs24.x',
      Role: ROLE,
      Timeout: 3,
      MemorySize: 128,
      Version: '$LATEST',
      State: 'Active',
      LastUpdateStatus: 'Successful',
      PackageType: 'Zip',
      LastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
      LoggingConfig: { LogFormat: 'Text', LogGroup: '/aws/lambda/fn' },
    });
  }));

test.each(['fn', 'fn:$LATEST', '000000000000:function:fn', ARN, `${ARN}:$LATEST`])('a function is found as %s', (FunctionName) =>
  withFunction(async (world) => {
    expect(await world.call('GetFunctionConfiguration', { FunctionName })).toMatchObject({ FunctionArn: ARN });
  }),
);

test.each<[string, Json, string]>([
  ['a name that exists', { FunctionName: 'fn' }, 'ResourceConflictException'],
  ['a timeout of 901', { Timeout: 901 }, 'ValidationException'],
  ['a timeout of 0', { Timeout: 0 }, 'ValidationException'],
  ['127 MB', { MemorySize: 127 }, 'ValidationException'],
  ['10,241 MB', { MemorySize: 10_241 }, 'ValidationException'],
  ['a name of 65 characters', { FunctionName: 'f'.repeat(65) }, 'ValidationException'],
  ['a role that is no role', { Role: 'someone' }, 'ValidationException'],
  ['another language', { Runtime: 'python3.13' }, 'InvalidParameterValueException'],
  ['a reserved variable', { Environment: { Variables: { AWS_REGION: 'x' } } }, 'InvalidParameterValueException'],
  ['more than 4 KB of variables', { Environment: { Variables: { A: 'x'.repeat(4_096) } } }, 'InvalidParameterValueException'],
  ['a container image', { PackageType: 'Image' }, 'InvalidParameterValueException'],
])('CreateFunction refuses %s', (_name, change, code) =>
  withFunction(async (world) => {
    await expect(world.define('other', SOURCE, change)).rejects.toEqual(refusal(code));
  }),
);

test('what does not exist is ResourceNotFoundException with status 404, and an unknown action is named', () =>
  withFunction(async (world) => {
    for (const [action, input] of [
      ['GetFunction', { FunctionName: 'none' }],
      ['Invoke', { FunctionName: 'fn', Qualifier: '7' }],
      ['GetAlias', { FunctionName: 'fn', Name: 'none' }],
      ['GetPolicy', { FunctionName: 'fn' }],
      ['GetFunctionUrlConfig', { FunctionName: 'fn' }],
      ['GetFunctionEventInvokeConfig', { FunctionName: 'fn' }],
    ] as const) {
      await expect(world.call(action, input), action).rejects.toEqual(refusal('ResourceNotFoundException', 404));
    }
    await expect(world.call('Fly', {})).rejects.toEqual(refusal('UnknownOperationException'));
    await expect(world.lambda.invoke('none', {})).rejects.toEqual(refusal('ResourceNotFoundException', 404));
  }));

test('a stale RevisionId is refused', () =>
  withFunction(async (world) => {
    const { RevisionId } = await world.call('GetFunctionConfiguration', { FunctionName: 'fn' });
    await world.call('UpdateFunctionConfiguration', { FunctionName: 'fn', RevisionId, Description: 'a' });
    const again = world.call('UpdateFunctionConfiguration', { FunctionName: 'fn', RevisionId, Description: 'b' });
    await expect(again).rejects.toEqual(refusal('PreconditionFailedException', 412));
  }));

test('deleting a function removes it; a version that an alias names cannot be deleted', () =>
  withFunction(async (world) => {
    await world.call('PublishVersion', { FunctionName: 'fn' });
    await world.call('CreateAlias', { FunctionName: 'fn', Name: 'live', FunctionVersion: '1' });
    await expect(world.call('DeleteFunction', { FunctionName: 'fn', Qualifier: '1' })).rejects.toEqual(
      refusal('ResourceConflictException'),
    );
    await world.call('DeleteFunction', { FunctionName: 'fn' });
    expect(await world.call('ListFunctions', {})).toEqual({ Functions: [] });
  }));

test('lists come in pages', async () => {
  await using world = createLambdaWorld();
  for (const name of ['a', 'b', 'c']) await world.define(name, SOURCE);
  const first = await world.call('ListFunctions', { MaxItems: 2 });
  expect(first['Functions']).toHaveLength(2);
  const second = await world.call('ListFunctions', { MaxItems: 2, Marker: first['NextMarker'] });
  expect(second['Functions']).toHaveLength(1);
  expect(second).not.toHaveProperty('NextMarker');
});

test('a permission becomes a statement with its conditions, once per id, until it is removed', () =>
  withFunction(async (world) => {
    const grant = {
      FunctionName: 'fn',
      StatementId: 'topic',
      Action: 'lambda:InvokeFunction',
      Principal: 'sns.amazonaws.com',
      SourceArn: 'arn:aws:sns:us-east-1:000000000000:t',
      SourceAccount: '000000000000',
    };
    await world.call('AddPermission', grant);
    await expect(world.call('AddPermission', grant)).rejects.toEqual(refusal('ResourceConflictException', 409));
    const policy = world.lambda.policyOf(ARN);
    expect(policy).toEqual({
      Version: '2012-10-17',
      Id: 'default',
      Statement: [
        {
          Sid: 'topic',
          Effect: 'Allow',
          Principal: { Service: 'sns.amazonaws.com' },
          Action: 'lambda:InvokeFunction',
          Resource: ARN,
          Condition: { ArnLike: { 'AWS:SourceArn': grant.SourceArn }, StringEquals: { 'AWS:SourceAccount': '000000000000' } },
        },
      ],
    });
    expect(JSON.parse(String((await world.call('GetPolicy', { FunctionName: 'fn' }))['Policy']))).toEqual(policy);
    await world.call('RemovePermission', { FunctionName: 'fn', StatementId: 'topic' });
    expect(world.lambda.policyOf(ARN)).toBeUndefined();
  }));

test('a function URL has an address at the gateway, and the engine runs the function behind it', () =>
  withFunction(async (world) => {
    const { FunctionUrl } = await world.call('CreateFunctionUrlConfig', {
      FunctionName: 'fn',
      AuthType: 'NONE',
      Cors: { AllowOrigins: ['*'] },
    });
    const urlId = /^http:\/\/127\.0\.0\.1:4566\/_url\/([0-9a-f]{32})\/$/.exec(String(FunctionUrl))?.[1] ?? '';
    expect(world.lambda.urlTarget(urlId)).toEqual({ functionArn: ARN, authType: 'NONE', cors: { AllowOrigins: ['*'] } });
    expect(await world.lambda.invokeUrl(urlId, {})).toEqual({ kind: 'result', payload: 1 });
    await expect(world.call('CreateFunctionUrlConfig', { FunctionName: 'fn', AuthType: 'NONE' })).rejects.toEqual(
      refusal('ResourceConflictException'),
    );
    await world.call('DeleteFunctionUrlConfig', { FunctionName: 'fn' });
    expect(world.lambda.urlTarget(urlId)).toBeUndefined();
    await expect(world.lambda.invokeUrl(urlId, {})).rejects.toEqual(refusal('ResourceNotFoundException'));
  }));

test('reserved concurrency leaves a hundred for everybody else', () =>
  withFunction(async (world) => {
    await expect(world.call('PutFunctionConcurrency', { FunctionName: 'fn', ReservedConcurrentExecutions: 901 })).rejects.toThrow(
      /minimum value of \[100\]/,
    );
    expect(await world.call('PutFunctionConcurrency', { FunctionName: 'fn', ReservedConcurrentExecutions: 900 })).toEqual({
      ReservedConcurrentExecutions: 900,
    });
    const { AccountLimit } = await world.call('GetAccountSettings', {});
    expect(AccountLimit).toMatchObject({ ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 100 });
  }));

test('reserved concurrency of zero throttles every invocation', () =>
  withFunction(async (world) => {
    await world.call('PutFunctionConcurrency', { FunctionName: 'fn', ReservedConcurrentExecutions: 0 });
    expect(await world.lambda.invoke('fn', {})).toEqual({ kind: 'throttled' });
    await expect(world.call('Invoke', { FunctionName: 'fn' })).rejects.toMatchObject({
      code: 'TooManyRequestsException',
      status: 429,
      details: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
    });
    await world.call('DeleteFunctionConcurrency', { FunctionName: 'fn' });
    expect(await world.lambda.invoke('fn', {})).toMatchObject({ kind: 'result' });
  }));

test('provisioned concurrency keeps instances loaded before anybody calls', () =>
  withFunction(async (world) => {
    await expect(
      world.call('PutProvisionedConcurrencyConfig', { FunctionName: 'fn', Qualifier: '$LATEST', ProvisionedConcurrentExecutions: 1 }),
    ).rejects.toEqual(refusal('InvalidParameterValueException'));
    await world.call('PublishVersion', { FunctionName: 'fn' });
    await world.call('PutProvisionedConcurrencyConfig', { FunctionName: 'fn', Qualifier: '1', ProvisionedConcurrentExecutions: 2 });
    expect(world.lambda.count('fn')).toEqual({ instances: 2, busy: 0 });
    expect(await world.call('GetProvisionedConcurrencyConfig', { FunctionName: 'fn', Qualifier: '1' })).toMatchObject({
      Status: 'READY',
      AvailableProvisionedConcurrentExecutions: 2,
    });
    await world.lambda.invoke('fn:1', {});
    expect(world.events.at(-1)).toMatchObject({ version: '1', cold: false });
  }));

test('tags, recursion and the settings of asynchronous invocation are kept and shown', () =>
  withFunction(async (world) => {
    await world.call('TagResource', { Resource: ARN, Tags: { team: 'a', tier: 'b' } });
    await world.call('UntagResource', { Resource: ARN, TagKeys: ['tier'] });
    expect(await world.call('ListTags', { Resource: ARN })).toEqual({ Tags: { team: 'a' } });
    await world.call('PutFunctionRecursionConfig', { FunctionName: 'fn', RecursiveLoop: 'Allow' });
    expect(await world.call('GetFunctionRecursionConfig', { FunctionName: 'fn' })).toEqual({ RecursiveLoop: 'Allow' });
    await expect(world.call('PutFunctionEventInvokeConfig', { FunctionName: 'fn', MaximumRetryAttempts: 3 })).rejects.toEqual(
      refusal('InvalidParameterValueException'),
    );
    await world.call('PutFunctionEventInvokeConfig', { FunctionName: 'fn', MaximumRetryAttempts: 0 });
    await world.call('UpdateFunctionEventInvokeConfig', { FunctionName: 'fn', MaximumEventAgeInSeconds: 60 });
    expect(await world.call('GetFunctionEventInvokeConfig', { FunctionName: 'fn' })).toMatchObject({
      FunctionArn: `${ARN}:$LATEST`,
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  }));

test('an alias with weights sends a share of the invocations to another version', () =>
  withFunction(async (world) => {
    await world.call('PublishVersion', { FunctionName: 'fn' });
    await world.call('UpdateFunctionConfiguration', { FunctionName: 'fn', Description: 'second' });
    await world.call('PublishVersion', { FunctionName: 'fn' });
    const RoutingConfig = { AdditionalVersionWeights: { 2: 0.5 } };
    await world.call('CreateAlias', { FunctionName: 'fn', Name: 'live', FunctionVersion: '1', RoutingConfig });
    for (let call = 0; call < 20; call += 1) await world.lambda.invoke('fn:live', {});
    expect(new Set(world.events.map(({ version }) => version))).toEqual(new Set(['1', '2']));
  }));

test('a payload must be JSON and fit: 6 MB to wait for the answer, 1 MB to leave it', () =>
  withFunction(async (world) => {
    const invoke = (bytes: number, InvocationType: string) =>
      world.call('Invoke', { FunctionName: 'fn', InvocationType, Payload: encode('x'.repeat(bytes - 2)) });
    expect(await invoke(6_291_456, 'RequestResponse')).toMatchObject({ StatusCode: 200 });
    await expect(invoke(6_291_457, 'RequestResponse')).rejects.toEqual(refusal('RequestTooLargeException', 413));
    expect(await invoke(1_048_576, 'Event')).toEqual({ StatusCode: 202 });
    await expect(invoke(1_048_577, 'Event')).rejects.toEqual(refusal('RequestTooLargeException', 413));
    await world.ended(2);
    await expect(world.call('Invoke', { FunctionName: 'fn', Payload: Buffer.from('{').toString('base64') })).rejects.toEqual(
      refusal('InvalidRequestContentException', 400),
    );
    expect(await world.call('Invoke', { FunctionName: 'fn', InvocationType: 'DryRun' })).toEqual({ StatusCode: 204 });
  }));
