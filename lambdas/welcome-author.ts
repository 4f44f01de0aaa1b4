import { GITHUB_ENV } from '../lib/app/github/github.contract.ts';
import { welcomeAuthor } from '../lib/app/github/welcome-author.ts';
import { createConsumer, createInbox, requiredEnv } from '../lib/index.ts';

const welcome = { name: requiredEnv(GITHUB_ENV.welcomeTable, 'GithubStack'), partitionKey: 'pk' };

export const handler = createConsumer({
  name: 'welcome-author',
  inbox: createInbox(),
  handlers: welcomeAuthor(welcome),
});
