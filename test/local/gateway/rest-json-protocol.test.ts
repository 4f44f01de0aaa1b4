import * as lambda from '@aws-sdk/client-lambda';
import * as scheduler from '@aws-sdk/client-scheduler';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AwsError } from '../../../lib/local/aws.ts';
import { type Recorded, recordingGateway } from './recording-aws.ts';

let aws: Recorded;
let functions: lambda.LambdaClient;
let schedules: scheduler.SchedulerClient;

beforeAll(async () => {
  aws = await recordingGateway();
  functions = new lambda.LambdaClient(aws.client);
  schedules = new scheduler.SchedulerClient(aws.client);
});
afterAll(() => aws.gateway.close());

test('an invocation carries its payload as bytes and answers with the function’s result and error header', async () => {
  aws.answer = () => ({
    StatusCode: 200,
    FunctionError: 'Unhandled',
    ExecutedVersion: '$LATEST',
    Payload: Buffer.from('{"errorType":"E"}').toString('base64'),
  });
  const FunctionName = 'arn:aws:lambda:us-east-1:000000000000:function:f';
  const answer = await functions.send(
    new lambda.InvokeCommand({ FunctionName, InvocationType: 'RequestResponse', Payload: Buffer.from('{"a":"é"}') }),
  );
  expect(aws.last()).toMatchObject({ service: 'lambda', action: 'Invoke' });
  expect(aws.last().input).toEqual({
    FunctionName,
    InvocationType: 'RequestResponse',
    Payload: Buffer.from('{"a":"é"}').toString('base64'),
  });
  expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled', ExecutedVersion: '$LATEST' });
  expect(answer.Payload?.transformToString()).toBe('{"errorType":"E"}');
});

test('an asynchronous invocation answers 202', async () => {
  aws.answer = () => ({ StatusCode: 202 });
  expect((await functions.send(new lambda.InvokeCommand({ FunctionName: 'f', InvocationType: 'Event' }))).StatusCode).toBe(202);
});

