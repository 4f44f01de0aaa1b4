import { describe, expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { type Accounts, checkConservation, checkOrder, type KeptMessage } from '../../lib/simulation/conservation.ts';
import { checkFailureBooks, type FailureBooks } from '../../lib/simulation/failure-books.ts';
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

describe('conservation with a failure store', () => {
  const keeping = (status: KeptMessage['status']) => ({
    deadLettered: new Map([['ship', ['c']]]),
    kept: new Map([['bill', [{ id: 'c', status }]]]),
  });

  test.each(['open', 'parked', 'redriving', 'archived'] as const)('holds for a message whose failure is %s', (status) => {
    expect(guarantees(keeping(status))).toEqual([]);
  });

  test.each(['redriven', 'done', 'replaced'] as const)('is broken by a message that is nowhere and whose failure is %s', (status) => {
    expect(guarantees(keeping(status))).toEqual(['G7']);
  });

  test('takes a message of unknown outcome for committed when only the store has it', () => {
    const effects = new Map([
      ['ship', ['a', 'b']],
      ['bill', ['a']],
    ] as const);
    expect(guarantees({ effects, kept: new Map([['bill', [{ id: 'e', status: 'open' }]]]) })).toEqual(['G1']);
  });
});

describe('the books of a failure store', () => {
  const audit = (failureId: string, result: string) => ({ failureId, result, action: 'redrive', redriveId: 'r1' }) as const;
  const balanced: FailureBooks = {
    failures: [
      { id: 'a', status: 'redriven', fingerprint: 'f', redrives: 1 },
      { id: 'b', status: 'redriving', fingerprint: 'f', redrives: 1 },
      { id: 'c', status: 'open', fingerprint: 'g', redrives: 0 },
    ],
    groups: [
      { fingerprint: 'f', counts: { redriven: 1, redriving: 1 } },
      { fingerprint: 'g', counts: { open: 1 } },
    ],
    audits: [audit('a', 'sent'), { ...audit('c', 'archived'), action: 'archive' }],
    redrives: [{ id: 'r1', state: 'finished', counts: { sent: 1, alreadyDone: 0, left: 0 } }],
  };
  const messages = (books: Partial<FailureBooks>) =>
    checkFailureBooks({ ...balanced, ...books }).map(({ guarantee, message }) => `${guarantee} ${message}`);

  test('balance when groups count what is there, and of each claim it is on file what came of it', () => {
    expect(messages({})).toEqual([]);
  });

  test('do not balance when a group counts what is not there, or is missing', () => {
    expect(messages({ groups: [{ fingerprint: 'f', counts: { redriven: 2 } }] })).toEqual([
      'G6 the group f counts 2 redriven, where 1 redriven, 1 redriving is',
      'G6 the group g counts nothing, where 1 open is',
    ]);
  });

  test('do not balance when nothing is on file of a claim', () => {
    expect(messages({ audits: [], redrives: [] })).toEqual(['G7 a was claimed 1 times, and of 0 of them it is on file what came of it']);
  });

  test('do not balance when a redrive counts what is not on file; one that goes on may', () => {
    const counts = { sent: 2, alreadyDone: 0, left: 0 };
    expect(messages({ redrives: [{ id: 'r1', state: 'finished', counts }] })).toHaveLength(1);
    expect(messages({ redrives: [{ id: 'r1', state: 'running', counts }] })).toEqual([]);
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
