import type { Json } from '../../aws.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { removeIfThere } from './properties.ts';

/**
 * Custom::S3AutoDeleteObjects, which the CDK makes for `autoDeleteObjects: true`. The function behind it answers over TLS to a
 * presigned URL, which does not exist here; what it does is done here: empty the bucket before it goes.
 */
export const s3AutoDeleteObjects: Provider = {
  type: 'Custom::S3AutoDeleteObjects',
  replaceOn: ['BucketName'],
  create: (_, context) => ({ physicalId: context.name(), attributes: {} }),
  update: ({ physicalId, attributes }) => ({ physicalId, attributes }),
  remove({ properties }, context) {
    removeIfThere(() => emptyBucket(String(properties['BucketName']), context));
  },
};

function emptyBucket(Bucket: string, context: ProviderContext): void {
  for (;;) {
    const page = context.call('s3', 'ListObjectsV2', { Bucket });
    const Objects = ((page['Contents'] ?? []) as Json[]).map(({ Key }) => ({ Key }));
    if (Objects.length === 0) return;
    context.call('s3', 'DeleteObjects', { Bucket, Delete: { Objects, Quiet: true } });
  }
}
