import type { Json } from '../../aws.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { removeIfThere, tagList, text } from './properties.ts';

/** AWS::CloudWatch::Alarm. */
export const cloudwatchAlarm: Provider = alarmProvider('AWS::CloudWatch::Alarm', 'PutMetricAlarm');

/** AWS::CloudWatch::CompositeAlarm. */
export const cloudwatchCompositeAlarm: Provider = alarmProvider('AWS::CloudWatch::CompositeAlarm', 'PutCompositeAlarm');

/** AWS::CloudWatch::Dashboard. */
export const cloudwatchDashboard: Provider = {
  type: 'AWS::CloudWatch::Dashboard',
  nameProperty: 'DashboardName',
  replaceOn: ['DashboardName'],
  create(properties, context) {
    const DashboardName = text(properties, 'DashboardName') ?? context.name({ maxLength: 255 });
    context.call('cloudwatch', 'PutDashboard', { DashboardName, DashboardBody: properties['DashboardBody'] });
    return { physicalId: DashboardName, attributes: {} };
  },
  update({ physicalId, attributes, after }, context) {
    context.call('cloudwatch', 'PutDashboard', { DashboardName: physicalId, DashboardBody: after['DashboardBody'] });
    return { physicalId, attributes };
  },
  remove({ physicalId }, context) {
    removeIfThere(() => context.call('cloudwatch', 'DeleteDashboards', { DashboardNames: [physicalId] }));
  },
};

/** The properties of both kinds are the members of their Put call, which also updates. */
function alarmProvider(type: string, action: string): Provider {
  const put = (AlarmName: string, properties: Json, context: ProviderContext) => {
    context.call('cloudwatch', action, { ...properties, AlarmName, Tags: tagList(properties, context) });
    const arn = `arn:aws:cloudwatch:${context.place.region}:${context.place.accountId}:alarm:${AlarmName}`;
    return { physicalId: AlarmName, attributes: { Arn: arn } };
  };
  return {
    type,
    nameProperty: 'AlarmName',
    replaceOn: ['AlarmName'],
    create: (properties, context) => put(text(properties, 'AlarmName') ?? context.name({ maxLength: 255 }), properties, context),
    update: ({ physicalId, after }, context) => put(physicalId, after, context),
    remove({ physicalId }, context) {
      removeIfThere(() => context.call('cloudwatch', 'DeleteAlarms', { AlarmNames: [physicalId] }));
    },
  };
}
