import type { Json } from '../aws.ts';
import { s3Error } from './s3-errors.ts';
import type { Bucket, S3Input, S3World } from './s3-state.ts';

/** Amazon S3 User Guide, "General purpose bucket naming rules". */
const NAME = /^(?!xn--|sthree-|\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9-]|\.(?!\.))*[a-z0-9]$/;

function create(world: S3World, input: S3Input): Json {
  const { Bucket: name } = input;
  if (name.length < 3 || name.length > 63 || !NAME.test(name)) throw s3Error('InvalidBucketName', { BucketName: name });
  // In us-east-1 alone creating one's own bucket again succeeds (Amazon S3 API Reference, CreateBucket).
  if (world.buckets.has(name) && world.place.region !== 'us-east-1') throw s3Error('BucketAlreadyOwnedByYou', { BucketName: name });
  if (!world.buckets.has(name)) world.buckets.set(name, emptyBucket(name, world.now()));
  return { Location: `/${name}`, BucketArn: `arn:aws:s3:::${name}` };
}

const emptyBucket = (name: string, created: number): Bucket => ({
  name,
  created,
  objects: new Map(),
  uploads: new Map(),
  configuration: new Map(),
  versioning: undefined,
  sortedKeys: undefined,
  lifecycleDay: -1,
});

function remove(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  if (bucket.objects.size > 0) throw s3Error('BucketNotEmpty', { BucketName: bucket.name });
  world.buckets.delete(bucket.name);
  return {};
}

function list(world: S3World, input: S3Input): Json {
  const Buckets = [...world.buckets.values()]
    .filter(({ name }) => name.startsWith(input.Prefix ?? ''))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, created }) => ({ Name: name, CreationDate: created, BucketRegion: world.place.region }));
  return { Owner: { ID: world.place.accountId }, Buckets };
}

function putPolicy(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  try {
    JSON.parse(input.Policy ?? '');
  } catch {
    throw s3Error('MalformedPolicy');
  }
  bucket.configuration.set('Policy', input.Policy);
  return {};
}

function putVersioning(world: S3World, input: S3Input): Json {
  const status = input.VersioningConfiguration?.Status;
  if (status !== 'Enabled' && status !== 'Suspended') throw s3Error('MalformedXML');
  world.bucket(input).versioning = status;
  return {};
}

function putLifecycle(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  bucket.configuration.set('LifecycleConfiguration', input['LifecycleConfiguration']);
  bucket.lifecycleDay = -1;
  return {};
}

/** A document of a bucket that is stored as it is put. */
interface Stored {
  readonly member: string;
  /** What is answered before anything was put, or the error that is. */
  readonly absent: Json | Parameters<typeof s3Error>[0];
  /** Whether the members of the document are the answer's own. */
  readonly spread?: boolean;
}

const ALL_BLOCKED = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
const SSE_S3 = { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }] };

/** New buckets are encrypted, block public access and ignore access control lists (Amazon S3 User Guide, "Default settings for new S3 buckets"). */
const STORED: Readonly<Record<string, Stored>> = {
  BucketEncryption: { member: 'ServerSideEncryptionConfiguration', absent: { ServerSideEncryptionConfiguration: SSE_S3 } },
  PublicAccessBlock: { member: 'PublicAccessBlockConfiguration', absent: { PublicAccessBlockConfiguration: ALL_BLOCKED } },
  BucketOwnershipControls: {
    member: 'OwnershipControls',
    absent: { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } },
  },
  BucketTagging: { member: 'Tagging', absent: 'NoSuchTagSet', spread: true },
  BucketCors: { member: 'CORSConfiguration', absent: 'NoSuchCORSConfiguration', spread: true },
  BucketNotificationConfiguration: { member: 'NotificationConfiguration', absent: {}, spread: true },
  BucketLifecycleConfiguration: { member: 'LifecycleConfiguration', absent: 'NoSuchLifecycleConfiguration', spread: true },
};

type Action = (world: S3World, input: S3Input) => Json;

function storedActions(): Record<string, Action> {
  const actions: Record<string, Action> = {};
  for (const [noun, { member, absent, spread }] of Object.entries(STORED)) {
    actions[`Get${noun}`] = (world, input) => {
      const document = world.bucket(input).configuration.get(member) as Json | undefined;
      if (document !== undefined) return spread ? document : { [member]: document };
      if (typeof absent === 'string') throw s3Error(absent, { BucketName: input.Bucket });
      return absent;
    };
    actions[`Put${noun}`] = (world, input) => {
      world.bucket(input).configuration.set(member, input[member]);
      return {};
    };
    actions[`Delete${noun}`] = (world, input) => {
      world.bucket(input).configuration.delete(member);
      return {};
    };
  }
  return actions;
}

const { DeleteBucketLifecycleConfiguration: deleteLifecycle, ...stored } = storedActions();

/** Actions on buckets and their configuration. */
export const BUCKET_ACTIONS: Readonly<Record<string, Action>> = {
  ...stored,
  ...(deleteLifecycle && { DeleteBucketLifecycle: deleteLifecycle }),
  PutBucketLifecycleConfiguration: putLifecycle,
  CreateBucket: create,
  DeleteBucket: remove,
  ListBuckets: list,
  HeadBucket: (world, input) => {
    world.bucket(input);
    return { BucketRegion: world.place.region };
  },
  GetBucketLocation: (world, input) => {
    world.bucket(input);
    return world.place.region === 'us-east-1' ? {} : { LocationConstraint: world.place.region };
  },
  GetBucketVersioning: (world, input) => {
    const { versioning } = world.bucket(input);
    return versioning === undefined ? {} : { Status: versioning };
  },
  PutBucketVersioning: putVersioning,
  PutBucketPolicy: putPolicy,
  GetBucketPolicy: (world, input) => {
    const Policy = world.bucket(input).configuration.get('Policy');
    if (Policy === undefined) throw s3Error('NoSuchBucketPolicy', { BucketName: input.Bucket });
    return { Policy };
  },
  DeleteBucketPolicy: (world, input) => {
    world.bucket(input).configuration.delete('Policy');
    return {};
  },
};
