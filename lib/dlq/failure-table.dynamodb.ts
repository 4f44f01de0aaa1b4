import {
  GetItemCommand,
  type GetItemCommandOutput,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { type Clock, sleep } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Ids } from '../core/ids.ts';
import type { Rng } from '../core/rng.ts';
import { errorName } from '../retry/aws-failure.ts';
import { CALL_RETRY } from '../retry/policy.ts';
import { delayOf } from '../retry/policy-delay.ts';
import { retry } from '../retry/retry.ts';
import { batchGet } from '../unit-of-work/batch-get.ts';
import type { DynamoDbSender } from '../unit-of-work/unit-of-work.dynamodb.ts';
import { type Attributes, attributesOfKey } from './failure-items.ts';
import type { FailureKey } from './failure-keys.ts';

/** What the failure table is worked with. */
export interface FailureTableDeps {
  /** A client with `maxAttempts: 1`: the retries are ours. */
  readonly client: DynamoDbSender;
  /** The table's name. */
  readonly table: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly ids: Ids;
}

/** Writers of one group meet on its row: more tries than for a row of one's own. */
export const MAX_TRIES = 8;

/** Items by consistent reads, in no order; what is not there is left out. */
export function readItems(deps: FailureTableDeps, keys: readonly FailureKey[], until?: number): Promise<Attributes[]> {
  return batchGet(deps, keys.map(attributesOfKey), { tries: MAX_TRIES, until });
}

export async function readItem(deps: FailureTableDeps, key: FailureKey): Promise<Attributes | undefined> {
  const command = new GetItemCommand({ TableName: deps.table, Key: attributesOfKey(key), ConsistentRead: true });
  const output: GetItemCommandOutput = await retried(deps, () => deps.client.send(command));
  return output.Item;
}

export function query(deps: FailureTableDeps, input: Omit<QueryCommandInput, 'TableName'>): Promise<QueryCommandOutput> {
  return retried(deps, () => deps.client.send(new QueryCommand({ TableName: deps.table, ...input })));
}

/**
 * Writes all or nothing. False when a condition did not hold; throws for everything else. A lost answer is asked for again under the same
 * token, so that it is written once ("TransactWriteItems" API reference: for ten minutes).
 */
export async function transact(deps: FailureTableDeps, writes: readonly TransactWriteItem[], until?: number): Promise<boolean> {
  const command = new TransactWriteItemsCommand({ TransactItems: [...writes], ClientRequestToken: deps.ids.next() });
  try {
    await retried(deps, () => deps.client.send(command), until);
    return true;
  } catch (error) {
    if (isBrokenCondition(error)) return false;
    throw error;
  }
}

function isBrokenCondition(error: unknown): boolean {
  if (errorName(error) !== 'TransactionCanceledException') return false;
  const { CancellationReasons: reasons = [] } = error as { CancellationReasons?: readonly { readonly Code?: string }[] };
  // A client that dropped the list still has the codes in the message.
  return reasons.some(({ Code }) => Code === 'ConditionalCheckFailed') || /ConditionalCheckFailed/.test(messageOf(error));
}

/** Waits before another round; gives up, as a throttle would, after `MAX_TRIES` of them or at the deadline. */
export async function backOff({ clock, rng }: FailureTableDeps, round: number, until = Number.POSITIVE_INFINITY): Promise<void> {
  const delay = delayOf(CALL_RETRY, round, rng);
  if (round >= MAX_TRIES || clock.now() + delay >= until)
    throw Object.assign(new Error('the failure table kept refusing what others were writing too'), { name: 'ThrottlingException' });
  await sleep(clock, delay);
}

function retried<T>({ clock, rng }: FailureTableDeps, call: () => Promise<T>, until?: number): Promise<T> {
  return retry(call, { clock, rng, tries: MAX_TRIES, ...(until !== undefined && { until }) });
}
