import { describe, expect, test } from 'vitest';
import { CIRCUMSTANCES } from './circumstances.ts';
import { CONTENDERS, compare } from './compare.ts';
import { comparePublishers } from './compare-publishers.ts';
import { runConsumer } from './consumer-run.ts';
import { lookThenMark, oneTransaction } from './contenders/by-hand.ts';
import { posthaste, posthasteExternal } from './contenders/posthaste.ts';
import { powertools } from './contenders/powertools.ts';
import { formatComparison } from './format-comparison.ts';
import { replay } from './replay.ts';
import { sweepSingleFaults } from './single-faults.ts';
import { judge } from './verdict.ts';

const CRASH_BEHIND_EFFECT = 'powertools/1/calm/crashAfter@ship-order:dynamodb:UpdateItem#0';

/** Hundreds of worlds take their time on a machine that is busy with other tests. */
const PATIENCE_MS = 120_000;

const under = (...names: string[]) => CIRCUMSTANCES.filter(({ name }) => names.includes(name));

/** Seeds that broke a promise, by who ran them. */
async function violatedOf(options: Parameters<typeof compare>[0]): Promise<Record<string, number>> {
  const rows = await compare(options);
  return Object.fromEntries(rows.map(({ contender, seedsViolated }) => [contender, seedsViolated]));
}

describe('consumers of one queue', { timeout: PATIENCE_MS }, () => {
  test('apply every message once, all of them, when nothing goes wrong', async () => {
    const rows = await compare({ seeds: 12, circumstances: under('calm') });
    expect(rows).toHaveLength(CONTENDERS.length);
    for (const row of rows) expect(row).toMatchObject({ messages: 60, seedsViolated: 0, deadLettered: 0 });
  });

  test('that look before they act repeat what two deliver at once; those that claim first, Powertools among them, do not', async () => {
    const violated = await violatedOf({ seeds: 30, circumstances: under('duplicates'), contenders: [lookThenMark, powertools, posthaste] });
    expect(violated).toEqual({ 'look-then-mark': expect.any(Number), powertools: 0, posthaste: 0 });
    expect(violated['look-then-mark']).toBeGreaterThan(10);
  });

  test('repeat effects when processes die, unless marker and effect are one transaction, ours or anybody else’s', async () => {
    const contenders = [lookThenMark, powertools, posthasteExternal, oneTransaction, posthaste];
    const violated = await violatedOf({ seeds: 25, circumstances: under('crashes'), contenders });
    for (const name of ['look-then-mark', 'powertools', 'posthaste-external']) expect(violated[name]).toBeGreaterThan(1);
    expect(violated).toMatchObject({ 'one-transaction': 0, posthaste: 0 });
  });

  test('lose or repeat some of 60 seeds of everything at once by hand and with Powertools, and none with the effect in the unit', async () => {
    const violated = await violatedOf({ seeds: 60, circumstances: under('everything'), contenders: [lookThenMark, powertools, posthaste] });
    expect(violated['look-then-mark']).toBeGreaterThan(5);
    expect(violated['powertools']).toBeGreaterThan(5);
    expect(violated['posthaste']).toBe(0);
  });

  test('break under one single fault, a crash behind the effect first of all; ours breaks under none', async () => {
    const [theirs, ours] = await sweepSingleFaults([powertools, posthaste]);
    expect(theirs?.breaking).toContain(CRASH_BEHIND_EFFECT);
    expect(ours?.breaking).toEqual([]);
  });

  test('are replayed from one line, which says what broke and how', async () => {
    const told = await replay(CRASH_BEHIND_EFFECT);
    expect(told).toMatch(/^G3 violated: order-\d was applied more than once/);
    expect(told).toContain('fault   fault=crashAfter');
    const ours = await replay('posthaste/1/calm/crashAfter@ship-order:dynamodb:TransactWriteItems#0');
    expect(ours).toContain('nothing broke');
    expect(ours).toContain('fault   fault=crashAfter');
    await expect(replay('nobody/1/calm/')).rejects.toThrow('nobody is no contender; one of look-then-mark, ');
  });

  test('have the same history for the same seed, real SDK clients and Powertools included', async () => {
    const [everything] = under('everything');
    for (const contender of [powertools, posthaste]) {
      const digestOf = async (seed: number) => {
        const { history } = await runConsumer(contender, { seed, swarm: everything?.swarmOf(seed) ?? { rates: {}, kinds: [] } });
        return history.digest();
      };
      for (const seed of [3, 4, 6]) expect(await digestOf(seed)).toBe(await digestOf(seed));
    }
  });
});

describe('publishers of orders', { timeout: PATIENCE_MS }, () => {
  test('contradict their table after a crash when they write twice, in either order, and never with an outbox', async () => {
    const rows = await comparePublishers({ seeds: 30, circumstances: under('crashes') });
    expect(rows).toMatchObject([
      { publisher: 'put-then-publish', phantom: 0, untold: expect.any(Number) },
      { publisher: 'publish-then-put', phantom: expect.any(Number), untold: 0 },
      { publisher: 'outbox', phantom: 0, untold: 0 },
    ]);
    expect(rows[0]?.untold).toBeGreaterThan(0);
    expect(rows[1]?.phantom).toBeGreaterThan(0);
  });

  test('tell of every order when nothing goes wrong', async () => {
    for (const row of await comparePublishers({ seeds: 5, circumstances: under('calm') })) {
      expect(row).toMatchObject({ orders: 25, untold: 0, phantom: 0, refused: 0 });
    }
  });
});

describe('a verdict', () => {
  const fate = { id: 'order-1', applied: 0, waiting: false, deadLettered: false };

  test('is clean for what was applied once, also when a copy of it is in the dead-letter queue', () => {
    const clean = { lost: [], duplicated: [], stuck: [], deadLettered: [] };
    expect(judge([{ ...fate, applied: 1 }])).toEqual(clean);
    expect(judge([{ ...fate, applied: 1, deadLettered: true }])).toEqual(clean);
  });

  test('tells lost, repeated, stuck and dead-lettered messages apart', () => {
    expect(judge([fate]).lost).toEqual(['order-1']);
    expect(judge([{ ...fate, applied: 2 }]).duplicated).toEqual(['order-1']);
    expect(judge([{ ...fate, waiting: true }])).toMatchObject({ stuck: ['order-1'], lost: [] });
    expect(judge([{ ...fate, deadLettered: true }])).toMatchObject({ deadLettered: ['order-1'], lost: [] });
  });
});

test('a comparison is printed as tables with a row for each contender, by its title', async () => {
  const consumers = await compare({ seeds: 1, circumstances: under('calm'), contenders: [posthaste] });
  const singleFaults = [{ contender: 'powertools', faults: 42, breaking: [CRASH_BEHIND_EFFECT] }];
  const page = formatComparison({ seeds: 1, consumers, singleFaults, publishers: [] });
  expect(page).toContain('The rates are not those of production');
  expect(page).toContain('| consumer | calm |\n| --- | --: |\n| posthaste: the effect in its unit | 0 |');
  expect(page).toContain(
    '| Powertools 2.35: makeIdempotent + BatchProcessor | 42 | 1 | `powertools/1/calm/crashAfter@ship-order:dynamodb:UpdateItem#0` |',
  );
});
