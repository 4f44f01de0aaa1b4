import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AwsError } from '../../../lib/local/aws.ts';
import type { Item } from '../../../lib/local/dynamodb/attribute-value.ts';
import { type Bench, benchWithTable, type StreamRecord } from './dynamodb-harness.ts';

/** The model: items by key text, and what each write should leave in the stream. */
interface Model {
  readonly items: Map<string, Item>;
  readonly history: Map<string, [string, string][]>;
}

type Write =
  | { kind: 'put'; pk: string; sk: string; n: number; onlyNew: boolean }
  | { kind: 'add'; pk: string; sk: string; n: number; onlyBelow: number }
  | { kind: 'delete'; pk: string; sk: string; onlyThere: boolean };

const pk = fc.constantFrom('a', 'b', 'c');
const sk = fc.constantFrom('1', '2', '3');
const n = fc.integer({ min: 0, max: 3 });
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), pk, sk, n, onlyNew: fc.boolean() }),
  fc.record({ kind: fc.constant('add' as const), pk, sk, n, onlyBelow: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ kind: fc.constant('delete' as const), pk, sk, onlyThere: fc.boolean() }),
);
const operation = fc.oneof(
  write.map((each) => ({ writes: [each], transact: false })),
  fc
    .uniqueArray(write, { selector: (each) => each.pk + each.sk, minLength: 1, maxLength: 4 })
    .map((writes) => ({ writes, transact: true })),
);

const keyOf = ({ pk, sk }: { pk: string; sk: string }): Item => ({ pk: { S: pk }, sk: { S: sk } });
const number = (item: Item | undefined) => Number(item?.['n']?.N ?? 0);

/** What a write asks of the engine: an operation's name and input. */
function request(each: Write): [string, Record<string, unknown>] {
  const values = (more: Item) => ({ ExpressionAttributeValues: more });
  switch (each.kind) {
    case 'put':
      return [
        'Put',
        {
          TableName: 'things',
          Item: { ...keyOf(each), n: { N: String(each.n) } },
          ...(each.onlyNew && { ConditionExpression: 'attribute_not_exists(pk)' }),
        },
      ];
    case 'add':
      return [
        'Update',
        {
          TableName: 'things',
          Key: keyOf(each),
          UpdateExpression: 'ADD n :n',
          ConditionExpression: 'attribute_not_exists(n) OR n < :limit',
          ...values({ ':n': { N: String(each.n) }, ':limit': { N: String(each.onlyBelow) } }),
        },
      ];
    case 'delete':
      return ['Delete', { TableName: 'things', Key: keyOf(each), ...(each.onlyThere && { ConditionExpression: 'attribute_exists(pk)' }) }];
  }
}

/** What the write makes of an item, or false when its condition does not hold. */
function outcome(each: Write, before: Item | undefined): Item | undefined | false {
  switch (each.kind) {
    case 'put':
      return each.onlyNew && before ? false : { ...keyOf(each), n: { N: String(each.n) } };
    case 'add':
      return before && number(before) >= each.onlyBelow ? false : { ...keyOf(each), n: { N: String(number(before) + each.n) } };
    case 'delete':
      return each.onlyThere && !before ? false : undefined;
  }
}

function runInModel(model: Model, writes: readonly Write[]): boolean {
  const outcomes = writes.map((each) => outcome(each, model.items.get(each.pk + each.sk)));
  if (outcomes.includes(false)) return false;
  for (const [at, each] of writes.entries()) apply(model, each.pk + each.sk, outcomes[at] as Item | undefined);
  return true;
}

function apply(model: Model, key: string, after: Item | undefined): void {
  const before = model.items.get(key);
  if (after) model.items.set(key, after);
  else model.items.delete(key);
  const [old, fresh] = [JSON.stringify(before), JSON.stringify(after)];
  if (old !== fresh) model.history.set(key, [...(model.history.get(key) ?? []), [String(old), String(fresh)]]);
}

function runInEngine(bench: Bench, writes: readonly Write[], transact: boolean): boolean {
  try {
    if (transact) bench.call('TransactWriteItems', { TransactItems: writes.map((each) => Object.fromEntries([request(each)])) });
    else {
      const [kind, input] = request(writes[0] as Write);
      bench.call(`${kind}Item`, input);
    }
    return true;
  } catch (error) {
    if (!(error instanceof AwsError) || !/ConditionalCheckFailed|TransactionCanceled/.test(error.code)) throw error;
    return false;
  }
}

function historyOf(records: readonly StreamRecord[]): Map<string, [string, string][]> {
  const history = new Map<string, [string, string][]>();
  for (const { dynamodb } of records) {
    const key = `${dynamodb.Keys['pk']?.S}${dynamodb.Keys['sk']?.S}`;
    history.set(key, [...(history.get(key) ?? []), [String(JSON.stringify(dynamodb.OldImage)), String(JSON.stringify(dynamodb.NewImage))]]);
  }
  return history;
}

const BY_N = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'n', AttributeType: 'N' },
  ],
  GlobalSecondaryIndexes: [
    { IndexName: 'by-n', KeySchema: [{ AttributeName: 'n', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
  ],
};

test('random writes and transactions leave the items, the index and the stream that a plain map predicts', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60, size: 'max' }), (operations) => {
      const bench = benchWithTable({ stream: 'NEW_AND_OLD_IMAGES', extra: BY_N });
      const model: Model = { items: new Map(), history: new Map() };
      for (const { writes, transact } of operations) {
        expect(runInEngine(bench, writes, transact)).toBe(runInModel(model, writes));
      }
      const byKey = (items: Item[]) => new Map(items.map((item) => [`${item['pk']?.S}${item['sk']?.S}`, item]));
      expect(byKey(bench.db.dynamodb.scanTable('things'))).toEqual(model.items);
      expect(byKey(bench.call('Scan', { TableName: 'things', IndexName: 'by-n' })['Items'] as Item[])).toEqual(model.items);
      for (const pk of ['a', 'b', 'c']) {
        const page = bench.call('Query', {
          TableName: 'things',
          KeyConditionExpression: 'pk = :p',
          ExpressionAttributeValues: { ':p': { S: pk } },
        });
        const expected = ['1', '2', '3'].flatMap((sk) => model.items.get(pk + sk) ?? []);
        expect(page['Items']).toEqual(expected);
      }
      expect(historyOf(bench.records(bench.streamArn).flat())).toEqual(model.history);
    }),
    { numRuns: 60 },
  );
});
