import { describe, expect, test } from 'vitest';
import { frontOf, keyLane, type Lane, type LaneBounds, singleLane } from '../../lib/outbox/lanes.ts';
import type { OutboxRow } from '../../lib/outbox/row.ts';

const row = (seq: number, more: Partial<OutboxRow> = {}): OutboxRow => ({
  ...{ pk: 'KEY#k', sk: `SEQ#${seq}`, id: `id-${seq}`, type: 't', body: '{}', attributes: {}, destinations: ['orders'] },
  ...{ key: 'k', seq, state: 'PENDING#0', committedAt: 1, ...more },
});

/** A lane over a table, read some rows at a time; `late` rows show from the second read on. */
function laneOver(table: readonly OutboxRow[], { until = 99, limit = 99, page = 2, late = [] as readonly number[] } = {}) {
  const reads: (number | undefined)[] = [];
  const bounds: LaneBounds = { until, limit };
  const lane = keyLane(
    'k',
    async (after) => {
      reads.push(after?.seq);
      const visible = table.filter(({ seq = 0 }) => seq > (after?.seq ?? 0) && (reads.length > 1 || !late.includes(seq)));
      return { items: visible.slice(0, page), ...(visible.length > page && { next: 'more' }) };
    },
    bounds,
  );
  return { lane, reads };
}

/** Publishes fronts until the lane ends; their numbers. */
async function publishAll(lane: Lane): Promise<number[]> {
  const published: number[] = [];
  let last: OutboxRow | undefined;
  for (let front = await frontOf(lane); front !== undefined; front = await frontOf(lane, last)) {
    lane.queue.shift();
    lane.reached = front.seq ?? 0;
    lane.published += 1;
    published.push(front.seq ?? 0);
    last = front;
  }
  return published;
}

describe('a lane of a key', () => {
  test('publishes its rows in their order, page after page, and is drained', async () => {
    const { lane, reads } = laneOver([1, 2, 3, 4, 5].map((seq) => row(seq)));
    expect([await publishAll(lane), lane.state, reads]).toEqual([[1, 2, 3, 4, 5], 'drained', [undefined, 2, 4]]);
  });

  test('of no rows is drained after one read', async () => {
    const { lane, reads } = laneOver([]);
    expect([await publishAll(lane), lane.state, reads]).toEqual([[], 'drained', [undefined]]);
  });

  test('ends with the last row that it was asked for, and reads no more', async () => {
    const { lane, reads } = laneOver(
      [1, 2, 3, 4].map((seq) => row(seq)),
      { until: 2 },
    );
    expect([await publishAll(lane), lane.state, reads]).toEqual([[1, 2], 'drained', [undefined]]);
    const beyond = laneOver([row(5)], { until: 4 });
    expect([await publishAll(beyond.lane), beyond.lane.state]).toEqual([[], 'drained']);
  });

  test('that had its share is left, unless nothing is behind it', async () => {
    const rows = [1, 2, 3, 4].map((seq) => row(seq));
    const limited = async (limit: number, page: number, table = rows) => {
      const { lane } = laneOver(table, { limit, page });
      return [await publishAll(lane), lane.state];
    };
    expect(await limited(2, 3)).toEqual([[1, 2], 'left']);
    expect(await limited(2, 2)).toEqual([[1, 2], 'left']);
    expect(await limited(4, 4)).toEqual([[1, 2, 3, 4], 'drained']);
    expect(await limited(2, 2, rows.slice(0, 2))).toEqual([[1, 2], 'drained']);
  });

  test('is held by a parked row, wherever it is', async () => {
    const { lane } = laneOver([row(1), row(2, { state: 'PARKED#0' }), row(3)]);
    expect([await publishAll(lane), lane.state]).toEqual([[1], 'held']);
  });

  test('looks twice where rows of the front’s own transaction are missing, because the first look may have missed them', async () => {
    const rows = [1, 2, 3].map((seq) => row(seq, { first: 1 }));
    const { lane, reads } = laneOver(rows, { page: 9, late: [1] });
    expect([await publishAll(lane), reads]).toEqual([
      [1, 2, 3],
      [undefined, undefined],
    ]);
  });

  test('looks twice only once: what is missing still was published and removed', async () => {
    const { lane, reads } = laneOver([row(3, { first: 1 }), row(4, { first: 1 })], { page: 9 });
    expect([await publishAll(lane), reads]).toEqual([
      [3, 4],
      [undefined, undefined],
    ]);
  });

  test('looks once where the front is the first of its transaction, or follows what was just published', async () => {
    const { lane, reads } = laneOver([row(3, { first: 3 }), row(4, { first: 3 }), row(9)], { page: 9 });
    expect([await publishAll(lane), reads]).toEqual([[3, 4, 9], [undefined]]);
  });

  test('that has ended has no front any more', async () => {
    for (const state of ['drained', 'held', 'left', 'failed'] as const) {
      const { lane, reads } = laneOver([row(1)]);
      lane.state = state;
      expect([await frontOf(lane), lane.state, reads]).toEqual([undefined, state, []]);
    }
  });
});

test('a lane of one row has it, and after its publication nothing', async () => {
  const { key: _, seq: __, ...keyless } = row(1);
  const lane = singleLane(keyless);
  expect(await frontOf(lane)).toBe(keyless);
  lane.queue.shift();
  lane.published = 1;
  expect([await frontOf(lane, keyless), lane.state]).toEqual([undefined, 'drained']);
  const parked = singleLane({ ...keyless, state: 'PARKED#0' });
  expect([await frontOf(parked), parked.state]).toEqual([undefined, 'held']);
});
