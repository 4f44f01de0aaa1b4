import type { Provider } from '../provider.ts';
import { applySetting, type pick, removeIfThere, tagMap, text } from './properties.ts';

/** AWS::Logs::LogGroup. */
export const logsLogGroup: Provider = {
  type: 'AWS::Logs::LogGroup',
  nameProperty: 'LogGroupName',
  replaceOn: ['LogGroupName'],
  create(properties, context) {
    const logGroupName = text(properties, 'LogGroupName') ?? context.name({ maxLength: 512 });
    const kmsKeyId = text(properties, 'KmsKeyId');
    context.call('logs', 'CreateLogGroup', {
      logGroupName,
      ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
      tags: tagMap(properties, context),
    });
    const retentionInDays = properties['RetentionInDays'];
    if (retentionInDays !== undefined)
      context.call('logs', 'PutRetentionPolicy', { logGroupName, retentionInDays: Number(retentionInDays) });
    const arn = `arn:aws:logs:${context.place.region}:${context.place.accountId}:log-group:${logGroupName}:*`;
    return { physicalId: logGroupName, attributes: { Arn: arn } };
  },
  update({ physicalId: logGroupName, attributes, after, changed }, context) {
    const retentionInDays = after['RetentionInDays'];
    if (changed.has('RetentionInDays') && retentionInDays === undefined) context.call('logs', 'DeleteRetentionPolicy', { logGroupName });
    else if (changed.has('RetentionInDays'))
      context.call('logs', 'PutRetentionPolicy', { logGroupName, retentionInDays: Number(retentionInDays) });
    return { physicalId: logGroupName, attributes };
  },
  remove({ physicalId }, context) {
    removeIfThere(() => context.call('logs', 'DeleteLogGroup', { logGroupName: physicalId }));
  },
};

/** AWS::Logs::MetricFilter. */
export const logsMetricFilter: Provider = {
  type: 'AWS::Logs::MetricFilter',
  nameProperty: 'FilterName',
  replaceOn: ['FilterName', 'LogGroupName'],
  create(properties, context) {
    const filterName = text(properties, 'FilterName') ?? context.name({ maxLength: 512 });
    applySetting(context, ['logs', 'PutMetricFilter'], metricFilterInput(filterName, properties));
    return { physicalId: filterName, attributes: {} };
  },
  update({ physicalId, attributes, after }, context) {
    applySetting(context, ['logs', 'PutMetricFilter'], metricFilterInput(physicalId, after));
    return { physicalId, attributes };
  },
  remove({ physicalId, properties }, context) {
    const input = { logGroupName: properties['LogGroupName'], filterName: physicalId };
    removeIfThere(() => applySetting(context, ['logs', 'DeleteMetricFilter'], input));
  },
};

function metricFilterInput(filterName: string, properties: Parameters<typeof pick>[0]): Record<string, unknown> {
  const transformations = (properties['MetricTransformations'] ?? []) as Record<string, unknown>[];
  const metricTransformations = transformations.map((transformation) =>
    Object.fromEntries(Object.entries(transformation).map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value])),
  );
  return { logGroupName: properties['LogGroupName'], filterName, filterPattern: properties['FilterPattern'] ?? '', metricTransformations };
}
