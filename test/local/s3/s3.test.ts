import { request as httpRequest } from 'node:http';
import * as s3 from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createS3 } from '../../../lib/local/s3/s3.ts';
import { createFakeClock } from '../fake-clock.ts';
import { countingIds, engineGateway } from '../gateway/engine-gateway.ts';

const DAY = 86_400_000;
const clock = createFakeClock(Date.UTC(2026, 0, 15, 10));
let aws: Awaited<ReturnType<typeof engineGateway>>;
let client: s3.S3Client;
let buckets = 0;

beforeAll(async () => {
  aws = await engineGateway([createS3({ clock, ids: countingIds(), place: LOCAL_PLACE })]);
  client = new s3.S3Client({ ...aws.client, forcePathStyle: true });
});
afterAll(() => aws.gateway.close());

async function freshBucket(): Promise<string> {
  const Bucket = `bucket-${++buckets}`;
  await client.send(new s3.CreateBucketCommand({ Bucket }));
  return Bucket;
}
const put = (Bucket: string, Key: string, Body: string | Uint8Array = Key, more: Partial<s3.PutObjectCommandInput> = {}) =>
  client.send(new s3.PutObjectCommand({ Bucket, Key, Body, ...more }));
const read = async (Bucket: string, Key: string, more: Partial<s3.GetObjectCommandInput> = {}) => {
  const answer = await client.send(new s3.GetObjectCommand({ Bucket, Key, ...more }));
  return { ...answer, text: await answer.Body?.transformToString() };
};

