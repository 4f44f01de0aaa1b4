import { type AttributeValue, BatchGetItemCommand, type BatchGetItemCommandOutput } from '@aws-sdk/client-dynamodb';
import { type Clock, sleep } from '../core/clock.ts';
import { mapConcurrent } from '../core/map-concurrent.ts';
import type { Rng } from '../core/rng.ts';
import { CALL_RETRY } from '../retry/policy.ts';
import { delayOf } from '../retry/policy-delay.ts';
import { retry } from '../retry/retry.ts';
import type { DynamoDbSender } from './unit-of-work.dynamodb.ts';

type Attributes = Record<string, AttributeValue>;

/** Which table is read, and with what. */
export interface BatchGetDeps {
  readonly client: DynamoDbSender;
  /** The table's name. */
  readonly table: string;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** How long, and how much of each item. */
export interface BatchGetOptions {
  /** Tries of a call, and rounds for the keys that calls leave over. @default 5 */
  readonly tries?: number;
  /** Each call of a hundred keys is made once, also when it is late; nothing is tried again at or after this time (epoch milliseconds). */
  readonly until?: number | undefined;
  /** The attributes that are wanted. @default - all of them */
  readonly attributes?: readonly string[];
}

/** "Up to 100 items" in one call ("BatchGetItem" API reference). */
const MAX_KEYS = 100;
/** Calls under way at a time. */
const MAX_IN_FLIGHT = 4;

/** Items by consistent reads, in no order; what is not there is left out. Throws a throttle for keys that stay unprocessed. */
export async function batchGet(deps: BatchGetDeps, keys: readonly Attributes[], options: BatchGetOptions = {}): Promise<Attributes[]> {
  const chunks: (readonly Attributes[])[] = [];
  for (let at = 0; at < keys.length; at += MAX_KEYS) chunks.push(keys.slice(at, at + MAX_KEYS));
  return (await mapConcurrent(chunks, MAX_IN_FLIGHT, (chunk) => getChunk(deps, chunk, options))).flat();
}

async function getChunk(
  { client, table, clock, rng }: BatchGetDeps,
  keys: readonly Attributes[],
  { tries = 5, until = Number.POSITIVE_INFINITY, attributes }: BatchGetOptions,
): Promise<Attributes[]> {
  const found: Attributes[] = [];
  let Keys = [...keys];
  for (let round = 1; ; round += 1) {
    const request = { Keys, ConsistentRead: true, ...(attributes && projected(attributes)) };
    const command = new BatchGetItemCommand({ RequestItems: { [table]: request } });
    const output: BatchGetItemCommandOutput = await retry(() => client.send(command), { clock, rng, tries, until });
    found.push(...(output.Responses?.[table] ?? []));
    // A page over 16 MB, or one that was throttled in part, leaves keys over ("BatchGetItem" API reference).
    Keys = output.UnprocessedKeys?.[table]?.Keys ?? [];
    if (Keys.length === 0) return found;
    const delay = delayOf(CALL_RETRY, round, rng);
    if (round >= tries || clock.now() + delay >= until)
      throw Object.assign(new Error(`DynamoDB left keys of the table ${table} unprocessed`), { name: 'ThrottlingException' });
    await sleep(clock, delay);
  }
}

function projected(names: readonly string[]) {
  const placeholders = names.map((_, index) => `#p${index}`);
  return {
    ProjectionExpression: placeholders.join(', '),
    ExpressionAttributeNames: Object.fromEntries(placeholders.map((placeholder, index) => [placeholder, names[index] ?? ''])),
  };
}
