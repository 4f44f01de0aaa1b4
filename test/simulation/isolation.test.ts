import { describe, expect, test } from 'vitest';
import { checkIsolation, type Fates } from '../../lib/simulation/isolation.ts';
import { checkLiveness } from '../../lib/simulation/liveness.ts';
import { checkParking } from '../../lib/simulation/parking.ts';

const fine: Fates = {
  consumer: 'audit',
  healthy: ['good'],
  poison: ['bad'],
  deadLettered: new Map([['bad', [-1_000]]]),
  failedRuns: new Map([['bad', 5]]),
  attemptsOf: () => 5,
  disturbances: 0,
  parkWithinMs: 60_000,
};
const check = (fates: Partial<Fates>) => checkIsolation({ ...fine, ...fates }).map(({ guarantee, message }) => `${guarantee} ${message}`);

describe('poison', () => {
  test('that leaves after its attempts and within its time breaks no promise', () => {
    expect(check({})).toEqual([]);
  });

  test('that never leaves, or leaves late, breaks G5', () => {
    expect(check({ deadLettered: new Map() })).toEqual(['G5 audit never gave up bad, which cannot succeed']);
    expect(check({ deadLettered: new Map([['bad', [60_001]]]) })).toEqual(['G5 audit gave up bad only 60001 ms after the chaos']);
  });

  test('may run once more for each disturbance, and as often again for each copy', () => {
    expect(check({ failedRuns: new Map([['bad', 6]]) })).toEqual(['G5 audit ran bad 6 times, where 5 are allowed']);
    expect(check({ failedRuns: new Map([['bad', 6]]), disturbances: 1 })).toEqual([]);
    expect(check({ failedRuns: new Map([['bad', 10]]), deadLettered: new Map([['bad', [0, 1]]]) })).toEqual([]);
  });

  test('that is given up before its attempts are used up breaks G5, unless a disturbance hid some of them', () => {
    expect(check({ failedRuns: new Map([['bad', 4]]) })).toEqual(['G5 audit gave up bad after 4 runs, where 5 are due']);
    expect(check({ failedRuns: new Map([['bad', 4]]), disturbances: 1 })).toEqual([]);
  });

  test('that takes a healthy neighbour with it breaks G13, unless that neighbour had misfortune enough of its own', () => {
    const deadLettered = new Map([...fine.deadLettered, ['good', [0]]]);
    expect(check({ deadLettered })).toEqual(['G13 audit gave up good, which only had unlucky neighbours']);
    expect(check({ deadLettered, disturbances: 4 })).toHaveLength(1);
    expect(check({ deadLettered, disturbances: 5 })).toEqual([]);
  });
});

describe('input that cannot be understood', () => {
  const strangers = [{ body: '{"half":', reason: 'BODY_INVALID' }];

  test('is parked byte for byte with its reason, in one copy or more', () => {
    const letter = { body: '{"half":', reason: 'BODY_INVALID' };
    expect(checkParking(strangers, [letter])).toEqual([]);
    expect(checkParking(strangers, [letter, letter])).toEqual([]);
  });

  test('breaks G14 when it disappears, is changed, or is parked for another reason', () => {
    const lost = [{ guarantee: 'G14', message: '"{\\"half\\":" is in no dead-letter queue' }];
    expect(checkParking(strangers, [])).toEqual(lost);
    expect(checkParking(strangers, [{ body: '{"half": ', reason: 'BODY_INVALID' }])).toEqual(lost);
    expect(checkParking(strangers, [{ body: '{"half":', reason: undefined }])).toEqual([
      { guarantee: 'G14', message: '"{\\"half\\":" was parked as undefined, not as BODY_INVALID' },
    ]);
  });
});

test('a world that does not come to rest, or storms, breaks G12', () => {
  const rest = { waiting: [], drainMs: 30_000, calls: 100, maxCalls: 100 };
  expect(checkLiveness(rest)).toEqual([]);
  expect(checkLiveness({ ...rest, waiting: ['2 rows are pending'], calls: 101 }).map(({ message }) => message)).toEqual([
    '2 rows are pending after 30000 ms without faults',
    '101 calls, where 100 are plenty',
  ]);
});
