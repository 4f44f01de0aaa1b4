import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import { AwsError, type Engine, type Json, type Place } from '../aws.ts';
import { checkUsable, type KmsKey, keyIdIn, materialOf, seal, stateOf, unseal } from './kms-keys.ts';

/** What the engine needs from outside. */
export interface KmsDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
}

/** The KMS engine. */
export interface Kms extends Engine {
  /** A key's policy, for the authoriser; undefined for a key that does not exist. Takes an id, an ARN or an alias. */
  policyOf(keyId: string): string | undefined;
}

interface World extends KmsDeps {
  readonly keys: Map<string, KmsKey>;
  /** Alias → key id. */
  readonly aliases: Map<string, string>;
}

interface Tag {
  readonly TagKey: string;
  readonly TagValue: string;
}

interface KmsInput {
  readonly KeyId?: string;
  readonly SourceKeyId?: string;
  readonly DestinationKeyId?: string;
  readonly Description?: string;
  readonly Policy?: string;
  readonly PolicyName?: string;
  readonly KeySpec?: string;
  readonly KeyUsage?: string;
  readonly MultiRegion?: boolean;
  readonly Tags?: readonly Tag[];
  readonly TagKeys?: readonly string[];
  readonly AliasName?: string;
  readonly TargetKeyId?: string;
  readonly Plaintext?: string;
  readonly CiphertextBlob?: string;
  readonly EncryptionContext?: Json;
  readonly SourceEncryptionContext?: Json;
  readonly DestinationEncryptionContext?: Json;
  readonly NumberOfBytes?: number;
  readonly RotationPeriodInDays?: number;
  readonly PendingWindowInDays?: number;
}

/** AWS KMS API Reference, Encrypt: bytes a symmetric key encrypts. */
const MAX_PLAINTEXT_BYTES = 4_096;
const DAY = 86_400;

/**
 * Key Management Service with symmetric keys and real AES-GCM: what one key encrypted, no other key and no other context decrypts.
 * The keys of services (`alias/aws/sqs`) exist as soon as they are asked for.
 */
export function createKms(deps: KmsDeps): Kms {
  const world: World = { ...deps, keys: new Map(), aliases: new Map() };
  return {
    service: 'kms',
    call({ action, input }) {
      const perform = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
      if (perform === undefined) throw new AwsError('UnknownOperationException', `The embedded KMS has no action ${action}.`);
      return perform(world, input as KmsInput);
    },
    policyOf(keyId) {
      return findKey(world, keyId)?.policy;
    },
  };
}

const nowSeconds = ({ clock }: World): number => clock.now() / 1000;

function findKey(world: World, keyId: string): KmsKey | undefined {
  const alias = /(?:^|:)(alias\/.+)$/.exec(keyId)?.[1];
  if (alias?.startsWith('alias/aws/') && !world.aliases.has(alias)) {
    world.aliases.set(
      alias,
      makeKey(world, { Description: `Default key that protects my ${alias.slice(10)} data when no other key is defined` }, 'AWS').id,
    );
  }
  const id = alias === undefined ? (keyId.split('key/').at(-1) ?? '') : (world.aliases.get(alias) ?? '');
  const key = world.keys.get(id);
  if (key?.deletionDate !== undefined && key.deletionDate <= nowSeconds(world)) return undefined;
  return key;
}

function keyOf(world: World, keyId = ''): KmsKey {
  const key = findKey(world, keyId);
  if (key !== undefined) return key;
  const { region, accountId } = world.place;
  const what = keyId.includes('alias/') ? 'Alias' : 'Key';
  throw new AwsError(
    'NotFoundException',
    `${what} ${keyId.startsWith('arn:') ? keyId : `arn:aws:kms:${region}:${accountId}:${what === 'Key' ? 'key/' : ''}${keyId}`} does not exist`,
  );
}

function usable(world: World, keyId: string | undefined): KmsKey {
  const key = keyOf(world, keyId);
  checkUsable(key);
  return key;
}

