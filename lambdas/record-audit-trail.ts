import { GITHUB_ENV } from '../lib/app/github/github.contract.ts';
import { GITHUB_EVENTS } from '../lib/app/github/github.messages.ts';
import { recordAuditTrail } from '../lib/app/github/record-audit-trail.ts';
import { createConsumer, createInbox, requiredEnv } from '../lib/index.ts';

const audit = { name: requiredEnv(GITHUB_ENV.auditTable, 'GithubStack'), partitionKey: 'pk' };

export const handler = createConsumer({
  name: 'record-audit-trail',
  inbox: createInbox(),
  handlers: recordAuditTrail(audit, GITHUB_EVENTS),
});
