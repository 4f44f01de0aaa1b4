import { systemClock } from '../../lib/core/clock.ts';
import { systemIds } from '../../lib/core/ids.ts';
import { systemRng } from '../../lib/core/rng.ts';
import { createOutbox } from '../../lib/outbox/create-outbox.ts';
import { createOutboxStore } from '../../lib/outbox/outbox.dynamodb.ts';
import { lossyClient } from '../../lib/simulation/contracts/lossy-client.ts';
import type { OutboxFeature, OutboxInstance } from '../../lib/simulation/contracts/outbox-instance.ts';
import { keyedTable, outboxTable } from '../../lib/simulation/table-inputs.ts';
import { type Backend, createTable, itemOf } from './backend.ts';

/** What the outbox in DynamoDB promises wherever it runs. */
export const OUTBOX_FEATURES: readonly OutboxFeature[] = [
  'idempotencyKeys',
  'ordered',
  'publishes',
  'dynamoDbLimits',
  'sources',
  'restarts',
  'lostAnswers',
];

/** The outbox of this project over a fresh table. */
export function openOutbox(backend: Backend): OutboxInstance {
  const [table, orders] = [backend.name('outbox'), { name: backend.name('orders'), partitionKey: 'id' }];
  createTable(backend, keyedTable(orders.name, 'id'));
  createTable(backend, outboxTable(table));
  const { client, loseNextAnswer } = lossyClient(backend.client('dynamodb'));
  const deps = { client, table, clock: backend.time?.clock ?? systemClock, rng: backend.rng ?? systemRng, ids: backend.ids ?? systemIds };
  const open = () => ({ outbox: createOutbox({ ...deps, source: 'urn:posthaste:here' }), store: createOutboxStore(deps) });
  return {
    ...backend,
    ...open(),
    elsewhere: createOutbox({ ...deps, source: 'urn:posthaste:elsewhere' }),
    orders,
    loseNextAnswer,
    reopen: open,
    order: async (id) => itemOf(backend, orders.name, { id: { S: id } }),
  };
}
