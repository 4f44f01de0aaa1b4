import { createInbox } from '../../lib/inbox/create-inbox.ts';
import type { InboxFeature, InboxInstance } from '../../lib/simulation/contracts/inbox-instance.ts';
import { lossyClient } from '../../lib/simulation/contracts/lossy-client.ts';
import { keyedTable } from '../../lib/simulation/table-inputs.ts';
import { type Backend, createTable, itemOf } from './backend.ts';

/** What the inbox in DynamoDB promises wherever it runs. */
export const INBOX_FEATURES: readonly InboxFeature[] = ['leases', 'attempts', 'restarts', 'lostAnswers'];

/** The inbox of this project over a fresh table. */
export function openInbox(backend: Backend): InboxInstance {
  const [table, effects] = [backend.name('inbox'), { name: backend.name('effects'), partitionKey: 'id' }];
  createTable(backend, keyedTable(table, 'pk'));
  createTable(backend, keyedTable(effects.name, 'id'));
  const { client, loseNextAnswer } = lossyClient(backend.client('dynamodb'));
  const { rng, time } = backend;
  const open = () => createInbox({ client, table, retentionDays: 60, ...(rng && { rng }), ...(time && { clock: time.clock }) });
  return {
    ...backend,
    effects,
    loseNextAnswer,
    inbox: open(),
    reopen: open,
    effect: async (id) => itemOf(backend, effects.name, { id: { S: id } }),
  };
}
