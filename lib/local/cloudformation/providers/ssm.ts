import type { Provider } from '../provider.ts';
import { pick, removeIfThere, text } from './properties.ts';

const MEMBERS = ['Type', 'Value', 'Description', 'Tier', 'AllowedPattern', 'DataType'];

/** AWS::SSM::Parameter. */
export const ssmParameter: Provider = {
  type: 'AWS::SSM::Parameter',
  nameProperty: 'Name',
  replaceOn: ['Name'],
  create(properties, context) {
    const Name = text(properties, 'Name') ?? `CFN-${context.name({ maxLength: 500 })}`;
    context.call('ssm', 'PutParameter', { Name, ...pick(properties, MEMBERS) });
    return { physicalId: Name, attributes: pick(properties, ['Type', 'Value']) };
  },
  update({ physicalId, after }, context) {
    context.call('ssm', 'PutParameter', { Name: physicalId, ...pick(after, MEMBERS), Overwrite: true });
    return { physicalId, attributes: pick(after, ['Type', 'Value']) };
  },
  remove({ physicalId }, context) {
    removeIfThere(() => context.call('ssm', 'DeleteParameter', { Name: physicalId }));
  },
};
