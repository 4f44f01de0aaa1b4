import { paginateScan } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { checkConservation, checkOrder, type Violation } from '../../lib/simulation/conservation.ts';
import type { Clients } from './deploy.ts';
import type { ConsumerQueues, Deployment } from './protocol.ts';

/** How the producers' calls ended, by order. */
export interface Ledger {
  readonly attempted: string[];
  readonly committed: string[];
  readonly unknown: string[];
}

type Item = Readonly<Record<string, unknown>>;

/** Nothing waits in the queues or the outbox, and every producer knows how its order ended. */
export async function isQuiet(clients: Clients, deployment: Deployment, ledger: Ledger): Promise<boolean> {
  if (ledger.committed.length + ledger.unknown.length < ledger.attempted.length) return false;
  const rows = await messageRows(clients, deployment);
  if (!rows.every(isParked)) return false;
  const waiting = await Promise.all(deployment.consumers.map((consumer) => waitingIn(clients, consumer)));
  return waiting.every((count) => count === 0);
}

async function waitingIn({ sqs }: Clients, { queueUrl }: ConsumerQueues): Promise<number> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }));
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'] as const;
  return names.reduce((total, name) => total + Number(Attributes[name] ?? 0), 0);
}

/** The violations of the promises that hold for every run, from the final state as any client can read it. */
export async function violationsOf(clients: Clients, deployment: Deployment, ledger: Ledger): Promise<readonly Violation[]> {
  const [effects, orders, rows] = await Promise.all([
    scan(clients, deployment.tables.effects),
    scan(clients, deployment.tables.orders),
    messageRows(clients, deployment),
  ]);
  const notes = new Set(orders.flatMap(({ id, customer }) => (customer === undefined ? [String(id)] : [])));
  const deadLettered = await Promise.all(
    deployment.consumers.map(async (consumer) => [consumer.name, await deadOf(clients, consumer)] as const),
  );
  const stranded = rows.filter((row) => !isParked(row)).length;
  return [
    ...checkConservation({
      ...ledger,
      effects: new Map(deployment.consumers.map(({ name }) => [name, appliedBy(effects, name)])),
      deadLettered: new Map(deadLettered),
      parked: rows.filter(isParked).map(({ body }) => orderIdOf(String(body))),
      subscribes: (consumer, orderId) => consumer === 'audit-order' || !notes.has(orderId),
    }),
    ...checkOrder(
      effects.flatMap(({ id, applied }) =>
        String(id).startsWith('project-order##') ? (applied as number[]).map((sequence) => ({ key: String(id), sequence })) : [],
      ),
    ),
    ...(stranded > 0 ? [{ guarantee: 'G12' as const, message: `${stranded} rows are still pending after the drain` }] : []),
  ];
}

function appliedBy(effects: readonly Item[], consumer: string): string[] {
  return effects.flatMap(({ id, n }) =>
    n !== undefined && String(id).startsWith(`${consumer}#`) ? Array<string>(Number(n)).fill(String(id).slice(consumer.length + 1)) : [],
  );
}

const orderIdOf = (body: string): string => String((JSON.parse(body) as Item)['correlationid']);
const isParked = ({ state }: Item): boolean => String(state).startsWith('PARKED');

async function messageRows(clients: Clients, { tables }: Deployment): Promise<readonly Item[]> {
  return (await scan(clients, tables.outbox)).filter(({ body }) => body !== undefined);
}

async function scan({ dynamodb: client }: Clients, TableName: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true }))
    items.push(...Items.map((item) => unmarshall(item)));
  return items;
}

/** Received and left: they come back, but not while this schedule lasts. */
async function deadOf({ sqs }: Clients, { deadLetterQueueUrl, undeliveredUrl }: ConsumerQueues): Promise<string[]> {
  const ids: string[] = [];
  for (const QueueUrl of [deadLetterQueueUrl, undeliveredUrl]) {
    for (;;) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 }));
      if (Messages.length === 0) break;
      ids.push(...Messages.map(({ Body = '{}' }) => orderIdOf(Body)));
    }
  }
  return ids;
}
