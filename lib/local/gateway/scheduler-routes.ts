import { type RestRoute, route } from './rest-routes.ts';

const OF_GROUP = { query: { groupName: 'GroupName', clientToken: 'ClientToken' } };

/** Amazon EventBridge Scheduler API Reference. */
export const SCHEDULER_ROUTES: readonly RestRoute[] = [
  route('CreateSchedule POST /schedules/{Name} 200'),
  route('GetSchedule GET /schedules/{Name} 200', OF_GROUP),
  route('UpdateSchedule PUT /schedules/{Name} 200'),
  route('DeleteSchedule DELETE /schedules/{Name} 200', OF_GROUP),
  route('ListSchedules GET /schedules 200', {
    query: { ScheduleGroup: 'GroupName', NamePrefix: 'NamePrefix', State: 'State', NextToken: 'NextToken', MaxResults: 'MaxResults' },
  }),
  route('CreateScheduleGroup POST /schedule-groups/{Name} 200'),
  route('GetScheduleGroup GET /schedule-groups/{Name} 200'),
  route('DeleteScheduleGroup DELETE /schedule-groups/{Name} 200', OF_GROUP),
  route('ListScheduleGroups GET /schedule-groups 200', {
    query: { NamePrefix: 'NamePrefix', NextToken: 'NextToken', MaxResults: 'MaxResults' },
  }),
  route('ListTagsForResource GET /tags/{ResourceArn} 200'),
  route('TagResource POST /tags/{ResourceArn} 200'),
  route('UntagResource DELETE /tags/{ResourceArn} 200', { query: { TagKeys: 'TagKeys' } }),
];
