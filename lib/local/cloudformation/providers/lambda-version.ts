import type { Json } from '../../aws.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { array, object, pick, removeIfThere } from './properties.ts';

/** AWS::Lambda::Version; it never changes, a new one has a new logical id. */
export const lambdaVersion: Provider = {
  type: 'AWS::Lambda::Version',
  replaceOn: ['FunctionName', 'CodeSha256', 'Description'],
  create(properties, context) {
    const version = context.call('lambda', 'PublishVersion', pick(properties, ['FunctionName', 'CodeSha256', 'Description']));
    const { FunctionArn, Version } = version;
    const arn = String(FunctionArn).endsWith(`:${Version}`) ? String(FunctionArn) : `${FunctionArn}:${Version}`;
    provision(properties, { FunctionName: properties['FunctionName'], Qualifier: Version }, context);
    return { physicalId: arn, attributes: { Version, FunctionArn: arn } };
  },
  update({ physicalId, attributes, after }, context) {
    provision(after, { FunctionName: after['FunctionName'], Qualifier: attributes['Version'] }, context);
    return { physicalId, attributes };
  },
  remove({ properties, attributes }, context) {
    const input = { FunctionName: properties['FunctionName'], Qualifier: attributes['Version'] };
    removeIfThere(() => context.call('lambda', 'DeleteFunction', input));
  },
};

/** AWS::Lambda::Alias. */
export const lambdaAlias: Provider = {
  type: 'AWS::Lambda::Alias',
  nameProperty: 'Name',
  replaceOn: ['FunctionName', 'Name'],
  create(properties, context) {
    const arn = context.call('lambda', 'CreateAlias', aliasInput(properties))['AliasArn'];
    provision(properties, { FunctionName: properties['FunctionName'], Qualifier: properties['Name'] }, context);
    return { physicalId: String(arn), attributes: { AliasArn: arn } };
  },
  update({ physicalId, attributes, after, changed }, context) {
    context.call('lambda', 'UpdateAlias', aliasInput(after));
    if (changed.has('ProvisionedConcurrencyConfig')) {
      provision(after, { FunctionName: after['FunctionName'], Qualifier: after['Name'] }, context);
    }
    return { physicalId, attributes };
  },
  remove({ properties }, context) {
    removeIfThere(() => context.call('lambda', 'DeleteAlias', pick(properties, ['FunctionName', 'Name'])));
  },
};

function aliasInput(properties: Json): Json {
  const weights = array(object(properties, 'RoutingConfig'), 'AdditionalVersionWeights');
  const routing = Object.fromEntries(weights.map(({ FunctionVersion, FunctionWeight }) => [String(FunctionVersion), FunctionWeight]));
  return {
    ...pick(properties, ['FunctionName', 'Name', 'FunctionVersion', 'Description']),
    ...(weights.length === 0 ? {} : { RoutingConfig: { AdditionalVersionWeights: routing } }),
  };
}

function provision(properties: Json, target: Json, context: ProviderContext): void {
  const units = object(properties, 'ProvisionedConcurrencyConfig')['ProvisionedConcurrentExecutions'];
  if (units !== undefined) {
    context.call('lambda', 'PutProvisionedConcurrencyConfig', { ...target, ProvisionedConcurrentExecutions: Number(units) });
  }
}