test('a mapping is created, read, listed and deleted by its path', async () => {
  aws.answer = () => ({ UUID: 'u', BatchSize: 10, LastModified: 1_700_000_000 });
  const created = await functions.send(
    new lambda.CreateEventSourceMappingCommand({
      FunctionName: 'f',
      EventSourceArn: 'a',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
  );
  expect(created.LastModified).toEqual(new Date(1_700_000_000_000));
  expect(aws.last().input).toEqual({ FunctionName: 'f', EventSourceArn: 'a', FunctionResponseTypes: ['ReportBatchItemFailures'] });
  await functions.send(new lambda.UpdateEventSourceMappingCommand({ UUID: 'u', Enabled: false }));
  expect(aws.last().input).toEqual({ UUID: 'u', Enabled: false });
  await functions.send(new lambda.DeleteEventSourceMappingCommand({ UUID: 'u' }));
  aws.answer = () => ({ EventSourceMappings: [{ UUID: 'u' }] });
  await functions.send(new lambda.ListEventSourceMappingsCommand({ FunctionName: 'f', MaxItems: 5 }));
  expect(aws.last()).toMatchObject({ action: 'ListEventSourceMappings', input: { FunctionName: 'f', MaxItems: 5 } });
});

test('a function is created from a zip and its answers without a body are empty', async () => {
  aws.answer = () => ({ FunctionName: 'f', State: 'Active' });
  await functions.send(
    new lambda.CreateFunctionCommand({
      FunctionName: 'f',
      Role: 'r',
      Code: { ZipFile: Buffer.from('zip') },
      Environment: { Variables: { A: 'b' } },
    }),
  );
  expect(aws.last().input).toMatchObject({ Code: { ZipFile: 'emlw' }, Environment: { Variables: { A: 'b' } } });
  aws.answer = () => ({});
  await functions.send(new lambda.DeleteFunctionCommand({ FunctionName: 'f', Qualifier: '1' }));
  expect(aws.last()).toMatchObject({ action: 'DeleteFunction', input: { FunctionName: 'f', Qualifier: '1' } });
  await functions.send(new lambda.RemovePermissionCommand({ FunctionName: 'f', StatementId: 's/1' }));
  expect(aws.last().input).toEqual({ FunctionName: 'f', StatementId: 's/1' });
});

test('refusals have the service’s status and name', async () => {
  aws.answer = () => {
    throw new AwsError('ResourceNotFoundException', 'Function not found: f');
  };
  await expect(functions.send(new lambda.GetFunctionCommand({ FunctionName: 'f' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'Function not found: f',
    $metadata: { httpStatusCode: 404 },
  });
});

test('a schedule crosses both ways with its times', async () => {
  const input = {
    Name: 's',
    GroupName: 'g',
    ScheduleExpression: 'rate(1 minute)',
    StartDate: new Date(1_700_000_000_000),
    FlexibleTimeWindow: { Mode: 'OFF' as const },
    Target: { Arn: 'a', RoleArn: 'r', Input: '{}', RetryPolicy: { MaximumRetryAttempts: 3 } },
  };
  aws.answer = () => ({ ScheduleArn: 'arn' });
  await schedules.send(new scheduler.CreateScheduleCommand(input));
  expect(aws.last()).toMatchObject({ service: 'scheduler', action: 'CreateSchedule', input: { ...input, StartDate: 1_700_000_000 } });
  aws.answer = () => ({ Name: 's', CreationDate: 1_700_000_000.5 });
  expect((await schedules.send(new scheduler.GetScheduleCommand({ Name: 's', GroupName: 'g' }))).CreationDate).toEqual(
    new Date(1_700_000_000_500),
  );
  expect(aws.last().input).toEqual({ Name: 's', GroupName: 'g' });
  aws.answer = () => ({ Schedules: [] });
  await schedules.send(new scheduler.ListSchedulesCommand({ GroupName: 'g', MaxResults: 10 }));
  expect(aws.last().input).toEqual({ GroupName: 'g', MaxResults: 10 });
  aws.answer = () => {
    throw new AwsError('ConflictException', 'Schedule s already exists.');
  };
  await expect(schedules.send(new scheduler.CreateScheduleCommand(input))).rejects.toMatchObject({
    name: 'ConflictException',
    $metadata: { httpStatusCode: 409 },
  });
});

test('two actions at one path are told apart by the query string', async () => {
  aws.answer = () => ({ ProvisionedConcurrencyConfigs: [] });
  await functions.send(new lambda.ListProvisionedConcurrencyConfigsCommand({ FunctionName: 'f', MaxItems: 2 }));
  expect(aws.last()).toMatchObject({ action: 'ListProvisionedConcurrencyConfigs', input: { FunctionName: 'f', MaxItems: 2 } });
  aws.answer = () => ({});
  await functions.send(new lambda.GetProvisionedConcurrencyConfigCommand({ FunctionName: 'f', Qualifier: 'live' }));
  expect(aws.last()).toMatchObject({ action: 'GetProvisionedConcurrencyConfig', input: { FunctionName: 'f', Qualifier: 'live' } });
});

test('a path that is not percent-encoded, a body that is not JSON and an unknown path are refused as the client’s fault', async () => {
  const ask = async (path: string, body?: string) => {
    const response = await fetch(aws.gateway.url + path, { method: 'POST', ...(body !== undefined && { body }) });
    return [response.status, response.headers.get('x-amzn-errortype')];
  };
  expect(await ask('/2015-03-31/functions/%zz/invocations')).toEqual([400, 'InvalidParameterValueException']);
  expect(await ask('/2015-03-31/functions', '[')).toEqual([400, 'InvalidRequestContentException']);
  expect(await ask('/2015-03-31/no-such-thing')).toEqual([501, 'UnknownOperationException']);
});
