import { describe, expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import type { Item } from '../../../lib/local/dynamodb/attribute-value.ts';
import { type Bench, benchWithTable, createBench } from './dynamodb-harness.ts';

const S = (text: string) => ({ S: text });
const N = (number: number | string) => ({ N: String(number) });

interface Page {
  readonly Items: Item[];
  readonly Count: number;
  readonly ScannedCount: number;
  readonly LastEvaluatedKey?: Item;
}

/** A table with a text partition key and a sort key of the given type, with items of one partition. */
function partition(type: 'S' | 'N' | 'B', keys: readonly Item[string][]): Bench {
  const bench = createBench();
  bench.call('CreateTable', {
    TableName: 'things',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: type },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
  for (const sk of keys) bench.put('things', { pk: S('p'), sk });
  bench.put('things', { pk: S('p2'), sk: keys[0] as Item[string] });
  bench.put('things', { pk: S('o'), sk: keys[0] as Item[string] });
  return bench;
}

function query(bench: Bench, condition: string, values: Item, more: Json = {}): Page {
  const input = { TableName: 'things', KeyConditionExpression: condition, ExpressionAttributeValues: values, ...more };
  return bench.call('Query', input) as unknown as Page;
}

function sortKeys(page: Page): (string | undefined)[] {
  return page.Items.map(({ sk }) => sk?.S ?? sk?.N ?? sk?.B);
}

describe('a query', () => {
  test('returns numbers in the order of their values', () => {
    const bench = partition('N', ['10', '-5', '2', '0', '-50', '1.5', '1e20'].map(N));
    const up = ['-50', '-5', '0', '1.5', '2', '10', '100000000000000000000'];
    expect(sortKeys(query(bench, 'pk = :p', { ':p': S('p') }))).toEqual(up);
    expect(sortKeys(query(bench, 'pk = :p', { ':p': S('p') }, { ScanIndexForward: false }))).toEqual(up.toReversed());
  });

  test('returns texts in the order of their UTF-8 bytes', () => {
    const bench = partition('S', ['b', 'a', 'B', 'ab', '\uffee', '😀', 'a\0', 'é'].map(S));
    expect(sortKeys(query(bench, 'pk = :p', { ':p': S('p') }))).toEqual(['B', 'a', 'a\0', 'ab', 'b', 'é', '\uffee', '😀']);
  });

  test('returns blobs in the order of their bytes', () => {
    const bench = partition('B', [{ B: '/w==' }, { B: 'AA==' }, { B: 'AAE=' }]);
    expect(sortKeys(query(bench, 'pk = :p', { ':p': S('p') }))).toEqual(['AA==', 'AAE=', '/w==']);
  });

  test.each([
    ['sk = :a', ['b']],
    ['sk < :a', ['a', 'ab']],
    ['sk <= :a', ['a', 'ab', 'b']],
    ['sk > :a', ['ba', 'c']],
    ['sk >= :a', ['b', 'ba', 'c']],
    ['sk between :a and :c', ['b', 'ba', 'c']],
    [':a < sk', ['ba', 'c']],
    ['begins_with(sk, :a)', ['b', 'ba']],
  ])('selects by %s', (condition, expected) => {
    const bench = partition('S', ['a', 'ab', 'b', 'ba', 'c'].map(S));
    const values: Item = { ':p': S('p'), ':a': S('b'), ...(condition.includes(':c') && { ':c': S('c') }) };
    expect(sortKeys(query(bench, `pk = :p and ${condition}`, values))).toEqual(expected);
    expect(sortKeys(query(bench, `(${condition}) and pk = :p`, values, { ScanIndexForward: false }))).toEqual(expected.toReversed());
  });

  test('continues where a page ended, in both directions', () => {
    const bench = partition('S', ['a', 'b', 'c', 'd', 'e'].map(S));
    for (const ScanIndexForward of [true, false]) {
      const seen: unknown[] = [];
      let ExclusiveStartKey: Item | undefined;
      do {
        const page: Page = query(
          bench,
          'pk = :p',
          { ':p': S('p') },
          { ScanIndexForward, Limit: 2, ...(ExclusiveStartKey && { ExclusiveStartKey }) },
        );
        expect(page.Items.length).toBeLessThanOrEqual(2);
        seen.push(...sortKeys(page));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
      expect(seen).toEqual(ScanIndexForward ? ['a', 'b', 'c', 'd', 'e'] : ['e', 'd', 'c', 'b', 'a']);
    }
  });

  test('that reached its limit has a key to continue from, even at the end', () => {
    const bench = partition('S', ['a', 'b'].map(S));
    expect(query(bench, 'pk = :p', { ':p': S('p') }, { Limit: 2 }).LastEvaluatedKey).toEqual({ pk: S('p'), sk: S('b') });
    expect(query(bench, 'pk = :p', { ':p': S('p') }, { Limit: 3 }).LastEvaluatedKey).toBeUndefined();
  });

  test('counts its limit before the filter', () => {
    const bench = benchWithTable();
    for (let at = 0; at < 6; at++) bench.put('things', { pk: S('p'), sk: S(`${at}`), even: { BOOL: at % 2 === 0 } });
    const page = query(bench, 'pk = :p', { ':p': S('p'), ':t': { BOOL: true } }, { Limit: 3, FilterExpression: 'even = :t' });
    expect([page.Count, page.ScannedCount, page.LastEvaluatedKey]).toEqual([2, 3, { pk: S('p'), sk: S('2') }]);
  });

  test('reads at most one megabyte', () => {
    const bench = benchWithTable();
    for (let at = 0; at < 4; at++) bench.put('things', { pk: S('p'), sk: S(`${at}`), body: S('x'.repeat(400_000)) });
    const page = query(bench, 'pk = :p', { ':p': S('p') });
    expect([page.Count, page.LastEvaluatedKey]).toEqual([2, { pk: S('p'), sk: S('1') }]);
  });

  test('projects and counts', () => {
    const bench = benchWithTable();
    bench.put('things', { pk: S('p'), sk: S('a'), m: { M: { x: N(1), y: N(2) } }, l: { L: [N(0), N(1), N(2)] } });
    const page = query(bench, 'pk = :p', { ':p': S('p') }, { ProjectionExpression: 'm.x, l[2], l[0], absent' });
    expect(page.Items).toEqual([{ m: { M: { x: N(1) } }, l: { L: [N(0), N(2)] } }]);
    expect(query(bench, 'pk = :p', { ':p': S('p') }, { Select: 'COUNT' })).toEqual({ Count: 1, ScannedCount: 1 });
  });

  test.each([
    ['sk = :s', 'Query condition missed key schema element: pk'],
    ['pk > :s', 'Query key condition not supported'],
    ['pk = :s and extra = :s', 'Query condition missed key schema element: sk'],
    ['pk = :s or sk = :s', 'Invalid operator used in KeyConditionExpression: OR'],
    ['pk = :s and sk <> :s', 'Invalid operator used in KeyConditionExpression: <>'],
    ['pk = :s and attribute_exists(sk)', 'Invalid operator used in KeyConditionExpression: attribute_exists'],
    ['pk = :n', 'One or more parameter values were invalid: Condition parameter type does not match schema type'],
    ['pk = :s and sk > :s and sk < :s', 'Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key'],
    [
      'pk = :s and sk > :s and extra = :s',
      'The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)',
    ],
    [
      'pk = :s and begins_with(sk, :n)',
      'Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N',
    ],
  ])('by %s is refused: %s', (KeyConditionExpression, message) => {
    const { refusal } = benchWithTable();
    const values = {
      ...(KeyConditionExpression.includes(':s') && { ':s': S('x') }),
      ...(KeyConditionExpression.includes(':n') && { ':n': N(1) }),
    };
    const error = refusal('Query', { TableName: 'things', KeyConditionExpression, ExpressionAttributeValues: values });
    expect([error.code, error.message]).toEqual(['ValidationException', message]);
  });

  test('cannot filter by its key or start outside its partition', () => {
    const bench = partition('S', [S('a')]);
    const input = { TableName: 'things', KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': S('p') } };
    expect(bench.refusal('Query', { ...input, FilterExpression: 'sk = :p' }).message).toBe(
      'Filter Expression can only contain non-primary key attributes: Primary key attribute: sk',
    );
    expect(bench.refusal('Query', { ...input, ExclusiveStartKey: { pk: S('x'), sk: S('a') } }).message).toBe(
      'The provided starting key is outside query boundaries based on provided conditions',
    );
    expect(bench.refusal('Query', { ...input, ExclusiveStartKey: { pk: S('p') } }).message).toBe('The provided starting key is invalid');
  });
});

describe('a scan', () => {
  const whole = benchWithTable();
  for (let at = 0; at < 200; at++) whole.put('things', { pk: S(`p${at % 50}`), sk: S(`${at}`), at: N(at) });

  function scanAll(more: Json): string[] {
    const seen: string[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = whole.call('Scan', { TableName: 'things', ...more, ...(ExclusiveStartKey && { ExclusiveStartKey }) }) as unknown as Page;
      seen.push(...page.Items.map((item) => item['at']?.N as string));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return seen;
  }

  test('returns every item once, whatever the page size', () => {
    const all = scanAll({});
    expect(new Set(all).size).toBe(200);
    expect(scanAll({ Limit: 7 })).toEqual(all);
  });

  test('in parallel divides the items among the segments', () => {
    const segments = [0, 1, 2].map((Segment) => scanAll({ Segment, TotalSegments: 3, Limit: 10 }));
    expect(segments.flat().toSorted()).toEqual(scanAll({}).toSorted());
    for (const segment of segments) expect(segment.length).toBeGreaterThan(20);
  });

  test('filters', () => {
    expect(
      scanAll({ FilterExpression: '#at < :ten', ExpressionAttributeNames: { '#at': 'at' }, ExpressionAttributeValues: { ':ten': N(10) } }),
    ).toHaveLength(10);
  });

  test.each([
    [
      { Segment: 3, TotalSegments: 3 },
      'The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 3 is not less than TotalSegments: 3',
    ],
    [{ Segment: 0 }, 'The TotalSegments parameter is required but was not present in the request when Segment parameter is present'],
    [
      { Limit: 0 },
      "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [{ IndexName: 'none' }, 'The table does not have the specified index: none'],
    [{ Select: 'ALL_PROJECTED_ATTRIBUTES' }, 'ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName'],
  ])('with %o is refused', (input, message) => {
    expect(whole.refusal('Scan', { TableName: 'things', ...input }).message).toBe(message);
  });
});

describe('an answer', () => {
  test('shares nothing with the store', () => {
    const bench = benchWithTable({ hashOnly: true });
    const given: Item = { pk: S('p'), m: { M: { x: N(1) } } };
    bench.put('things', given);
    given['m'] = S('changed by the caller');
    const got = bench.get('things', { pk: S('p') }) as Item;
    (got['m'] as { M: Item }).M['x'] = S('changed by the reader');
    expect(bench.get('things', { pk: S('p') })).toEqual({ pk: S('p'), m: { M: { x: N(1) } } });
  });
});
