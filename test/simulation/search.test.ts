import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { formatFault } from '../../lib/simulation/fault-plan.ts';
import type { SimClient } from '../../lib/simulation/process.ts';
import { countCoverage } from '../../lib/simulation/search/coverage.ts';
import { findDivergence } from '../../lib/simulation/search/determinism.ts';
import { type Failure, formatFailure } from '../../lib/simulation/search/failure.ts';
import { formatPlan, type Plan, parsePlan, runPlan } from '../../lib/simulation/search/plan.ts';
import { searchPlans } from '../../lib/simulation/search/plans.ts';
import { searchSeeds } from '../../lib/simulation/search/seeds.ts';
import { sweep } from '../../lib/simulation/search/sweep.ts';
import type { Experiment } from '../../lib/simulation/search/trial.ts';
import { CALM } from '../../lib/simulation/swarm.ts';
import { createWorld } from '../../lib/simulation/world.ts';

const key = (id: string) => ({ TableName: 'counters', Key: { id: { S: id } } });
const add = { UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } } };

/** A caller that repeats its work until it is done; the work shall count once. */
const counting = (name: string, work: (client: SimClient) => Promise<unknown>): Experiment => ({
  name,
  async run(conditions) {
    const world = createWorld(conditions);
    world.call('dynamodb', 'CreateTable', {
      TableName: 'counters',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    });
    let done = false;
    const attempt = (tried: number) => {
      if (done || tried > 9) return;
      void work(world.process(`caller/${tried}`).client('dynamodb')).then(
        () => {
          done = true;
        },
        () => {},
      );
      world.clock.after(30_000, () => attempt(tried + 1));
    };
    attempt(0);
    await world.run(600_000);
    const { n } = (world.dynamodb.scanTable('counters') as unknown as { n?: { N: string } }[]).find((item) => item.n) ?? {};
    const message = `counted ${n?.N ?? 0} times`;
    return { history: world.history, violations: n?.N === '1' ? [] : [{ guarantee: 'G3', message }] };
  },
});

/** Looks, then acts, then remembers: a crash between the last two repeats the act. */
const naive = counting('naive', async (client) => {
  const { Item } = await client.send(new GetItemCommand(key('marker')));
  if (Item) return;
  await client.send(new UpdateItemCommand({ ...key('counter'), ...add }));
  await client.send(new PutItemCommand({ TableName: 'counters', Item: { id: { S: 'marker' } } }));
});

/** One write that is its own marker. */
const sound = counting('sound', (client) =>
  client.send(
    new UpdateItemCommand({
      ...key('counter'),
      UpdateExpression: 'SET n = :one',
      ExpressionAttributeValues: add.ExpressionAttributeValues,
    }),
  ),
);

async function all(failures: AsyncIterable<Failure>): Promise<Failure[]> {
  const found: Failure[] = [];
  for await (const failure of failures) found.push(failure);
  return found;
}

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a search', () => {
  test('through seeds finds a defect that needs a fault, and shrinks it to the fault that it needs', async () => {
    const failures = await all(searchSeeds(naive, { seeds: seeds(200) }));
    expect(failures.length).toBeGreaterThan(5);
    for (const { plan, found } of failures) {
      expect(plan.faults.length, formatPlan(found)).toBeLessThanOrEqual(2);
      expect(plan.swarm, formatPlan(found)).toEqual(CALM);
    }
  });

  test('finds nothing where nothing is to be found, and covers the kinds of faults at the calls that there are', async () => {
    const coverage = countCoverage();
    let schedules = 0;
    const counted = () => {
      schedules += 1;
    };
    expect(await all(searchSeeds(sound, { seeds: seeds(1_000), coverage, onSchedule: counted }))).toEqual([]);
    expect(schedules).toBe(1_000);
    expect(coverage.coverage).toMatchObject({ possible: 8, covered: 8, missing: [] });
  });

  test('by single faults tries each fault that can hit each call, once', async () => {
    const coverage = countCoverage();
    const failures = await all(sweep(naive, { seed: 1, order: 1, coverage }));
    expect(Object.values(coverage.coverage.faults).reduce((sum, count) => sum + count)).toBe(3 * 8);
    expect(failures.map(({ plan }) => plan.faults.map(formatFault).join())).toEqual([
      'crashAfter@caller:dynamodb:UpdateItem#0',
      'errorAfterEffect@caller:dynamodb:UpdateItem#0',
      'effectAfterError@caller:dynamodb:UpdateItem#0',
      'slow@caller:dynamodb:UpdateItem#0',
      'crashBefore@caller:dynamodb:PutItem#0',
      'throttle@caller:dynamodb:PutItem#0',
      'deny@caller:dynamodb:PutItem#0',
      'errorWithoutEffect@caller:dynamodb:PutItem#0',
    ]);
  });

  test('by pairs of faults finds what no single one shows, too', async () => {
    const pairs = await all(sweep(naive, { seed: 1, order: 2 }));
    expect(new Set(pairs.map(({ plan }) => plan.faults.length))).toEqual(new Set([1, 2]));
  });
});

