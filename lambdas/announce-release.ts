import { announceRelease } from '../lib/app/github/announce-release.ts';
import { GITHUB_ENV } from '../lib/app/github/github.contract.ts';
import { createConsumer, createInbox, requiredEnv } from '../lib/index.ts';

export const handler = createConsumer({
  name: 'announce-release',
  delivery: 'at-most-once',
  inbox: createInbox(),
  handlers: announceRelease(requiredEnv(GITHUB_ENV.announceUrl, 'GithubStack')),
});
