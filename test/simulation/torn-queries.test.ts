import { QueryCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { createWorld, type World } from '../../lib/simulation/world.ts';

const row = (n: number) => ({ pk: { S: 'a' }, n: { N: String(n) } });
const ofA = {
  TableName: 'rows',
  ConsistentRead: true,
  KeyConditionExpression: 'pk = :pk',
  ExpressionAttributeValues: { ':pk': { S: 'a' } },
};

function createRows(world: World, present: readonly number[]): void {
  world.call('dynamodb', 'CreateTable', {
    TableName: 'rows',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'n', AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'n', KeyType: 'RANGE' },
    ],
  });
  for (const n of present) world.call('dynamodb', 'PutItem', { TableName: 'rows', Item: row(n) });
}

/** What a query sees while a transaction replaces row 1 by rows 2, 9 and 10; and what the next one sees. */
async function queryDuringCommit(seed: number, more: object = {}, rate = 1) {
  const world = createWorld({ seed, swarm: { rates: { tornQuery: rate }, kinds: [] } });
  createRows(world, [1]);
  const [reader, writer] = ['reader', 'writer'].map((name) => world.process(name).client('dynamodb')) as [never, never];
  const send = (client: { send(command: object): Promise<never> }, command: object) => client.send(command);
  const puts = [2, 9, 10].map((n) => ({ Put: { TableName: 'rows', Item: row(n) } }));
  const pages: { Items: { n: { N: string } }[]; LastEvaluatedKey?: object }[] = [];
  const query = async () => void pages.push(await send(reader, new QueryCommand({ ...ofA, ...more })));
  void query();
  void send(writer, new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName: 'rows', Key: row(1) } }, ...puts] }));
  await world.run(1_000);
  await Promise.all([query(), world.run(1_000)]);
  return pages.map(({ Items, LastEvaluatedKey }) => ({ seen: Items.map(({ n }) => Number(n.N)).join(), last: LastEvaluatedKey }));
}

const seeds = Array.from({ length: 60 }, (_, index) => index + 1);

describe('a query during a transaction', () => {
  test('may see what lies behind some place as it is now, and what lies before it as it was', async () => {
    const seen = new Set<string>();
    for (const seed of seeds) {
      const [during, afterwards] = await queryDuringCommit(seed);
      seen.add(during?.seen ?? '');
      expect(afterwards?.seen).toBe('2,9,10');
    }
    const before = '1';
    const torn = ['1,2,9,10', '1,9,10', '1,10'];
    const after = '2,9,10';
    expect(seen.isSubsetOf(new Set([before, ...torn, after]))).toBe(true);
    expect(torn.every((one) => seen.has(one))).toBe(true);
  });

  test('backwards has read the end as it was', async () => {
    const seen = new Set<string>();
    for (const seed of seeds) seen.add((await queryDuringCommit(seed, { ScanIndexForward: false }))[0]?.seen ?? '');
    expect(seen).toContain('2');
    expect(seen).not.toContain('1,9,10');
  });

  test('ends its page at its limit, and says where', async () => {
    for (const seed of seeds.slice(0, 20)) {
      const [during] = await queryDuringCommit(seed, { Limit: 2 });
      const numbers = during?.seen.split(',') ?? [];
      expect(numbers.length).toBeLessThanOrEqual(2);
      if (numbers.length === 2) expect(during?.last).toEqual(row(Number(numbers[1])));
    }
  });

  test('misses nothing that its early page did not get to', async () => {
    for (const seed of seeds) {
      const world = createWorld({ seed, swarm: { rates: { tornQuery: 1, shortPage: 0.5 }, kinds: [] } });
      createRows(world, [1, 2, 9, 10]);
      const client = world.process('reader').client('dynamodb');
      const { Items, LastEvaluatedKey } = (await Promise.all([client.send(new QueryCommand(ofA)), world.run(2_000)]))[0];
      const seen = (Items as { n: { N: string } }[]).map(({ n }) => Number(n.N));
      expect(seen).toEqual([1, 2, 9, 10].slice(0, seen.length));
      expect(LastEvaluatedKey).toEqual(seen.length === 4 && LastEvaluatedKey === undefined ? undefined : row(seen.at(-1) ?? 0));
    }
  });

  test('is whole where the swarm says nothing of it', async () => {
    for (const seed of seeds.slice(0, 20)) {
      const [during] = await queryDuringCommit(seed, {}, 0);
      expect(['1', '2,9,10']).toContain(during?.seen);
    }
  });
});
