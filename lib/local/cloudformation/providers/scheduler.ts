import type { Json } from '../../aws.ts';
import type { Provider } from '../provider.ts';
import { pick, removeIfThere, tagList, text } from './properties.ts';

/** AWS::Scheduler::ScheduleGroup. */
export const schedulerScheduleGroup: Provider = {
  type: 'AWS::Scheduler::ScheduleGroup',
  nameProperty: 'Name',
  replaceOn: ['Name'],
  create(properties, context) {
    const Name = text(properties, 'Name') ?? context.name({ maxLength: 64 });
    const arn = context.call('scheduler', 'CreateScheduleGroup', { Name, Tags: tagList(properties, context) })['ScheduleGroupArn'];
    return { physicalId: Name, attributes: { Arn: arn, State: 'ACTIVE' } };
  },
  update: ({ physicalId, attributes }) => ({ physicalId, attributes }),
  remove({ physicalId }, context) {
    removeIfThere(() => context.call('scheduler', 'DeleteScheduleGroup', { Name: physicalId }));
  },
};

const SCHEDULE = [
  'GroupName',
  'Description',
  'ScheduleExpression',
  'ScheduleExpressionTimezone',
  'FlexibleTimeWindow',
  'State',
  'Target',
  'KmsKeyArn',
];

/** AWS::Scheduler::Schedule. */
export const schedulerSchedule: Provider = {
  type: 'AWS::Scheduler::Schedule',
  nameProperty: 'Name',
  replaceOn: ['Name', 'GroupName'],
  create(properties, context) {
    const Name = text(properties, 'Name') ?? context.name({ maxLength: 64 });
    const arn = context.call('scheduler', 'CreateSchedule', { Name, ...scheduleInput(properties) })['ScheduleArn'];
    return { physicalId: Name, attributes: { Arn: arn } };
  },
  update({ physicalId, attributes, after }, context) {
    context.call('scheduler', 'UpdateSchedule', { Name: physicalId, ...scheduleInput(after) });
    return { physicalId, attributes };
  },
  remove({ physicalId, properties }, context) {
    removeIfThere(() => context.call('scheduler', 'DeleteSchedule', { Name: physicalId, ...pick(properties, ['GroupName']) }));
  },
};

/** Templates write dates as ISO 8601, the API takes timestamps. */
function scheduleInput(properties: Json): Json {
  const dates = Object.entries(pick(properties, ['StartDate', 'EndDate'])).map(([name, date]) => [name, Date.parse(String(date)) / 1000]);
  return { ...pick(properties, SCHEDULE), ...Object.fromEntries(dates) };
}
