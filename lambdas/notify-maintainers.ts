import { GITHUB_ENV } from '../lib/app/github/github.contract.ts';
import { NOTIFY_ERRORS, notifyMaintainers } from '../lib/app/github/notify-maintainers.ts';
import { createConsumer, createInbox, createPausing, requiredEnv } from '../lib/index.ts';

export const handler = createConsumer({
  name: 'notify-maintainers',
  inbox: createInbox(),
  errors: NOTIFY_ERRORS,
  pausing: createPausing(),
  handlers: notifyMaintainers(requiredEnv(GITHUB_ENV.notifyUrl, 'GithubStack')),
});
