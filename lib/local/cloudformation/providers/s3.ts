import type { Json } from '../../aws.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { applySetting, object, pick, removeIfThere, tagList, text } from './properties.ts';
import { lifecycleRules } from './s3-lifecycle.ts';

/** AWS::S3::Bucket. */
export const s3Bucket: Provider = {
  type: 'AWS::S3::Bucket',
  nameProperty: 'BucketName',
  replaceOn: ['BucketName', 'ObjectLockEnabled'],
  create(properties, context) {
    const Bucket = text(properties, 'BucketName') ?? context.name({ maxLength: 63, lowerCase: true });
    context.call('s3', 'CreateBucket', { Bucket });
    applySettings(Bucket, properties, context);
    return { physicalId: Bucket, attributes: attributesOf(Bucket, context) };
  },
  update({ physicalId, attributes, before, after, changed }, context) {
    applySettings(physicalId, pick(after, [...changed]), context);
    for (const name of changed) if (after[name] === undefined && before[name] !== undefined) resetSetting(physicalId, name, context);
    return { physicalId, attributes };
  },
  remove({ physicalId }, context) {
    removeIfThere(() => context.call('s3', 'DeleteBucket', { Bucket: physicalId }));
  },
};

/** AWS::S3::BucketPolicy. */
export const s3BucketPolicy: Provider = {
  type: 'AWS::S3::BucketPolicy',
  replaceOn: ['Bucket'],
  create(properties, context) {
    putPolicy(properties, context);
    return { physicalId: String(properties['Bucket']), attributes: {} };
  },
  update({ physicalId, attributes, after }, context) {
    putPolicy(after, context);
    return { physicalId, attributes };
  },
  remove({ physicalId }, context) {
    removeIfThere(() => context.call('s3', 'DeleteBucketPolicy', { Bucket: physicalId }));
  },
};

function applySettings(Bucket: string, properties: Json, context: ProviderContext): void {
  const versioning = object(properties, 'VersioningConfiguration')['Status'];
  if (versioning !== undefined) context.call('s3', 'PutBucketVersioning', { Bucket, VersioningConfiguration: { Status: versioning } });
  const encryption = object(properties, 'BucketEncryption')['ServerSideEncryptionConfiguration'];
  if (encryption !== undefined)
    applySetting(context, ['s3', 'PutBucketEncryption'], {
      Bucket,
      ServerSideEncryptionConfiguration: { Rules: encryptionRules(encryption as Json[]) },
    });
  const lifecycle = properties['LifecycleConfiguration'];
  if (lifecycle !== undefined)
    applySetting(context, ['s3', 'PutBucketLifecycleConfiguration'], {
      Bucket,
      LifecycleConfiguration: { Rules: lifecycleRules(lifecycle as Json) },
    });
  const block = properties['PublicAccessBlockConfiguration'];
  if (block !== undefined) applySetting(context, ['s3', 'PutPublicAccessBlock'], { Bucket, PublicAccessBlockConfiguration: block });
  const tags = tagList(properties, context);
  if (tags.length > 0) applySetting(context, ['s3', 'PutBucketTagging'], { Bucket, Tagging: { TagSet: tags } });
}

function resetSetting(Bucket: string, property: string, context: ProviderContext): void {
  if (property === 'VersioningConfiguration')
    context.call('s3', 'PutBucketVersioning', { Bucket, VersioningConfiguration: { Status: 'Suspended' } });
  if (property === 'LifecycleConfiguration') applySetting(context, ['s3', 'DeleteBucketLifecycle'], { Bucket });
  if (property === 'BucketEncryption') applySetting(context, ['s3', 'DeleteBucketEncryption'], { Bucket });
}

function encryptionRules(rules: readonly Json[]): Json[] {
  return rules.map(({ ServerSideEncryptionByDefault, BucketKeyEnabled }) => ({
    ApplyServerSideEncryptionByDefault: ServerSideEncryptionByDefault,
    ...(BucketKeyEnabled === undefined ? {} : { BucketKeyEnabled }),
  }));
}

function putPolicy(properties: Json, context: ProviderContext): void {
  context.call('s3', 'PutBucketPolicy', { Bucket: properties['Bucket'], Policy: JSON.stringify(properties['PolicyDocument']) });
}

function attributesOf(bucket: string, { place }: ProviderContext): Json {
  return {
    Arn: `arn:aws:s3:::${bucket}`,
    DomainName: `${bucket}.s3.amazonaws.com`,
    RegionalDomainName: `${bucket}.s3.${place.region}.amazonaws.com`,
    DualStackDomainName: `${bucket}.s3.dualstack.${place.region}.amazonaws.com`,
    WebsiteURL: `http://${bucket}.s3-website-${place.region}.amazonaws.com`,
  };
}
