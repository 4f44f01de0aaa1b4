import {
  type AttributeValue,
  GetItemCommand,
  type GetItemCommandOutput,
  PutItemCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { awsFailure, errorName } from '../retry/aws-failure.ts';
import { nativeItem } from './native-item.ts';
import type { Item, PreparedWrite } from './unit-of-work.ts';

/** A DynamoDB client as this library needs it, e.g. `new DynamoDBClient({ maxAttempts: 1 })`: retries are ours. */
export interface DynamoDbSender {
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's `send` is overloaded per command; a structural client answers them all
  send(command: any): Promise<any>;
}

/** Why one action of a transaction stopped it; `None` for an action that did not. */
export interface CancellationReason {
  readonly code: string;
  readonly message?: string;
  /** The item as it was, when its condition failed. */
  readonly item?: Item;
}

/** What one try of a transaction came to. */
export type TransactOutcome =
  | { readonly status: 'committed' }
  /** Stopped without effect; `reasons` has one entry per action, in order. */
  | { readonly status: 'cancelled'; readonly reasons: readonly CancellationReason[]; readonly error: unknown }
  /** Throttled, in conflict, or an earlier try under the same token still runs: no effect of this try. */
  | { readonly status: 'busy'; readonly error: unknown }
  /** It may have been written. */
  | { readonly status: 'ambiguous'; readonly error: unknown }
  /** The token was used for other content. */
  | { readonly status: 'mismatch'; readonly error: unknown }
  /** No such table, no permission. */
  | { readonly status: 'denied'; readonly error: unknown }
  /** DynamoDB calls the request invalid. */
  | { readonly status: 'rejected'; readonly error: unknown };

/**
 * Writes all or nothing, once, under a client token (valid for 10 minutes; "TransactWriteItems" API reference). Never throws for
 * an answer of DynamoDB.
 */
export async function transact(client: DynamoDbSender, writes: readonly PreparedWrite[], token: string): Promise<TransactOutcome> {
  try {
    const TransactItems = writes.map((write) => write.action);
    await client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: token }));
    return { status: 'committed' };
  } catch (error) {
    return classify(error, writes.length);
  }
}

/** Writes one put or update without a transaction: half the cost. There is no client token, so its condition must tell repeats. */
export async function writeOne(client: DynamoDbSender, write: PreparedWrite): Promise<TransactOutcome> {
  try {
    await client.send(singleCommand(write.action));
    return { status: 'committed' };
  } catch (error) {
    if (errorName(error) !== 'ConditionalCheckFailedException') return classify(error, 1);
    const existing = (error as { Item?: Record<string, AttributeValue> }).Item;
    return { status: 'cancelled', error, reasons: [toReason({ Code: 'ConditionalCheckFailed', ...(existing && { Item: existing }) })] };
  }
}

/** Reads the item that a write is about, consistently. */
export async function readItem(client: DynamoDbSender, { action, site }: PreparedWrite): Promise<Item | undefined> {
  const key = action.Update?.Key ?? pick(action.Put?.Item ?? {}, Object.keys(site.key));
  const output: GetItemCommandOutput = await client.send(new GetItemCommand({ TableName: site.table, Key: key, ConsistentRead: true }));
  return output.Item === undefined ? undefined : nativeItem(output.Item);
}

function singleCommand({ Put, Update }: TransactWriteItem): PutItemCommand | UpdateItemCommand {
  if (Put !== undefined) return new PutItemCommand(Put);
  if (Update !== undefined) return new UpdateItemCommand(Update);
  throw new TypeError('a guard is a put or an update');
}

function classify(error: unknown, actions: number): TransactOutcome {
  const name = errorName(error);
  if (name === 'TransactionCanceledException') return { status: 'cancelled', error, reasons: reasonsOf(error, actions) };
  if (name === 'IdempotentParameterMismatchException') return { status: 'mismatch', error };
  switch (awsFailure(error)) {
    case 'throttled':
      return { status: 'busy', error };
    case 'rejected':
      return { status: 'rejected', error };
    case 'denied':
      return { status: 'denied', error };
    case 'ambiguous':
      return { status: 'ambiguous', error };
  }
}

interface RawReason {
  readonly Code?: string;
  readonly Message?: string;
  readonly Item?: Record<string, AttributeValue>;
}

function reasonsOf(error: unknown, actions: number): CancellationReason[] {
  const listed = (error as { CancellationReasons?: readonly RawReason[] }).CancellationReasons;
  if (listed !== undefined && listed.length > 0) return listed.map(toReason);
  // A client that dropped the list still has the codes, in order, in the message: "… specific reasons [None, ConditionalCheckFailed]".
  const codes = /\[([^\]]*)\]/.exec(error instanceof Error ? error.message : '')?.[1]?.split(',') ?? [];
  return codes.slice(0, actions).map((code) => ({ code: code.trim() }));
}

function toReason({ Code, Message, Item: item }: RawReason): CancellationReason {
  return {
    code: Code ?? 'None',
    ...(Message !== undefined && { message: Message }),
    ...(item !== undefined && { item: nativeItem(item) }),
  };
}

function pick(item: Readonly<Record<string, AttributeValue>>, names: readonly string[]): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
}
