import type { Json } from '../../aws.ts';
import type { Provider } from '../provider.ts';
import { pick, removeIfThere, text } from './properties.ts';

const PERMISSION = [
  'Action',
  'Principal',
  'SourceArn',
  'SourceAccount',
  'PrincipalOrgID',
  'EventSourceToken',
  'FunctionUrlAuthType',
  'InvokedViaFunctionUrl',
];

/** AWS::Lambda::Permission: a statement of the function's policy; every change replaces it. */
export const lambdaPermission: Provider = {
  type: 'AWS::Lambda::Permission',
  replaceOn: ['FunctionName', ...PERMISSION],
  create(properties, context) {
    const StatementId = context.name({ maxLength: 100 });
    context.call('lambda', 'AddPermission', { FunctionName: properties['FunctionName'], StatementId, ...pick(properties, PERMISSION) });
    return { physicalId: StatementId, attributes: { Id: StatementId } };
  },
  remove({ physicalId, properties }, context) {
    const input = { FunctionName: properties['FunctionName'], StatementId: physicalId };
    removeIfThere(() => context.call('lambda', 'RemovePermission', input));
  },
};

/** AWS::Lambda::Url. */
export const lambdaUrl: Provider = {
  type: 'AWS::Lambda::Url',
  replaceOn: ['TargetFunctionArn', 'Qualifier'],
  create(properties, context) {
    const created = context.call('lambda', 'CreateFunctionUrlConfig', urlInput(properties));
    const arn = String(created['FunctionArn'] ?? properties['TargetFunctionArn']);
    return { physicalId: arn, attributes: { FunctionArn: arn, FunctionUrl: created['FunctionUrl'] } };
  },
  update({ physicalId, attributes, after }, context) {
    context.call('lambda', 'UpdateFunctionUrlConfig', urlInput(after));
    return { physicalId, attributes };
  },
  remove({ properties }, context) {
    const { AuthType: _, Cors: __, InvokeMode: ___, ...target } = urlInput(properties);
    removeIfThere(() => context.call('lambda', 'DeleteFunctionUrlConfig', target));
  },
};

/** AWS::Lambda::EventInvokeConfig. */
export const lambdaEventInvokeConfig: Provider = {
  type: 'AWS::Lambda::EventInvokeConfig',
  replaceOn: ['FunctionName', 'Qualifier'],
  create(properties, context) {
    context.call('lambda', 'PutFunctionEventInvokeConfig', invokeInput(properties));
    return { physicalId: context.name(), attributes: {} };
  },
  update({ physicalId, attributes, after }, context) {
    context.call('lambda', 'PutFunctionEventInvokeConfig', invokeInput(after));
    return { physicalId, attributes };
  },
  remove({ properties }, context) {
    removeIfThere(() => context.call('lambda', 'DeleteFunctionEventInvokeConfig', pick(properties, ['FunctionName', 'Qualifier'])));
  },
};

function urlInput(properties: Json): Json {
  return { FunctionName: text(properties, 'TargetFunctionArn'), ...pick(properties, ['Qualifier', 'AuthType', 'Cors', 'InvokeMode']) };
}

function invokeInput(properties: Json): Json {
  return pick(properties, ['FunctionName', 'Qualifier', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'DestinationConfig']);
}
