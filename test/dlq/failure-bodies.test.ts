import { expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { createFailureBodies } from '../../lib/dlq/failure-bodies.s3.ts';
import { createStreamFailureObjects } from '../../lib/dlq/stream-failures.s3.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';

interface Sent {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** An S3 of one bucket, as far as these adapters use it. */
function bucket() {
  const objects = new Map<string, Uint8Array>();
  const sent: Sent[] = [];
  const stored = (key: string) => {
    const bytes = objects.get(key);
    if (bytes === undefined)
      throw Object.assign(new Error('gone'), { name: 'NoSuchKey', $fault: 'client', $metadata: { httpStatusCode: 404 } });
    return { Body: { transformToByteArray: async () => bytes, transformToString: async () => Buffer.from(bytes).toString() } };
  };
  const client = {
    async send(command: { constructor: { name: string }; input: Sent['input'] }) {
      const [name, input] = [command.constructor.name, command.input];
      sent.push({ name, input });
      const key = String(input['Key']);
      if (name === 'PutObjectCommand') objects.set(key, input['Body'] as Uint8Array);
      if (name === 'GetObjectCommand') return stored(key);
      if (name === 'DeleteObjectCommand') objects.delete(key);
      if (name === 'ListObjectsV2Command') return { Contents: [...objects.keys()].map((Key) => ({ Key })) };
      return {};
    },
  };
  const options = { client, bucket: 'failures', owner: '123456789012', clock: createVirtualClock(createRng(1)), rng: createRng(1) };
  return { objects, sent, options };
}

test('a body is put under its digest, so that S3 refuses another, and comes back byte for byte', async () => {
  const { objects, sent, options } = bucket();
  const bodies = createFailureBodies(options);
  const body = await bodies.put('ä body');
  expect(body).toMatchObject({ kind: 'object', bytes: 7, key: `bodies/${body.sha256}` });
  expect(sent[0]?.input).toMatchObject({
    Bucket: 'failures',
    ExpectedBucketOwner: '123456789012',
    ChecksumSHA256: Buffer.from(body.sha256, 'hex').toString('base64'),
  });
  expect(await bodies.get(body)).toBe('ä body');
  await bodies.put('ä body');
  expect(objects.size).toBe(1);
});

test('a body that is gone, or is not what was written, is an error and no body', async () => {
  const { objects, options } = bucket();
  const bodies = createFailureBodies(options);
  const body = await bodies.put('a body');
  objects.set(body.key, Buffer.from('another'));
  await expect(bodies.get(body)).rejects.toMatchObject({
    code: 'FAILURE_BODY',
    message: expect.stringContaining('is not what was written'),
  });
  objects.clear();
  await expect(bodies.get(body)).rejects.toMatchObject({ code: 'FAILURE_BODY', message: expect.stringContaining('is gone') });
});

test.each(['AccessDenied', 'InvalidObjectState'])(
  'a body that S3 refuses is an error about that body, and names the refusal: %s',
  async (name) => {
    const { options } = bucket();
    const body = await createFailureBodies(options).put('a body');
    const refusal = Object.assign(new Error('not now'), { name, $fault: 'client', $metadata: { httpStatusCode: 403 } });
    const bodies = createFailureBodies({ ...options, client: { send: () => Promise.reject(refusal) } });
    const message = expect.stringContaining(`cannot be read (${name}: not now)`);
    await expect(bodies.get(body)).rejects.toMatchObject({ code: 'FAILURE_BODY', message });
  },
);

test('what a stream gave up is listed under the prefix of Lambda, read and removed', async () => {
  const { objects, sent, options } = bucket();
  const given = createStreamFailureObjects(options);
  objects.set('aws/lambda/1', Buffer.from('batch'));
  expect(await given.list('b')).toEqual(['aws/lambda/1']);
  expect(sent[0]?.input).toMatchObject({ Bucket: 'b', Prefix: 'aws/lambda/', ExpectedBucketOwner: '123456789012' });
  expect(await given.read('b', 'aws/lambda/1')).toBe('batch');
  await given.remove('b', 'aws/lambda/1');
  expect(await given.read('b', 'aws/lambda/1')).toBeUndefined();
});