function makeKey(world: World, input: KmsInput, manager: KmsKey['manager']): KmsKey {
  const { region, accountId } = world.place;
  const id = world.ids.next();
  const root = {
    Sid: 'Enable IAM User Permissions',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${accountId}:root` },
    Action: 'kms:*',
    Resource: '*',
  };
  const key: KmsKey = {
    id,
    arn: `arn:aws:kms:${region}:${accountId}:key/${id}`,
    material: materialOf(id),
    description: input.Description ?? '',
    created: nowSeconds(world),
    manager,
    multiRegion: input.MultiRegion === true,
    tags: new Map((input.Tags ?? []).map(({ TagKey, TagValue }) => [TagKey, TagValue])),
    policy: input.Policy ?? JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: [root] }),
    isEnabled: true,
    rotationDays: undefined,
    deletionDate: undefined,
  };
  world.keys.set(id, key);
  return key;
}

function describe(world: World, key: KmsKey): Json {
  return {
    AWSAccountId: world.place.accountId,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: key.created,
    Enabled: stateOf(key) === 'Enabled',
    Description: key.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: stateOf(key),
    ...(key.deletionDate !== undefined && { DeletionDate: key.deletionDate }),
    Origin: 'AWS_KMS',
    KeyManager: key.manager,
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    KeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: key.multiRegion,
  };
}

function createKey(world: World, input: KmsInput): Json {
  const { KeySpec = 'SYMMETRIC_DEFAULT', KeyUsage = 'ENCRYPT_DECRYPT' } = input;
  if (KeySpec !== 'SYMMETRIC_DEFAULT' || KeyUsage !== 'ENCRYPT_DECRYPT') {
    throw new AwsError(
      'UnsupportedOperationException',
      `The embedded KMS has symmetric encryption keys only, not ${KeySpec} for ${KeyUsage}.`,
    );
  }
  return { KeyMetadata: describe(world, makeKey(world, input, 'CUSTOMER')) };
}

function encrypt(world: World, input: KmsInput): Json {
  const key = usable(world, input.KeyId);
  const plaintext = Buffer.from(input.Plaintext ?? '', 'base64');
  if (plaintext.length < 1 || plaintext.length > MAX_PLAINTEXT_BYTES) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length between 1 and ${MAX_PLAINTEXT_BYTES}`,
    );
  }
  const sealed = seal(key, plaintext, { context: input.EncryptionContext ?? {}, nonce: world.ids.next() });
  return { CiphertextBlob: sealed.toString('base64'), KeyId: key.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
}

function decrypt(world: World, input: KmsInput): Json {
  const ciphertext = Buffer.from(input.CiphertextBlob ?? '', 'base64');
  const key = findKey(world, keyIdIn(ciphertext));
  if (key === undefined) throw new AwsError('InvalidCiphertextException', '');
  if (input.KeyId !== undefined && keyOf(world, input.KeyId) !== key) {
    throw new AwsError('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can perform this operation.');
  }
  checkUsable(key);
  return {
    Plaintext: unseal(key, ciphertext, input.EncryptionContext ?? {}).toString('base64'),
    KeyId: key.arn,
    EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  };
}

function reEncrypt(world: World, input: KmsInput): Json {
  const { Plaintext, KeyId: source } = decrypt(world, pick(input.CiphertextBlob, input.SourceKeyId, input.SourceEncryptionContext));
  const sealed = encrypt(world, {
    KeyId: input.DestinationKeyId ?? '',
    Plaintext: String(Plaintext),
    EncryptionContext: input.DestinationEncryptionContext ?? {},
  });
  return { ...sealed, SourceKeyId: source };
}

const pick = (blob = '', keyId?: string, context: Json = {}): KmsInput => ({
  CiphertextBlob: blob,
  EncryptionContext: context,
  ...(keyId !== undefined && { KeyId: keyId }),
});

function generateDataKey(world: World, input: KmsInput & { KeySpec?: string }): Json {
  const length = input.NumberOfBytes ?? (input.KeySpec === 'AES_128' ? 16 : 32);
  const Plaintext = randomBytes(world, length).toString('base64');
  return { ...encrypt(world, { ...input, Plaintext }), Plaintext };
}

/** As random as the ids are, so that a simulated run repeats. */
function randomBytes(world: World, length: number): Buffer {
  if (!Number.isInteger(length) || length < 1 || length > 1_024)
    throw new AwsError('ValidationException', 'NumberOfBytes must be 1 to 1024.');
  return createHash('shake256', { outputLength: length }).update(world.ids.next()).digest();
}

function setAlias(world: World, input: KmsInput, isNew: boolean): Json {
  const { AliasName: alias = '' } = input;
  if (!/^alias\/[\w/-]{1,250}$/.test(alias) || alias.startsWith('alias/aws/'))
    throw new AwsError('InvalidAliasNameException', `Invalid alias name: ${alias}`);
  if (isNew && world.aliases.has(alias))
    throw new AwsError('AlreadyExistsException', `An alias with the name ${aliasArn(world, alias)} already exists`);
  if (!isNew && !world.aliases.has(alias)) throw new AwsError('NotFoundException', `Alias ${aliasArn(world, alias)} is not found.`);
  world.aliases.set(alias, keyOf(world, input.TargetKeyId).id);
  return {};
}

