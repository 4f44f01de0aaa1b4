import type { Json } from '../../aws.ts';
import type { Provider } from '../provider.ts';
import { applySetting, pick, removeIfThere, tagList, text } from './properties.ts';

/** AWS::KMS::Key. */
export const kmsKey: Provider = {
  type: 'AWS::KMS::Key',
  replaceOn: ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
  create(properties, context) {
    const tags = tagList(properties, context).map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value }));
    const input = {
      ...pick(properties, ['Description', 'KeySpec', 'KeyUsage', 'MultiRegion', 'Origin']),
      ...policyOf(properties),
      Tags: tags,
    };
    const metadata = context.call('kms', 'CreateKey', input)['KeyMetadata'] as Json;
    const physicalId = String(metadata['KeyId']);
    if (properties['EnableKeyRotation'] === true) applySetting(context, ['kms', 'EnableKeyRotation'], { KeyId: physicalId });
    if (properties['Enabled'] === false) context.call('kms', 'DisableKey', { KeyId: physicalId });
    return { physicalId, attributes: { Arn: metadata['Arn'], KeyId: physicalId } };
  },
  update({ physicalId, attributes, after, changed }, context) {
    const KeyId = physicalId;
    if (changed.has('KeyPolicy')) context.call('kms', 'PutKeyPolicy', { KeyId, PolicyName: 'default', ...policyOf(after) });
    if (changed.has('Enabled')) context.call('kms', after['Enabled'] === false ? 'DisableKey' : 'EnableKey', { KeyId });
    if (changed.has('Description'))
      applySetting(context, ['kms', 'UpdateKeyDescription'], { KeyId, Description: text(after, 'Description') ?? '' });
    if (changed.has('EnableKeyRotation')) {
      applySetting(context, ['kms', after['EnableKeyRotation'] === true ? 'EnableKeyRotation' : 'DisableKeyRotation'], { KeyId });
    }
    return { physicalId, attributes };
  },
  remove({ physicalId, properties }, context) {
    const window = properties['PendingWindowInDays'] ?? 30;
    removeIfThere(() => context.call('kms', 'ScheduleKeyDeletion', { KeyId: physicalId, PendingWindowInDays: window }));
  },
};

/** AWS::KMS::Alias. */
export const kmsAlias: Provider = {
  type: 'AWS::KMS::Alias',
  nameProperty: 'AliasName',
  replaceOn: ['AliasName'],
  create(properties, context) {
    context.call('kms', 'CreateAlias', pick(properties, ['AliasName', 'TargetKeyId']));
    return { physicalId: String(properties['AliasName']), attributes: {} };
  },
  update({ physicalId, attributes, after }, context) {
    context.call('kms', 'UpdateAlias', pick(after, ['AliasName', 'TargetKeyId']));
    return { physicalId, attributes };
  },
  remove({ physicalId }, context) {
    removeIfThere(() => context.call('kms', 'DeleteAlias', { AliasName: physicalId }));
  },
};

function policyOf(properties: Json): Json {
  return properties['KeyPolicy'] === undefined ? {} : { Policy: JSON.stringify(properties['KeyPolicy']) };
}