describe('a failure', () => {
  test('is replayed from its line, with the same history', async () => {
    const [failure] = await all(searchSeeds(naive, { seeds: seeds(200) }));
    const { plan, violations } = failure as Failure;
    const again = await runPlan(naive, parsePlan(formatPlan(plan)));
    expect(again.violations).toEqual(violations);
    expect(again.history.digest()).toBe((await runPlan(naive, plan)).history.digest());
  });

  test('says what broke, how to see it again, and what happened in thirty events at most', async () => {
    const [failure] = await all(sweep(naive, { seed: 1, order: 1 }));
    const text = formatFailure(failure as Failure, (line) => `simulate --replay ${line}`);
    expect(text).toContain('G3 violated: counted 2 times');
    expect(text).toContain('replay: simulate --replay naive/1/calm/crashAfter@caller:dynamodb:UpdateItem#0');
    expect(text).toMatch(/ms fault {3}fault=crashAfter call=1 service=dynamodb action=UpdateItem/);
    expect((failure as Failure).timeline.length).toBeLessThanOrEqual(30);
  });

  test('whose line was mistyped is refused with what was given', () => {
    expect(() => parsePlan('naive/x/calm/')).toThrow('not a plan: "naive/x/calm/"');
    expect(() => parsePlan('naive/1/calm/boom')).toThrow('not a fault: "boom"');
    expect(parsePlan('naive/1/trim=0.5/')).toEqual({
      experiment: 'naive',
      seed: 1,
      swarm: { rates: { trim: 0.5 }, kinds: [] },
      faults: [],
    } satisfies Plan);
  });
});

test('a run that throws is a failure like any other', async () => {
  const throwing: Experiment = { name: 'throwing', run: () => Promise.reject(new Error('the world fell apart')) };
  const [failure] = await all(searchSeeds(throwing, { seeds: [7] }));
  expect(failure?.violations).toMatchObject([{ guarantee: 'G12', message: expect.stringContaining('the world fell apart') }]);
  expect(formatPlan((failure as Failure).plan)).toBe('throwing/7/calm/');
});

test('plans that fast-check draws find a defect, and shrink to the one fault that it needs', async () => {
  const [failure] = await all(searchPlans(naive, { seed: 1, runs: 100 }));
  expect(failure?.plan.faults.length).toBe(1);
  expect(await all(searchPlans(sound, { seed: 1, runs: 100 }))).toEqual([]);
});

describe('two runs of one seed', () => {
  test('are the same, call by call', async () => {
    expect(await findDivergence(naive, 3)).toBeUndefined();
  });

  test('that differ are named by the first call that does', async () => {
    let runs = 0;
    const fickle = counting('fickle', async (client) => {
      runs += 1;
      await client.send(new GetItemCommand(key(`marker`)));
      if (runs > 1) await client.send(new PutItemCommand({ TableName: 'counters', Item: { id: { S: 'marker' } } }));
    });
    expect(await findDivergence(fickle, 1)).toEqual({
      first: expect.stringContaining('nothing'),
      second: 'call 1: dynamodb:PutItem of caller/0',
    });
  });
});