const aliasArn = ({ place }: World, alias: string): string => `arn:aws:kms:${place.region}:${place.accountId}:${alias}`;

function scheduleDeletion(world: World, input: KmsInput): Json {
  const key = keyOf(world, input.KeyId);
  const { PendingWindowInDays: days = 30 } = input;
  if (!Number.isInteger(days) || days < 7 || days > 30) throw new AwsError('ValidationException', 'PendingWindowInDays must be 7 to 30.');
  if (key.deletionDate !== undefined) throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
  key.deletionDate = nowSeconds(world) + days * DAY;
  key.isEnabled = false;
  return { KeyId: key.arn, DeletionDate: key.deletionDate, KeyState: 'PendingDeletion', PendingWindowInDays: days };
}

function change(apply: (key: KmsKey, input: KmsInput) => void, answer: (key: KmsKey) => Json = () => ({})) {
  return (world: World, input: KmsInput): Json => {
    const key = keyOf(world, input.KeyId);
    apply(key, input);
    return answer(key);
  };
}

const live = (world: World): KmsKey[] => [...world.keys.values()].filter(({ id }) => findKey(world, id) !== undefined);

const ACTIONS: Readonly<Record<string, (world: World, input: KmsInput) => Json>> = {
  CreateKey: createKey,
  DescribeKey: (world, input) => ({ KeyMetadata: describe(world, keyOf(world, input.KeyId)) }),
  ListKeys: (world) => ({ Keys: live(world).map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })), Truncated: false }),
  PutKeyPolicy: change((key, { Policy = key.policy }) => {
    key.policy = Policy;
  }),
  GetKeyPolicy: (world, input) => ({ Policy: keyOf(world, input.KeyId).policy, PolicyName: 'default' }),
  ListKeyPolicies: () => ({ PolicyNames: ['default'], Truncated: false }),
  Encrypt: encrypt,
  Decrypt: decrypt,
  ReEncrypt: reEncrypt,
  GenerateDataKey: generateDataKey,
  GenerateDataKeyWithoutPlaintext(world, input) {
    const { Plaintext: _, ...sealed } = generateDataKey(world, input);
    return sealed;
  },
  GenerateRandom: (world, input) => ({ Plaintext: randomBytes(world, input.NumberOfBytes ?? 32).toString('base64') }),
  CreateAlias: (world, input) => setAlias(world, input, true),
  UpdateAlias: (world, input) => setAlias(world, input, false),
  DeleteAlias(world, { AliasName: alias = '' }) {
    if (!world.aliases.delete(alias)) throw new AwsError('NotFoundException', `Alias ${aliasArn(world, alias)} is not found.`);
    return {};
  },
  ListAliases(world, { KeyId }) {
    const only = KeyId === undefined ? undefined : keyOf(world, KeyId).id;
    const found = [...world.aliases].filter(([, id]) => only === undefined || id === only);
    return {
      Aliases: found.map(([alias, id]) => ({ AliasName: alias, AliasArn: aliasArn(world, alias), TargetKeyId: id })),
      Truncated: false,
    };
  },
  EnableKey: change((key) => {
    key.isEnabled = true;
  }),
  DisableKey: change((key) => {
    key.isEnabled = false;
  }),
  EnableKeyRotation: change((key, { RotationPeriodInDays = 365 }) => {
    key.rotationDays = RotationPeriodInDays;
  }),
  DisableKeyRotation: change((key) => {
    key.rotationDays = undefined;
  }),
  GetKeyRotationStatus(world, input) {
    const { arn, rotationDays } = keyOf(world, input.KeyId);
    return {
      KeyRotationEnabled: rotationDays !== undefined,
      KeyId: arn,
      ...(rotationDays !== undefined && { RotationPeriodInDays: rotationDays }),
    };
  },
  ScheduleKeyDeletion: scheduleDeletion,
  CancelKeyDeletion: change(
    (key) => {
      key.deletionDate = undefined;
    },
    (key) => ({ KeyId: key.arn }),
  ),
  TagResource: change((key, { Tags = [] }) => {
    for (const { TagKey, TagValue } of Tags) key.tags.set(TagKey, TagValue);
  }),
  UntagResource: change((key, { TagKeys = [] }) => {
    for (const name of TagKeys) key.tags.delete(name);
  }),
  ListResourceTags: (world, input) => ({
    Tags: [...keyOf(world, input.KeyId).tags].map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
    Truncated: false,
  }),
};
