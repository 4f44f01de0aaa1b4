import type { UpdateItemCommandOutput } from '@aws-sdk/client-dynamodb';
import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import { retry } from '../retry/retry.ts';
import { attributesOf } from '../unit-of-work/attributes-of.ts';
import { batchGet } from '../unit-of-work/batch-get.ts';
import type { Item, Table } from '../unit-of-work/unit-of-work.ts';
import { INBOX_ATTRIBUTES } from './inbox.contract.ts';

/** The part of a DynamoDB client that the inbox needs. Create it with `maxAttempts: 1`: the retries are ours. */
export interface InboxClient {
  // biome-ignore lint/suspicious/noExplicitAny: every DynamoDB command, each with its own output
  send(command: any): Promise<any>;
}

/** What an item operation of the inbox table needs. */
export interface InboxStoreOptions {
  readonly client: InboxClient;
  readonly table: Table;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** An update or a put that may find its condition broken. */
export type Conditional = { readonly applied: true; readonly item: Item } | { readonly applied: false; readonly item: Item | undefined };

/** An update or put in the words of DynamoDB. */
export interface ItemChange {
  readonly key: string;
  readonly update: string;
  readonly condition: string;
  readonly names?: Record<string, string>;
  readonly values: Record<string, unknown>;
}

/** The four operations on items that the inbox is made of; each tries again what throttles, conflicts or loses its answer. */
export interface InboxStore {
  read(keys: readonly string[], until?: number): Promise<ReadonlyMap<string, Item>>;
  put(item: Item, condition: Omit<ItemChange, 'key' | 'update'>, until?: number): Promise<Conditional>;
  update(change: ItemChange, until?: number, tries?: number): Promise<Conditional>;
  remove(key: string, condition?: Omit<ItemChange, 'key' | 'update'>, until?: number): Promise<void>;
}

const { pk } = INBOX_ATTRIBUTES;

/** The inbox table over DynamoDB. */
export function createInboxStore({ client, table, clock, rng }: InboxStoreOptions): InboxStore {
  const policy = (until: number | undefined) => ({ clock, rng, ...(until === undefined ? {} : { until }) });
  const keyOf = (key: string) => attributesOf({ [pk]: key });

  return {
    async read(keys, until) {
      const items = await batchGet({ client, table: table.name, clock, rng }, keys.map(keyOf), { until });
      return new Map(items.map((item) => unmarshall(item)).map((item) => [String(item[pk]), item]));
    },
    put: (item, condition, until) =>
      conditionally(async () => {
        const command = new PutItemCommand({ TableName: table.name, Item: attributesOf(item), ...conditionInput(condition) });
        await retry(() => client.send(command), policy(until));
        return item;
      }),
    update: (change, until, tries) =>
      conditionally(async () => {
        const command = new UpdateItemCommand({
          TableName: table.name,
          Key: keyOf(change.key),
          UpdateExpression: change.update,
          ReturnValues: 'ALL_NEW',
          ...conditionInput(change),
        });
        const output: UpdateItemCommandOutput = await retry(() => client.send(command), {
          ...policy(until),
          ...(tries === undefined ? {} : { tries }),
        });
        return unmarshall(output.Attributes ?? {});
      }),
    async remove(key, condition, until) {
      await conditionally(async () => {
        const command = new DeleteItemCommand({ TableName: table.name, Key: keyOf(key), ...(condition ? conditionInput(condition) : {}) });
        await retry(() => client.send(command), policy(until));
        return {};
      });
    },
  };
}

function conditionInput({ condition, names, values }: Omit<ItemChange, 'key' | 'update'>) {
  return {
    ConditionExpression: condition,
    ...(names ? { ExpressionAttributeNames: names } : {}),
    ExpressionAttributeValues: attributesOf(values),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

async function conditionally(change: () => Promise<Item>): Promise<Conditional> {
  try {
    return { applied: true, item: await change() };
  } catch (error) {
    const { name, Item: existing } = error as { name?: string; Item?: Parameters<typeof unmarshall>[0] };
    if (name !== 'ConditionalCheckFailedException') throw error;
    return { applied: false, item: existing === undefined ? undefined : unmarshall(existing) };
  }
}
