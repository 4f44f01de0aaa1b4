import * as kms from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createKms } from '../../../lib/local/kms/kms.ts';
import { createFakeClock } from '../fake-clock.ts';
import { countingIds, engineGateway } from '../gateway/engine-gateway.ts';

const clock = createFakeClock();
const engine = createKms({ clock, ids: countingIds(), place: LOCAL_PLACE });
let aws: Awaited<ReturnType<typeof engineGateway>>;
let client: kms.KMSClient;

beforeAll(async () => {
  aws = await engineGateway([engine]);
  client = new kms.KMSClient(aws.client);
});
afterAll(() => aws.gateway.close());

const freshKey = async (more: Partial<kms.CreateKeyCommandInput> = {}): Promise<string> =>
  (await client.send(new kms.CreateKeyCommand(more))).KeyMetadata?.KeyId ?? '';
const Plaintext = Buffer.from('a secret');

test('what a key encrypted it decrypts, under the same context in any order', async () => {
  const KeyId = await freshKey();
  const { CiphertextBlob } = await client.send(new kms.EncryptCommand({ KeyId, Plaintext, EncryptionContext: { a: '1', b: '2' } }));
  expect(Buffer.from(CiphertextBlob ?? []).includes(Plaintext)).toBe(false);
  const opened = await client.send(new kms.DecryptCommand({ CiphertextBlob, EncryptionContext: { b: '2', a: '1' } }));
  expect(Buffer.from(opened.Plaintext ?? [])).toEqual(Plaintext);
  await expect(client.send(new kms.DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  await expect(client.send(new kms.DecryptCommand({ CiphertextBlob, KeyId: await freshKey() }))).rejects.toMatchObject({
    name: 'IncorrectKeyException',
  });
  await expect(client.send(new kms.DecryptCommand({ CiphertextBlob: Buffer.from('junk') }))).rejects.toMatchObject({
    name: 'InvalidCiphertextException',
  });
});

test('a data key comes plain and sealed, and moves to another key', async () => {
  const [from, to] = [await freshKey(), await freshKey()];
  const data = await client.send(new kms.GenerateDataKeyCommand({ KeyId: from, KeySpec: 'AES_256' }));
  expect(data.Plaintext).toHaveLength(32);
  const moved = await client.send(new kms.ReEncryptCommand({ CiphertextBlob: data.CiphertextBlob, DestinationKeyId: to }));
  expect([moved.SourceKeyId?.endsWith(from), moved.KeyId?.endsWith(to)]).toEqual([true, true]);
  expect((await client.send(new kms.DecryptCommand({ CiphertextBlob: moved.CiphertextBlob }))).Plaintext).toEqual(data.Plaintext);
});

test('a key is found by id, ARN and alias, and the keys of services exist', async () => {
  const KeyId = await freshKey({ Description: 'd', Tags: [{ TagKey: 'a', TagValue: 'b' }] });
  await client.send(new kms.CreateAliasCommand({ AliasName: 'alias/mine', TargetKeyId: KeyId }));
  const arn = `arn:aws:kms:us-east-1:000000000000:key/${KeyId}`;
  for (const name of [KeyId, arn, 'alias/mine', 'arn:aws:kms:us-east-1:000000000000:alias/mine']) {
    expect((await client.send(new kms.DescribeKeyCommand({ KeyId: name }))).KeyMetadata).toMatchObject({
      Arn: arn,
      Description: 'd',
      KeyState: 'Enabled',
      CreationDate: new Date(clock.now()),
    });
  }
  expect((await client.send(new kms.DescribeKeyCommand({ KeyId: 'alias/aws/sns' }))).KeyMetadata?.KeyManager).toBe('AWS');
  expect((await client.send(new kms.ListResourceTagsCommand({ KeyId }))).Tags).toEqual([{ TagKey: 'a', TagValue: 'b' }]);
  await expect(client.send(new kms.CreateAliasCommand({ AliasName: 'alias/mine', TargetKeyId: KeyId }))).rejects.toMatchObject({
    name: 'AlreadyExistsException',
  });
  await expect(client.send(new kms.DescribeKeyCommand({ KeyId: 'alias/none' }))).rejects.toMatchObject({ name: 'NotFoundException' });
});

test('a policy is kept and shown to the authoriser', async () => {
  const KeyId = await freshKey();
  expect(JSON.parse(engine.policyOf(KeyId) ?? '{}').Statement).toHaveLength(1);
  await client.send(new kms.PutKeyPolicyCommand({ KeyId, Policy: '{"Statement":[]}' }));
  expect((await client.send(new kms.GetKeyPolicyCommand({ KeyId }))).Policy).toBe('{"Statement":[]}');
  expect(engine.policyOf(`arn:aws:kms:us-east-1:000000000000:key/${KeyId}`)).toBe('{"Statement":[]}');
});

test('rotation is remembered', async () => {
  const KeyId = await freshKey();
  await client.send(new kms.EnableKeyRotationCommand({ KeyId }));
  expect(await client.send(new kms.GetKeyRotationStatusCommand({ KeyId }))).toMatchObject({
    KeyRotationEnabled: true,
    RotationPeriodInDays: 365,
  });
});

test('a disabled key, a doomed key and a deleted key cannot be used', async () => {
  const KeyId = await freshKey();
  const encrypt = () => client.send(new kms.EncryptCommand({ KeyId, Plaintext }));
  await client.send(new kms.DisableKeyCommand({ KeyId }));
  await expect(encrypt()).rejects.toMatchObject({ name: 'DisabledException' });
  await client.send(new kms.ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
  await expect(encrypt()).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
  await clock.advanceAsync(7 * 86_400_000);
  await expect(encrypt()).rejects.toMatchObject({ name: 'NotFoundException' });
});

test('4,096 bytes are encrypted and one more is refused', async () => {
  const KeyId = await freshKey();
  await client.send(new kms.EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4_096) }));
  await expect(client.send(new kms.EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4_097) }))).rejects.toMatchObject({
    name: 'ValidationException',
  });
});
