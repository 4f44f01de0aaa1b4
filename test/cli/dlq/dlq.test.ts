import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { dlqCommand } from '../../../lib/cli/dlq/dlq.ts';
import type { Failure } from '../../../lib/dlq/failure.ts';
import { failure, fakeDesk, group, type Script } from '../operator/fake-desk.ts';

const folder = mkdtempSync(join(tmpdir(), 'posthaste-dlq-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOW = Date.UTC(2030, 0, 1);
const run = (line: string, desk: ReturnType<typeof fakeDesk>) =>
  dlqCommand.run(dlqCommand.parse(line.split(' ').filter(Boolean), NOW), desk);

/** A store that holds these failures; `list` answers two a page. */
function storeOf(failures: readonly Failure[]): Script {
  return {
    list({ where = {}, cursor = '0', limit = 2 }) {
      const { id, status = 'open' } = where;
      const found = failures.filter((each) => each.status === status && (id === undefined || each.id === id));
      const end = Number(cursor) + Math.min(2, limit);
      return { failures: found.slice(Number(cursor), end), ...(end < found.length && { cursor: String(end) }) };
    },
    show: ({ id }) => ({ failure: failures.find((each) => each.id === id) ?? failure(id), body: '{"id":"1"}', audits: [] }),
  };
}

describe('posthaste dlq', () => {
  test('without a verb shows groups: how many stand how, where, and an example', async () => {
    const desk = fakeDesk({ groups: { groups: [group({ firstAt: NOW - 7_200_000, lastAt: NOW - 300_000 })] } });
    expect(await run('', desk)).toBe(0);
    expect(desk.asked).toEqual([{ operation: 'groups' }]);
    expect(desk.printed.slice(0, 3)).toEqual([
      '2 open, 1 done  ship-order  orders.order-placed  HANDLER_PERMANENT',
      '    AddressError: no such street',
      '    fingerprint=f1f1f1f1f1f1f1f1  first 2h ago, last 5m ago, 3 in all, by versions 1, 2, e.g. a000000000',
    ]);
    expect(desk.printed.slice(-2)).toEqual([
      'next: npx posthaste dlq show a000000000 --port 4567',
      'then: npx posthaste redrive --where fingerprint=f1f1f1f1f1f1f1f1 --dry-run --port 4567',
    ]);
  });

  test('says once what is both the reason and the kind of the error', async () => {
    const invalid = { reason: 'MESSAGE_INVALID', errorType: 'MESSAGE_INVALID', errorMessage: 'no parcels' };
    const desk = fakeDesk({ groups: { groups: [group(invalid)] } });
    await run('', desk);
    expect(desk.printed.slice(0, 2)).toEqual(['2 open, 1 done  ship-order  orders.order-placed  MESSAGE_INVALID', '    no parcels']);
  });

  test('has nothing to do next where all is worked', async () => {
    const desk = fakeDesk({ groups: { groups: [group({ counts: { done: 3 } })] } });
    await run('', desk);
    expect(desk.printed.join('\n')).not.toContain('next:');
  });

  test('shows the body alone, byte for byte', async () => {
    const desk = fakeDesk({ ...storeOf([failure('a')]), show: { failure: failure('a'), body: '{ "id":\t"1" }', audits: [] } });
    expect(await run('show a --body', desk)).toBe(0);
    expect(desk.printed).toEqual(['{ "id":\t"1" }']);
  });

  test('lists across pages up to the limit, and says that there are more', async () => {
    const failures = ['a', 'b', 'c', 'd', 'e'].map((id) => failure(id, { failedAt: NOW - 90_000 }));
    const desk = fakeDesk(storeOf(failures));
    expect(await run('list --limit 3', desk)).toBe(0);
    expect(desk.printed).toEqual([
      'id          failed   consumer    type                 redrives  reason             error',
      ...['a', 'b', 'c'].map(
        (id) => `${id}000000000  90s ago  ship-order  orders.order-placed         0  HANDLER_PERMANENT  no such street`,
      ),
      'there are more: npx posthaste dlq list --limit 30 --port 4567',
    ]);
    const selected = fakeDesk(storeOf(failures));
    await run('list --limit 1 --where key="it\'s",status=open', selected);
    expect(selected.printed.at(-1)).toBe(
      `there are more: npx posthaste dlq list --where 'key=it'\\''s,status=open' --limit 10 --port 4567`,
    );
  });

  test('asks for no more than the function answers at once', async () => {
    const desk = fakeDesk(storeOf([failure('a')]));
    await run('list --limit 1000', desk);
    expect(desk.asked).toEqual([{ operation: 'list', limit: 100 }]);
  });

  test('a list for machines is what the function answers, pages joined', async () => {
    const failures = ['a', 'b', 'c'].map((id) => failure(id));
    const desk = fakeDesk(storeOf(failures));
    await run('list --json --where consumer=ship-order,since=1h', desk);
    expect(JSON.parse(desk.printed.join('\n'))).toEqual({ failures });
    expect(desk.asked[0]).toMatchObject({ where: { consumer: 'ship-order', since: NOW - 3_600_000 }, limit: 50 });
  });

  test('shows the whole story of a failure by the beginning of its id, however it stands', async () => {
    const attempts = [{ at: '2029-12-31T23:00:00.000Z', type: 'TimeoutError', message: 'too slow' }];
    const parked = failure('3f2a', {
      status: 'parked',
      stack: 'AddressError: no\n    at ship (a.ts:1:1)',
      attempts,
      redrives: 2,
      letters: 3,
    });
    const audits = [
      { failureId: parked.id, at: NOW, action: 'redrive' as const, who: 'ada', why: 'fixed', result: 'sent', redriveId: 'r1' },
    ];
    const desk = fakeDesk({
      ...storeOf([failure('b'), parked]),
      show: { failure: parked, body: '{"id":"1","n":10000000000000000000001}', audits },
    });
    expect(await run('show 3f2a', desk)).toBe(0);
    const text = desk.printed.join('\n');
    expect(desk.asked.at(-1)).toEqual({ operation: 'show', id: parked.id });
    for (const part of [
      /^3f2a0+ {2}parked/,
      /1 {2}2029-12-31T23:00:00.000Z {2}TimeoutError {2}too slow/,
      /at ship/,
      /"n": 10000000000000000000001/,
      /redrive: sent {2}ada \(fixed\) {2}r1/,
      /redriven +2 times/,
    ]) {
      expect(text).toMatch(part);
    }
  });

  test.each([
    ['MESSAGE_INVALID', 'MESSAGE_INVALID', false],
    ['MESSAGE_INVALID', 'TypeError', true],
    ['HANDLER_PERMANENT', 'MESSAGE_INVALID', true],
  ])('of a failure for %s with the error %s shows its stack: %s', async (reason, errorType, isShown) => {
    const desk = fakeDesk(storeOf([failure('a', { reason, errorType, stack: 'Error: no\n    at read (a.mjs:1:1)' })]));
    await run('show a', desk);
    expect(desk.printed.includes('      at read (a.mjs:1:1)')).toBe(isShown);
  });

  test.each(['AT_MOST_ONCE_FAILED', 'OUTCOME_UNKNOWN'])(
    'says of %s that it may have run, and what can be done while it waits',
    async (reason) => {
      const storyOf = async (values: Partial<Failure>) => {
        const desk = fakeDesk(storeOf([failure('a', values)]));
        await run('show a', desk);
        return desk.printed;
      };
      expect((await storyOf({ reason })).slice(-4)).toEqual([
        'what to do',
        '  It may have run: its consumer runs a message at most once, and has begun with this one. Find out what it did.',
        '  If that is enough: npx posthaste dlq archive a000000000 --port 4567',
        '  To run it once more: npx posthaste redrive a000000000 --run-again --port 4567',
      ]);
      expect(await storyOf({ reason, status: 'parked' })).toContain('what to do');
      for (const values of [{ reason, status: 'archived' as const }, {}]) expect(await storyOf(values)).not.toContain('what to do');
    },
  );

  test('what a message says cannot steer the terminal', async () => {
    const evil = failure('a', { errorMessage: '\u001b[2Jgone', stack: '\u001b]0;owned', consumer: 'x\u202e' });
    const desk = fakeDesk({
      ...storeOf([evil]),
      show: { failure: evil, body: '\u001b[31m', audits: [] },
      groups: { groups: [group({ errorMessage: '\u0007' })] },
    });
    for (const line of ['list', 'group', `show ${evil.id}`]) await run(line, desk);
    expect(desk.printed.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test.each([
    ['show 9', /no failure has an id that begins with "9"/],
    ['show 3', /several failures have an id that begins with "3", e.g. 3a00000000 and 3b00000000: give more of it/],
    ['list --where fingerprint=0', /no group has a fingerprint that begins with "0"/],
  ])('%s is refused, with what would help', async (line, sentence) => {
    const desk = fakeDesk({ ...storeOf([failure('3a'), failure('3b', { status: 'done' })]), groups: { groups: [group()] } });
    await expect(run(line, desk)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(sentence) });
  });

  test.each([
    ['drop', /has no "drop"; it has group, list, show/],
    ['show', /takes the id of a failure/],
    ['show a --body --json', /--body, for the body alone, or --json, not both/],
    ['list --body', /--body goes with posthaste dlq show, not with list/],
    ['show a b', /takes one word more at most/],
    ['archive', /say what to archive/],
    ['archive a --where key=b', /an id or --where, not both/],
    ['list ship-order', /selects with --where/],
    ['list --out x', /--out goes with posthaste dlq export, not with list/],
    ['move', /takes the name of a consumer/],
    ['list --port 1 --aws', /--port is that of the embedded AWS/],
    ['list --region x', /--region goes with --aws/],
  ])('%s cannot be meant', (line, sentence) => {
    expect(() => dlqCommand.parse(line.split(' '), NOW)).toThrow(sentence);
  });

  test('the help names every option', () => {
    for (const option of ['where', 'limit', 'out', 'why', 'rate', 'yes', 'stack', 'port', 'aws', 'json', 'help']) {
      expect(dlqCommand.help()).toMatch(new RegExp(`^ {2}--${option}\\b`, 'm'));
    }
  });
});

test('the help of a verb names what it takes only', () => {
  const help = dlqCommand.help(['show', '3f2a', '--help']);
  expect([...help.matchAll(/^ {2}(--[a-z]+)/gm)].map(([, option]) => option)).toEqual([
    '--body',
    ...['--stack', '--port', '--aws', '--json', '--help'],
  ]);
  expect(dlqCommand.help(['list', '--help'])).toContain('status is open unless given; it is one of open, parked, redriving');
});

test.each(['group', 'list', 'archive --yes'])('%s says that a stack has no such consumer, where nothing is found of it', async (line) => {
  const status = { stack: 'shop', at: 0, consumers: [], outboxes: [], groups: [], redrives: [] };
  const desk = fakeDesk({ ...storeOf([]), groups: { groups: [] }, status });
  expect(await run(`${line} --where consumer=nope`, desk)).toBe(0);
  expect(desk.told).toEqual(['the stack has no consumer "nope"; it has none']);
});

describe('archive and restore', () => {
  const failures = [failure('a'), failure('b'), failure('c', { status: 'archived' })];
  const script = (): Script => {
    const parts = [
      { changed: 1, refused: 0, more: true as const },
      { changed: 1, refused: 0 },
    ];
    return { ...storeOf(failures), archive: () => parts.shift() ?? { changed: 0, refused: 0 }, restore: { changed: 1, refused: 1 } };
  };

  test('ask first, say how many, and ask again while the function had no time for all', async () => {
    const desk = fakeDesk(script(), { says: true });
    expect(await run('archive --where consumer=ship-order --why cancelled', desk)).toBe(0);
    expect(desk.told[0]).toBe('archive 2 failures?');
    const request = { operation: 'archive', where: { consumer: 'ship-order', until: NOW }, author: { who: 'local:ada', why: 'cancelled' } };
    expect(desk.asked.slice(-2)).toEqual([request, request]);
    expect(desk.printed).toEqual(['2 failures archived']);
  });

  test('change nothing without a yes', async () => {
    const desk = fakeDesk(script(), { says: false });
    expect(await run('archive --where consumer=ship-order', desk)).toBe(1);
    expect(desk.asked.map(({ operation }) => operation)).not.toContain('archive');
  });

  test('where nobody can be asked --yes is needed', async () => {
    await expect(run('archive --where consumer=ship-order', fakeDesk(script()))).rejects.toThrow(/--yes agrees beforehand/);
    const desk = fakeDesk(script());
    expect(await run('restore c --yes', desk)).toBe(0);
    expect(desk.asked.at(-1)).toMatchObject({ operation: 'restore', where: { id: failures[2]?.id, status: 'archived' } });
    expect(desk.printed).toEqual(['1 failure restored', '1 failure stood differently by then and was left']);
  });

  test.each([
    ['restore a', /^the failure a000000000 is open; only what is archived can be restored/],
    ['archive c', /^the failure c000000000 is archived; only what is open or parked can be archived/],
    [`archive ${'c'.padEnd(32, '0')}`, /^the failure c000000000 is archived/],
    ['restore 9', /^no failure has an id that begins with "9"/],
  ])('%s names the standing that forbids it', async (line, sentence) => {
    await expect(run(line, fakeDesk(script(), { says: true }))).rejects.toThrow(sentence);
  });

  test('take an id that is short among those they can be done to', async () => {
    const desk = fakeDesk(storeOf([failure('c1'), failure('c2', { status: 'archived' })]), { says: false });
    expect(await run('restore c', desk)).toBe(1);
  });

  test('say so when nothing matches', async () => {
    const desk = fakeDesk(storeOf([]));
    expect(await run('archive --where key=x --json', desk)).toBe(0);
    expect(JSON.parse(desk.printed.join(''))).toEqual({ changed: 0, refused: 0 });
  });
});

describe('export', () => {
  const page = (id: string, cursor?: string) => ({
    failures: [{ ...failure(id), text: `{"id":"${id}"}` }],
    ...(cursor !== undefined && { cursor }),
  });
  const script: Script = { export: ({ cursor }) => (cursor === undefined ? page('a', 'next') : page('b')) };

  test('writes JSON lines with bodies, page by page', async () => {
    const desk = fakeDesk(script);
    expect(await run('export', desk)).toBe(0);
    expect(desk.printed.map((line) => JSON.parse(line).text)).toEqual(['{"id":"a"}', '{"id":"b"}']);
    expect(desk.told).toEqual(['2 failures written']);
  });

  test('to a file overwrites nothing unless told to, and nobody else may read it', async () => {
    const file = join(folder, 'failures.jsonl');
    writeFileSync(file, 'precious');
    await expect(run(`export --out ${file}`, fakeDesk(script))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(await run(`export --out ${file} --yes`, fakeDesk(script))).toBe(0);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2);
    await expect(run(`export --out ${join(folder, 'no', 'x')}`, fakeDesk(script))).rejects.toThrow(/cannot be written \(ENOENT\)/);
    expect(existsSync(join(folder, 'no'))).toBe(false);
  });
});

test('move asks, and passes the rate and the author on', async () => {
  const desk = fakeDesk({ move: { taskHandle: 'h' } }, { says: true });
  expect(await run('move ship-order --rate 600/min', desk)).toBe(0);
  expect(desk.told[0]).toMatch(/^move everything in the dead-letter queue of ship-order/);
  expect(desk.asked).toEqual([{ operation: 'move', consumer: 'ship-order', rate: 10, author: { who: 'local:ada' } }]);
});
