import type { Clock } from '../core/clock.ts';
import type { Interceptor, Json } from '../local/aws.ts';
import type { Item } from '../local/dynamodb/attribute-value.ts';
import { sortText } from '../local/dynamodb/sort-text.ts';
import type { Chance } from './chances.ts';

/** What a torn query needs of its world. */
interface TornQueriesDeps {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly describeTable: (tableName: unknown) => Json;
}

/** The longest that a query takes from its first item to its last. */
const LONGEST_MS = 1_000;

/**
 * Lets queries, strongly consistent ones too, read their first items a little earlier than their last: of a transaction that commits
 * meanwhile they see only what lies behind the place that they had reached ("DynamoDB transactions: how it works", isolation levels: Query
 * is read-committed with respect to a transaction).
 */
export function tornQueries({ clock, chance, describeTable }: TornQueriesDeps): Interceptor {
  return async ({ service, action, input }, next) => {
    if (service !== 'dynamodb' || action !== 'Query' || !chance.strikes()) return next();
    const early = await next();
    await new Promise<void>((resolve) => void clock.after(1 + chance.upTo(LONGEST_MS - 1), resolve));
    const late = await next();
    const [first, last] = [itemsOf(early), itemsOf(late)];
    const keys = keyNames(describeTable(input['TableName']), input['IndexName']);
    const isComplete = (items: readonly Item[]) => items.every((item) => keys.all.every((name) => item[name] !== undefined));
    if (!first || !last?.length || keys.sort === undefined || !isComplete([...first, ...last])) return late;
    const rank = rankBy(keys.sort);
    const isBefore = (one: Item, other: Item) => (input['ScanIndexForward'] === false ? rank(one) > rank(other) : rank(one) < rank(other));
    const end = early['LastEvaluatedKey'] as Item | undefined;
    // What the early read did not get to, because its page ended before, it cannot have missed.
    const passed = end === undefined ? last.length - 1 : last.filter((item) => !isBefore(end, item)).length;
    const at = last[chance.upTo(Math.min(passed, last.length - 1))] as Item;
    const items = [...first.filter((item) => isBefore(item, at)), ...last.filter((item) => !isBefore(item, at))];
    return page(late, items, { limit: Number(input['Limit'] ?? Number.POSITIVE_INFINITY), keys: keys.all });
  };
}

const itemsOf = ({ Items }: Json) => Items as readonly Item[] | undefined;

const rankBy = (name: string) => (item: Item | undefined) => (item?.[name] && sortText(item[name])) ?? '';

/** The answer with these items, cut at the limit. */
function page(answer: Json, all: readonly Item[], { limit, keys }: { readonly limit: number; readonly keys: readonly string[] }): Json {
  const items = all.slice(0, limit);
  const last = items.at(-1);
  const isCut = last !== undefined && items.length < all.length;
  return {
    ...answer,
    Items: items,
    Count: items.length,
    ScannedCount: Math.max(items.length, Number(answer['ScannedCount'])),
    ...(isCut && { LastEvaluatedKey: Object.fromEntries(keys.map((name) => [name, last[name]])) }),
  };
}

/** The sort key of what is queried, and all attributes that say where a page ends. */
function keyNames({ Table }: Json, indexName: unknown): { readonly sort: string | undefined; readonly all: readonly string[] } {
  const table = Table as Described;
  const indexes = [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])];
  const schema = indexName === undefined ? table.KeySchema : (indexes.find((index) => index.IndexName === indexName)?.KeySchema ?? []);
  const all = [...schema, ...table.KeySchema].map((key) => key.AttributeName);
  return { sort: schema.find((key) => key.KeyType === 'RANGE')?.AttributeName, all: [...new Set(all)] };
}

interface Described {
  readonly KeySchema: readonly { readonly AttributeName: string; readonly KeyType: string }[];
  readonly GlobalSecondaryIndexes?: readonly (Pick<Described, 'KeySchema'> & { readonly IndexName: string })[];
  readonly LocalSecondaryIndexes?: readonly (Pick<Described, 'KeySchema'> & { readonly IndexName: string })[];
}
