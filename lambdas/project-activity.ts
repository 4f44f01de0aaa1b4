import { GITHUB_ENV } from '../lib/app/github/github.contract.ts';
import { projectActivity } from '../lib/app/github/project-activity.ts';
import { createConsumer, createInbox, createOutbox, requiredEnv } from '../lib/index.ts';

const activity = { name: requiredEnv(GITHUB_ENV.activityTable, 'GithubStack'), partitionKey: 'pk' };

export const handler = createConsumer({
  name: 'project-activity',
  inbox: createInbox(),
  outbox: createOutbox(),
  handlers: projectActivity(activity),
});
