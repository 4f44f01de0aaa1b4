import * as ssm from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createSsm } from '../../../lib/local/ssm/ssm.ts';
import { createFakeClock } from '../fake-clock.ts';
import { engineGateway } from '../gateway/engine-gateway.ts';

const clock = createFakeClock();
let aws: Awaited<ReturnType<typeof engineGateway>>;
let client: ssm.SSMClient;

beforeAll(async () => {
  aws = await engineGateway([createSsm({ clock, place: LOCAL_PLACE })]);
  client = new ssm.SSMClient(aws.client);
});
afterAll(() => aws.gateway.close());

const put = (Name: string, Value: string, more: Partial<ssm.PutParameterCommandInput> = {}) =>
  client.send(new ssm.PutParameterCommand({ Name, Value, Type: 'String', ...more }));

test('the bootstrap version that the CDK asks for is found by name, version and ARN', async () => {
  const Name = '/cdk-bootstrap/hnb659fds/version';
  await put(Name, '21');
  await put(Name, '22', { Overwrite: true });
  const arn = `arn:aws:ssm:us-east-1:000000000000:parameter${Name}`;
  for (const [selector, value] of [
    [Name, '22'],
    [`${Name}:1`, '21'],
    [arn, '22'],
  ]) {
    expect((await client.send(new ssm.GetParameterCommand({ Name: selector }))).Parameter).toMatchObject({
      Value: value,
      ARN: arn,
      LastModifiedDate: new Date(clock.now()),
    });
  }
});

test('what is absent, exists or is malformed is refused by name', async () => {
  await put('taken', 'x');
  await expect(client.send(new ssm.GetParameterCommand({ Name: 'none' }))).rejects.toMatchObject({ name: 'ParameterNotFound' });
  await expect(client.send(new ssm.DeleteParameterCommand({ Name: 'none' }))).rejects.toMatchObject({ name: 'ParameterNotFound' });
  await expect(put('taken', 'y')).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
  await expect(put('aws-x', 'y')).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(put('big', 'x'.repeat(4_097))).rejects.toMatchObject({ name: 'ValidationException' });
  await put('big', 'x'.repeat(4_096));
  await put('bigger', 'x'.repeat(8_192), { Tier: 'Advanced' });
  await expect(put('pattern', 'abc', { AllowedPattern: '\\d+' })).rejects.toMatchObject({ name: 'ParameterPatternMismatchException' });
});

test('a SecureString shows its value only when decrypted', async () => {
  await put('secret', 'hunter2', { Type: 'SecureString' });
  const read = async (WithDecryption: boolean) =>
    (await client.send(new ssm.GetParameterCommand({ Name: 'secret', WithDecryption }))).Parameter?.Value;
  expect(await read(true)).toBe('hunter2');
  expect(await read(false)).not.toContain('hunter2');
});

test('parameters below a path are listed by level or wholly, in pages', async () => {
  for (const name of ['/app/a', '/app/b', '/app/x/c', '/apple']) await put(name, 'v');
  const names = async (more: Partial<ssm.GetParametersByPathCommandInput>) =>
    (await client.send(new ssm.GetParametersByPathCommand({ Path: '/app', ...more }))).Parameters?.map(({ Name }) => Name);
  expect(await names({})).toEqual(['/app/a', '/app/b']);
  expect(await names({ Recursive: true })).toEqual(['/app/a', '/app/b', '/app/x/c']);
  const paged: (string | undefined)[] = [];
  for await (const page of ssm.paginateGetParametersByPath({ client, pageSize: 1 }, { Path: '/app/', Recursive: true }))
    paged.push(...(page.Parameters ?? []).map(({ Name }) => Name));
  expect(paged).toEqual(['/app/a', '/app/b', '/app/x/c']);
});

test('a path begins with a slash, and a page of it holds ten at most', async () => {
  const read = (input: ssm.GetParametersByPathCommandInput) => client.send(new ssm.GetParametersByPathCommand(input));
  await expect(read({ Path: 'app' })).rejects.toThrow(/must begin with a forward slash/);
  await expect(read({ Path: '/app', MaxResults: 11 })).rejects.toThrow(/less than or equal to 10/);
  for (let number = 0; number < 12; number += 1) await put(`/many/p${number}`, 'x');
  expect((await read({ Path: '/many' })).Parameters).toHaveLength(10);
});

test('several are read and deleted at once, and the unknown ones are named', async () => {
  await put('m1', '1');
  const read = await client.send(new ssm.GetParametersCommand({ Names: ['m1', 'm2'] }));
  expect([read.Parameters?.map(({ Name }) => Name), read.InvalidParameters]).toEqual([['m1'], ['m2']]);
  const deleted = await client.send(new ssm.DeleteParametersCommand({ Names: ['m1', 'm2'] }));
  expect([deleted.DeletedParameters, deleted.InvalidParameters]).toEqual([['m1'], ['m2']]);
});

test('tags stay with a parameter', async () => {
  await put('tagged', 'x');
  const resource = { ResourceType: 'Parameter' as const, ResourceId: 'tagged' };
  await client.send(
    new ssm.AddTagsToResourceCommand({
      ...resource,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    }),
  );
  await client.send(new ssm.RemoveTagsFromResourceCommand({ ...resource, TagKeys: ['a'] }));
  expect((await client.send(new ssm.ListTagsForResourceCommand(resource))).TagList).toEqual([{ Key: 'b', Value: '2' }]);
});
