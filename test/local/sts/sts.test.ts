import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createSts } from '../../../lib/local/sts/sts.ts';
import { createFakeClock } from '../fake-clock.ts';
import { countingIds, engineGateway } from '../gateway/engine-gateway.ts';

const ROLE = 'arn:aws:iam::000000000000:role/service/my-role';
const clock = createFakeClock();
const sts = createSts({ clock, ids: countingIds(), place: LOCAL_PLACE });
let aws: Awaited<ReturnType<typeof engineGateway>>;

beforeAll(async () => {
  aws = await engineGateway([sts], sts.callerOf);
});
afterAll(() => aws.gateway.close());

test('the developer is the root of the local account', async () => {
  const { Account, Arn } = await new STSClient(aws.client).send(new GetCallerIdentityCommand());
  expect([Account, Arn]).toEqual(['000000000000', 'arn:aws:iam::000000000000:root']);
});

test('an assumed role’s keys name its session until they expire', async () => {
  const { Credentials, AssumedRoleUser } = await new STSClient(aws.client).send(
    new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'cdk', DurationSeconds: 900 }),
  );
  expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::000000000000:assumed-role/my-role/cdk');
  expect(Credentials?.Expiration).toEqual(new Date(clock.now() + 900_000));
  const credentials = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
  const { Arn } = await new STSClient({ ...aws.client, credentials }).send(new GetCallerIdentityCommand());
  expect(Arn).toBe(AssumedRoleUser?.Arn);
  await clock.advanceAsync(900_000);
  expect(sts.callerOf(credentials.accessKeyId)).toBeUndefined();
});

test('a session shorter than 15 minutes, a role that is none and a short name are refused', async () => {
  const client = new STSClient(aws.client);
  for (const wrong of [{ DurationSeconds: 899 }, { RoleArn: 'arn:aws:iam::000000000000:user/x' }, { RoleSessionName: 'x' }]) {
    const input = { RoleArn: ROLE, RoleSessionName: 'cdk', ...wrong };
    await expect(client.send(new AssumeRoleCommand(input))).rejects.toMatchObject({ name: 'ValidationError' });
  }
});

test('issued keys name their role for good, and the same ids issue the same keys', () => {
  const issue = () => createSts({ clock, ids: countingIds(), place: LOCAL_PLACE }).issue(ROLE, 'fn');
  expect(issue()).toEqual(issue());
  const { accessKeyId } = sts.issue(ROLE, 'fn');
  expect(accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  expect(sts.callerOf(accessKeyId)).toEqual({ kind: 'role', roleArn: ROLE, sessionName: 'fn' });
});