test('an object comes back with its bytes, type, metadata and entity tag', async () => {
  const Bucket = await freshBucket();
  const Key = 'a folder/ü 🙂+&?.txt';
  const { ETag } = await put(Bucket, Key, 'hello', { ContentType: 'text/plain', Metadata: { One: 'x' }, CacheControl: 'no-cache' });
  expect(ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
  expect(await read(Bucket, Key)).toMatchObject({
    text: 'hello',
    ContentType: 'text/plain',
    Metadata: { one: 'x' },
    CacheControl: 'no-cache',
    ContentLength: 5,
    ETag,
    ServerSideEncryption: 'AES256',
    LastModified: new Date(clock.now()),
  });
  const head = await client.send(new s3.HeadObjectCommand({ Bucket, Key }));
  expect(head).toMatchObject({ ContentLength: 5, ETag, ContentType: 'text/plain' });
});

test('a body streamed in chunks with a trailing checksum arrives whole', async () => {
  const Bucket = await freshBucket();
  const { Readable } = await import('node:stream');
  const Body = Readable.from([Buffer.alloc(70_000, 'a'), Buffer.alloc(70_000, 'b')]);
  const { ChecksumCRC32 } = await client.send(new s3.PutObjectCommand({ Bucket, Key: 'k', Body, ContentLength: 140_000 }));
  const { text, ContentEncoding, ChecksumCRC32: stored } = await read(Bucket, 'k');
  expect([text?.length, text?.at(-1), ContentEncoding]).toEqual([140_000, 'b', undefined]);
  expect(stored).toBe(ChecksumCRC32);
});

test('a checksum that does not match is refused', async () => {
  const Bucket = await freshBucket();
  await expect(put(Bucket, 'k', 'x', { ChecksumSHA256: Buffer.alloc(32).toString('base64') })).rejects.toMatchObject({ name: 'BadDigest' });
  await expect(put(Bucket, 'k', 'x', { ContentMD5: Buffer.alloc(16).toString('base64') })).rejects.toMatchObject({ name: 'BadDigest' });
});

test('ranges answer 206 with their bytes, and one beyond the end is refused', async () => {
  const Bucket = await freshBucket();
  await put(Bucket, 'k', '0123456789');
  for (const [Range, text, shown] of [
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=8-100', '89', 'bytes 8-9/10'],
  ]) {
    expect(await read(Bucket, 'k', { Range })).toMatchObject({ text, ContentRange: shown, $metadata: { httpStatusCode: 206 } });
  }
  await expect(read(Bucket, 'k', { Range: 'bytes=10-' })).rejects.toMatchObject({ name: 'InvalidRange' });
});

test('If-None-Match: * lets the first writer win, and If-Match replaces only what was read', async () => {
  const Bucket = await freshBucket();
  const { ETag } = await put(Bucket, 'k', 'first', { IfNoneMatch: '*' });
  await expect(put(Bucket, 'k', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({
    name: 'PreconditionFailed',
    $metadata: { httpStatusCode: 412 },
  });
  await put(Bucket, 'k', 'third', { IfMatch: ETag });
  await expect(put(Bucket, 'k', 'fourth', { IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  await expect(put(Bucket, 'none', 'x', { IfMatch: ETag })).rejects.toMatchObject({ name: 'NoSuchKey' });
  expect((await read(Bucket, 'k')).text).toBe('third');
});

test('conditional reads answer 304 and 412', async () => {
  const Bucket = await freshBucket();
  const { ETag } = await put(Bucket, 'k');
  await expect(read(Bucket, 'k', { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  await expect(read(Bucket, 'k', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
});

test('what is absent is named', async () => {
  const Bucket = await freshBucket();
  await expect(read(Bucket, 'none')).rejects.toMatchObject({ name: 'NoSuchKey' });
  await expect(client.send(new s3.HeadObjectCommand({ Bucket, Key: 'none' }))).rejects.toMatchObject({ name: 'NotFound' });
  await expect(client.send(new s3.HeadBucketCommand({ Bucket: 'none-such' }))).rejects.toMatchObject({ name: 'NotFound' });
  await expect(put('none-such', 'k')).rejects.toMatchObject({ name: 'NoSuchBucket' });
  await expect(client.send(new s3.GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({ name: 'NoSuchBucketPolicy' });
  await client.send(new s3.DeleteObjectCommand({ Bucket, Key: 'none' }));
});

test('a bucket of another owner is refused', async () => {
  const Bucket = await freshBucket();
  await put(Bucket, 'k', 'x', { ExpectedBucketOwner: '000000000000' });
  await expect(put(Bucket, 'k', 'x', { ExpectedBucketOwner: '111111111111' })).rejects.toMatchObject({
    name: 'AccessDenied',
    $metadata: { httpStatusCode: 403 },
  });
});

test('listing folds prefixes, keeps byte order and pages', async () => {
  const Bucket = await freshBucket();
  for (const key of ['b', 'a/1', 'a/2', 'a/x/3', 'c & d', 'ö', 'B']) await put(Bucket, key);
  const all = await client.send(new s3.ListObjectsV2Command({ Bucket }));
  expect(all.Contents?.map(({ Key }) => Key)).toEqual(['B', 'a/1', 'a/2', 'a/x/3', 'b', 'c & d', 'ö']);
  const folded = await client.send(new s3.ListObjectsV2Command({ Bucket, Delimiter: '/' }));
  expect([folded.Contents?.map(({ Key }) => Key), folded.CommonPrefixes]).toEqual([['B', 'b', 'c & d', 'ö'], [{ Prefix: 'a/' }]]);
  const inside = await client.send(new s3.ListObjectsV2Command({ Bucket, Delimiter: '/', Prefix: 'a/' }));
  expect([inside.Contents?.map(({ Key }) => Key), inside.CommonPrefixes, inside.KeyCount]).toEqual([
    ['a/1', 'a/2'],
    [{ Prefix: 'a/x/' }],
    3,
  ]);
  const paged: string[] = [];
  for await (const page of s3.paginateListObjectsV2({ client, pageSize: 2 }, { Bucket, Delimiter: '/' })) {
    paged.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''), ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix ?? ''));
  }
  expect(paged.sort()).toEqual(['B', 'a/', 'b', 'c & d', 'ö'].sort());
  const empty = await client.send(new s3.ListObjectsV2Command({ Bucket, Prefix: 'zzz' }));
  expect([empty.KeyCount, empty.IsTruncated, empty.Contents]).toEqual([0, false, undefined]);
});

test('a versioned bucket keeps what was overwritten and hides what was deleted', async () => {
  const Bucket = await freshBucket();
  await client.send(new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  const first = await put(Bucket, 'k', 'one');
  await put(Bucket, 'k', 'two');
  expect((await read(Bucket, 'k', { VersionId: first.VersionId })).text).toBe('one');
  const deleted = await client.send(new s3.DeleteObjectCommand({ Bucket, Key: 'k' }));
  expect(deleted.DeleteMarker).toBe(true);
  await expect(read(Bucket, 'k')).rejects.toMatchObject({ name: 'NoSuchKey' });
  const listed = await client.send(new s3.ListObjectVersionsCommand({ Bucket }));
  expect([listed.Versions?.length, listed.DeleteMarkers?.[0]?.IsLatest]).toEqual([2, true]);
  await client.send(new s3.DeleteObjectCommand({ Bucket, Key: 'k', VersionId: deleted.VersionId }));
  expect((await read(Bucket, 'k')).text).toBe('two');
  await expect(client.send(new s3.DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'BucketNotEmpty' });
});

test('many objects are deleted at once, and an emptied bucket can go', async () => {
  const Bucket = await freshBucket();
  for (const key of ['a', 'b & c']) await put(Bucket, key);
  const { Deleted, Errors } = await client.send(
    new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a' }, { Key: 'b & c' }, { Key: 'none' }] } }),
  );
  expect([Deleted?.map(({ Key }) => Key), Errors]).toEqual([['a', 'b & c', 'none'], undefined]);
  await client.send(new s3.DeleteBucketCommand({ Bucket }));
  const { Buckets } = await client.send(new s3.ListBucketsCommand());
  expect(Buckets?.map(({ Name }) => Name)).not.toContain(Bucket);
});

test('a copy carries the metadata unless it is replaced', async () => {
  const Bucket = await freshBucket();
  await put(Bucket, 'from me', 'x', { Metadata: { a: '1' }, ContentType: 'text/css', Tagging: 'k=v' });
  const CopySource = `${Bucket}/${encodeURIComponent('from me')}`;
  const { CopyObjectResult } = await client.send(new s3.CopyObjectCommand({ Bucket, Key: 'to', CopySource }));
  expect(CopyObjectResult?.LastModified).toEqual(new Date(clock.now()));
  expect(await read(Bucket, 'to')).toMatchObject({ text: 'x', Metadata: { a: '1' }, ContentType: 'text/css', TagCount: 1 });
  await client.send(new s3.CopyObjectCommand({ Bucket, Key: 'to', CopySource, MetadataDirective: 'REPLACE', Metadata: { b: '2' } }));
  expect(await read(Bucket, 'to')).toMatchObject({ Metadata: { b: '2' }, ContentType: 'binary/octet-stream' });
  await expect(client.send(new s3.CopyObjectCommand({ Bucket, Key: 'from me', CopySource }))).rejects.toMatchObject({
    name: 'InvalidRequest',
  });
});

test('parts become one object in their order; small, unknown and unordered parts are refused', async () => {
  const Bucket = await freshBucket();
  const Key = 'big';
  const { UploadId } = await client.send(
    new s3.CreateMultipartUploadCommand({ Bucket, Key, ContentType: 'application/zip', ChecksumAlgorithm: 'CRC32' }),
  );
  const upload = (PartNumber: number, Body: Uint8Array) =>
    client.send(new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
  const complete = (...Parts: s3.CompletedPart[]) =>
    client.send(new s3.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
  const two = { PartNumber: 2, ETag: (await upload(2, Buffer.from('end'))).ETag };
  const small = { PartNumber: 1, ETag: (await upload(1, Buffer.from('small'))).ETag };
  await expect(complete(small, two)).rejects.toMatchObject({ name: 'EntityTooSmall' });
  const one = { PartNumber: 1, ETag: (await upload(1, Buffer.alloc(5 * 1024 * 1024, 'x'))).ETag };
  await expect(complete(two, one)).rejects.toMatchObject({ name: 'InvalidPartOrder' });
  await expect(complete(one, { ...two, ETag: '"0"' })).rejects.toMatchObject({ name: 'InvalidPart' });
  expect((await client.send(new s3.ListPartsCommand({ Bucket, Key, UploadId }))).Parts).toHaveLength(2);
  const done = await complete(one, two);
  expect(done.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
  const object = await read(Bucket, Key, { Range: 'bytes=5242878-' });
  expect([object.text, object.ContentType]).toEqual(['xxend', 'application/zip']);
  await expect(complete(one, two)).rejects.toMatchObject({ name: 'NoSuchUpload' });
});

test('an aborted upload leaves nothing', async () => {
  const Bucket = await freshBucket();
  const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
  expect((await client.send(new s3.ListMultipartUploadsCommand({ Bucket }))).Uploads).toHaveLength(1);
  await client.send(new s3.AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId }));
  await client.send(new s3.DeleteBucketCommand({ Bucket }));
});

test('a lifecycle rule expires objects at the midnight after their age', async () => {
  const Bucket = await freshBucket();
  await put(Bucket, 'tmp/a');
  await put(Bucket, 'keep/a');
  await client.send(
    new s3.PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: { Rules: [{ ID: 'r', Status: 'Enabled', Filter: { Prefix: 'tmp/' }, Expiration: { Days: 1 } }] },
    }),
  );
  await clock.advanceAsync(DAY);
  expect((await read(Bucket, 'tmp/a')).text).toBe('tmp/a');
  await clock.advanceAsync(DAY);
  await expect(read(Bucket, 'tmp/a')).rejects.toMatchObject({ name: 'NoSuchKey' });
  expect((await read(Bucket, 'keep/a')).text).toBe('keep/a');
  const { Rules } = await client.send(new s3.GetBucketLifecycleConfigurationCommand({ Bucket }));
  expect(Rules).toEqual([{ ID: 'r', Status: 'Enabled', Filter: { Prefix: 'tmp/' }, Expiration: { Days: 1 } }]);
});

test('configuration that the CDK asks for and puts comes back', async () => {
  const Bucket = await freshBucket();
  expect((await client.send(new s3.GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeFalsy();
  const encryption = await client.send(new s3.GetBucketEncryptionCommand({ Bucket }));
  expect(encryption.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm).toBe('AES256');
  const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: 'k' }, BucketKeyEnabled: true }];
  await client.send(new s3.PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
  expect((await client.send(new s3.GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration).toEqual({ Rules });
  expect(await put(Bucket, 'k')).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'k' });
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }] });
  await client.send(new s3.PutBucketPolicyCommand({ Bucket, Policy }));
  expect((await client.send(new s3.GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
  const block = { BlockPublicAcls: true, IgnorePublicAcls: false, BlockPublicPolicy: true, RestrictPublicBuckets: false };
  await client.send(new s3.PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: block }));
  expect((await client.send(new s3.GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration).toEqual(block);
  await client.send(new s3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }));
  expect((await client.send(new s3.GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual([{ Key: 'a', Value: 'b' }]);
  await client.send(new s3.PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: {} }));
  await expect(client.send(new s3.GetBucketReplicationCommand({ Bucket }))).rejects.toMatchObject({
    name: 'NotImplemented',
    message: expect.stringContaining('GetBucketReplication'),
  });
});

test('bucket names follow the rules', async () => {
  for (const Bucket of ['ab', 'A-bucket', 'a..b', '10.0.0.1', '-abc', 'a'.repeat(64)]) {
    await expect(client.send(new s3.CreateBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'InvalidBucketName' });
  }
  await client.send(new s3.CreateBucketCommand({ Bucket: 'a'.repeat(63) }));
});

test('a presigned URL reads without a header, and the bucket may stand in the host', async () => {
  const Bucket = await freshBucket();
  await put(Bucket, 'k', 'signed');
  const query =
    'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=k%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=0&response-content-type=text%2Fcsv';
  const signed = await fetch(`${aws.gateway.url}/${Bucket}/k?${query}`);
  expect([await signed.text(), signed.headers.get('content-type')]).toEqual(['signed', 'text/csv']);
  const hosted = await new Promise<string>((resolve, reject) => {
    const options = {
      port: aws.gateway.port,
      host: '127.0.0.1',
      path: '/k',
      headers: { host: `${Bucket}.s3.localhost:${aws.gateway.port}` },
    };
    httpRequest(options, (response) => response.setEncoding('utf8').on('data', resolve))
      .on('error', reject)
      .end();
  });
  expect(hosted).toBe('signed');
});
