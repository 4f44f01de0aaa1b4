import { describe, expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { type Accounts, checkConservation, checkOrder } from '../../lib/simulation/conservation.ts';
import { FAULT_KINDS, randomFaults } from '../../lib/simulation/fault.ts';
import { plannedFaults } from '../../lib/simulation/fault-plan.ts';
import { createHistory } from '../../lib/simulation/history.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';

const sound: Accounts = {
  committed: ['a', 'b', 'c', 'd'],
  unknown: ['e', 'f'],
  attempted: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
  effects: new Map([
    ['ship', ['a', 'b', 'e']],
    ['bill', ['a', 'e']],
  ]),
  deadLettered: new Map([
    ['ship', ['c']],
    ['bill', ['c']],
  ]),
  parked: ['d'],
  subscribes: (consumer, id) => consumer === 'ship' || id !== 'b',
};
const guarantees = (accounts: Partial<Accounts>) => checkConservation({ ...sound, ...accounts }).map(({ guarantee }) => guarantee);

describe('conservation', () => {
  test('holds when every committed message is done, dead-lettered or parked, and what is unknown is there for all or for none', () => {
    expect(checkConservation(sound)).toEqual([]);
  });

  test('is broken by a committed message that a subscriber never saw', () => {
    expect(guarantees({ parked: [] })).toEqual(['G1', 'G1']);
    expect(guarantees({ deadLettered: new Map([['ship', ['c']]]) })).toEqual(['G1']);
  });

  test('is broken by a message of unknown outcome that one subscriber saw and another did not', () => {
    const effects = new Map([
      ['ship', ['a', 'b', 'e']],
      ['bill', ['a']],
    ]);
    expect(guarantees({ effects })).toEqual(['G1']);
  });

  test('is broken by a message that nobody ever tried to commit', () => {
    expect(guarantees({ attempted: ['a', 'b', 'c', 'd', 'f'] })).toEqual(['G2', 'G2']);
  });

  test('is broken by a second effect', () => {
    const effects = new Map([
      ['ship', ['a', 'b', 'e', 'a', 'a']],
      ['bill', ['a', 'e']],
    ]);
    expect(checkConservation({ ...sound, effects })).toEqual([{ guarantee: 'G3', message: 'ship applied a 3 times' }]);
  });
});

describe('order', () => {
  const applied = (...sequences: readonly number[]) => sequences.map((sequence) => ({ key: 'k', sequence }));

  test('holds for each key on its own', () => {
    expect(checkOrder([...applied(1, 2), { key: 'l', sequence: 1 }, ...applied(3)])).toEqual([]);
  });

  test.each([
    ['a skip', [1, 3]],
    ['a step back', [1, 2, 1]],
    ['a repetition', [1, 1]],
    ['a late start', [2]],
  ])('is broken by %s', (_, sequences) => {
    expect(checkOrder(applied(...sequences)).map(({ guarantee }) => guarantee)).toContain('G4');
  });
});

test('a digest tells histories apart by what happened, when, and in which order', () => {
  const clock = createVirtualClock(createRng(1), 0);
  const digestOf = (...kinds: readonly [string, object?][]) => {
    const history = createHistory(clock);
    for (const [kind, detail] of kinds) history.record(kind, { ...detail });
    return history.digest();
  };
  expect(digestOf(['a'], ['b'])).toBe(digestOf(['a'], ['b']));
  expect(digestOf(['a'], ['b'])).not.toBe(digestOf(['b'], ['a']));
  expect(digestOf(['a', { n: 1 }])).not.toBe(digestOf(['a', { n: 2 }]));
  expect(digestOf(['a'])).not.toBe(digestOf(['a'], ['a']));
});

test('a plan hits the calls that it names, of one role or of all', () => {
  const call = { index: 0, process: 'relay/1', role: 'relay', service: 'sns', action: 'PublishBatch', nth: 2, visit: 1 } as const;
  const decide = (plan: Parameters<typeof plannedFaults>[0][number]) => plannedFaults([plan]).decide(call);
  const base = { service: 'sns', action: 'PublishBatch', kind: 'slow' } as const;
  expect(decide(base)).toBe('slow');
  expect(decide({ ...base, nth: 2 })).toBe('slow');
  expect(decide({ ...base, nth: 1, role: 'relay' })).toBe('slow');
  expect(decide({ ...base, nth: 2, role: 'relay' })).toBeUndefined();
  expect(decide({ ...base, nth: 1 })).toBeUndefined();
  expect(decide({ ...base, role: 'sweeper' })).toBeUndefined();
  expect(decide({ ...base, action: 'Publish' })).toBeUndefined();
});

test('random faults come at their rate, from a subset of kinds that differs between seeds', () => {
  const call = { index: 0, process: 'p', role: 'p', service: 'dynamodb', nth: 0, visit: 0 } as const;
  const actions = ['TransactWriteItems', 'BatchWriteItem'];
  const kindsOf = (seed: number) => {
    const faults = randomFaults(createRng(seed), 0.25);
    const decided = Array.from({ length: 2_000 }, (_, index) => faults.decide({ ...call, action: String(actions[index % 2]) }));
    return decided.filter((kind) => kind !== undefined);
  };
  const subsets = Array.from({ length: 20 }, (_, seed) => new Set(kindsOf(seed)));
  expect(new Set(subsets.map((kinds) => [...kinds].sort().join())).size).toBeGreaterThan(5);
  expect(new Set(subsets.flatMap((kinds) => [...kinds])).size).toBe(FAULT_KINDS.length);
  const count = Math.max(...Array.from({ length: 5 }, (_, seed) => kindsOf(seed).length));
  expect(count).toBeGreaterThan(400);
  expect(count).toBeLessThan(600);
});
