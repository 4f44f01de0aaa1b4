import { describe, expect, test } from 'vitest';
import type { LogLine, Logs } from '../../../lib/cli/tail/logs.ts';
import { createTailCommand } from '../../../lib/cli/tail/tail.ts';
import { PosthasteError } from '../../../lib/core/errors.ts';
import type { Page } from '../../../lib/core/pages.ts';
import { createRng } from '../../../lib/core/rng.ts';
import { fakeDesk } from '../operator/fake-desk.ts';

const NOW = Date.UTC(2030, 0, 1);
const GROUPS = ['/aws/lambda/shop-bill-order', '/aws/lambda/shop-ship-order', '/aws/lambda/shop-ship-order-later', '/aws/lambda/stray'];

/** Runs it for some polls; `pages` are what a poll finds of a group. */
async function run(argv: readonly string[], pages: (group: string, poll: number) => readonly LogLine[], polls = 3) {
  const desk = fakeDesk({});
  const asked: { group: string; since: number }[] = [];
  const times = new Map<string, number>();
  const logs: Logs = {
    groups: async (prefix) => ({ items: GROUPS.filter((group) => group.startsWith(prefix)) }),
    async lines(group, since) {
      asked.push({ group, since });
      const poll = (times.get(group) ?? 0) + 1;
      times.set(group, poll);
      if (poll === polls) desk.interrupt();
      return { items: pages(group, poll) };
    },
  };
  const command = createTailCommand(() => logs);
  const ended = command.run(command.parse(argv, NOW), desk);
  ended.catch(() => {});
  await desk.clock.run();
  return { code: await ended, desk, asked };
}

const line = (id: string, at: number, message: object): LogLine => ({ id, at, message: JSON.stringify(message) });
const outcome = (id: string, at: number) =>
  line(id, at, { level: 'DEBUG', message: 'message outcome', consumer: 'ship-order', messageId: id, outcome: 'done' });
const counts = (id: string, at: number, consumer: string) =>
  line(id, at, { _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: 'MessagesProcessed' }] }] }, consumer, MessagesProcessed: 1 });

describe('posthaste tail', () => {
  test('shows the lines of all functions of a stack in the order of their times, each once, until Ctrl-C', async () => {
    const { code, desk } = await run(['--stack', 'shop'], (group, poll) =>
      group.endsWith('bill-order')
        ? [counts('a', NOW + 20, 'bill-order')]
        : group.endsWith('ship-order') && poll > 1
          ? [counts('b', NOW + 10, 'ship-order')]
          : [],
    );
    expect(code).toBe(0);
    expect(desk.printed).toEqual(['00:00:00.020  bill-order  1 processed\n', '00:00:00.010  ship-order  1 processed\n']);
    expect(desk.told).toEqual(['3 functions; Ctrl-C ends it']);
  });

  test('shows no counts of a consumer whose messages have a line each', async () => {
    const pages = (group: string) =>
      group.endsWith('bill-order')
        ? [counts('c', NOW + 3, 'bill-order')]
        : group.endsWith('ship-order')
          ? [outcome('a', NOW + 1), counts('b', NOW + 2, 'ship-order')]
          : [];
    const { desk } = await run(['--stack', 'shop'], pages);
    expect(desk.printed.map((text) => text.slice(14).trim())).toEqual(['ship-order  done  a', 'bill-order  1 processed']);
  });

  test('of one consumer reads no other log, and from as long ago as was asked', async () => {
    const { desk, asked } = await run(['--stack', 'shop', '--consumer', 'ship-order', '--since', '10m', '--json'], () => [
      outcome('a', NOW),
    ]);
    expect(asked.map(({ group }) => group)).toEqual(Array(3).fill('/aws/lambda/shop-ship-order'));
    expect(asked[0]?.since).toBe(NOW - 600_000);
    expect(desk.printed.map((text) => JSON.parse(text))).toEqual([
      { at: NOW, from: 'ship-order', level: 'DEBUG', text: 'message outcome', outcome: 'done', messageId: 'a' },
    ]);
  });

  test('of one consumer finds the stack that the embedded AWS holds', async () => {
    const { asked } = await run(['--consumer', 'ship-order'], () => [outcome('a', NOW)]);
    expect(new Set(asked.map(({ group }) => group))).toEqual(new Set(['/aws/lambda/shop-ship-order']));
  });

  test('calls a function by its name in the stack, also where its lines do not say it and no stack is named', async () => {
    const { desk } = await run(['--since', '1m'], (group) => [{ id: 'a', at: NOW, message: `hello of ${group.slice(12)}` }]);
    expect(desk.printed.map((text) => text.slice(14).trim())).toEqual([
      'bill-order  hello of shop-bill-order',
      'ship-order  hello of shop-ship-order',
      'ship-order-later  hello of shop-ship-order-later',
      'stray  hello of stray',
    ]);
    expect((await run(['--stack', 'shop', '--consumer', 'ship-order'], () => [])).desk.told).toEqual(['1 function; Ctrl-C ends it']);
  });

  test('looks back for lines that turn up late', async () => {
    const { desk, asked } = await run(['--since', '1m'], (group, poll) => {
      if (!group.endsWith('stray')) return [];
      return poll === 1 ? [counts('a', NOW, 'x')] : [counts('late', NOW - 14_000, 'x'), counts('a', NOW, 'x')];
    });
    expect(asked.filter(({ group }) => group.endsWith('stray')).map(({ since }) => NOW - since)).toEqual([60_000, 15_000, 15_000]);
    expect(desk.printed).toHaveLength(2);
  });

  describe('of an account', () => {
    const throttled = () => new PosthasteError('AWS throttles calls right now', { code: 'THROTTLED' });

    /** Reads an account's logs until the given time; the answer to a call is a page, or an error. */
    async function runAws(
      groups: readonly string[],
      answer: (call: { group: string; cursor: string | undefined; n: number }) => Page<LogLine>,
    ) {
      const desk = fakeDesk({});
      const calls: { at: number; group: string; cursor: string | undefined }[] = [];
      const logs: Logs = {
        groups: async () => ({ items: groups }),
        async lines(group, _since, cursor) {
          calls.push({ at: desk.clock.now() - NOW, group, cursor });
          return answer({ group, cursor, n: calls.length });
        },
      };
      const command = createTailCommand(() => logs, createRng(1));
      const ended = command.run(command.parse(['--aws', '--stack', 'shop', '--since', '10m'], NOW), desk);
      ended.catch(() => {});
      desk.clock.after(60_000, () => desk.interrupt());
      await desk.clock.run();
      return { code: await ended, desk, calls };
    }

    test('asks four times a second at most, all groups and all pages together', async () => {
      const groups = Array.from({ length: 30 }, (_, place) => `/aws/lambda/shop-${place}`);
      const { calls, desk, code } = await runAws(groups, ({ cursor }) => ({ items: [], ...(cursor === undefined && { cursor: 'more' }) }));
      expect(code).toBe(0);
      expect(calls.length).toBeGreaterThan(180);
      const apart = calls.slice(1).map(({ at }, place) => at - (calls[place]?.at ?? 0));
      expect(Math.min(...apart)).toBeGreaterThanOrEqual(250);
      expect(new Set(calls.map(({ group }) => group)).size).toBe(30);
      expect(desk.told[0]).toMatch(/^30 functions, each looked at every 10 seconds, .*--consumer NAME/);
    });

    test('goes on where it was throttled, some seconds later: no line is left out, none is shown twice', async () => {
      const { calls, desk, code } = await runAws(['/aws/lambda/shop-a', '/aws/lambda/shop-b'], ({ group, cursor, n }) => {
        if (n >= 2 && n <= 4) throw throttled();
        const name = group.at(-1) ?? '';
        const [first, second] = [counts(`${name}1`, NOW - 20, name), counts(`${name}2`, NOW - 10, name)];
        return cursor === undefined ? { items: [first], cursor: 'more' } : { items: [first, second] };
      });
      expect(code).toBe(0);
      expect(calls.slice(0, 6).map(({ group, cursor }) => [group.at(-1), cursor])).toEqual([
        ['a', undefined],
        ...Array(4).fill(['a', 'more']),
        ['b', undefined],
      ]);
      const waits = calls.slice(1, 5).map(({ at }, place) => at - (calls[place]?.at ?? 0));
      expect(waits[0]).toBe(250);
      for (const [place, least] of [500, 1_000, 2_000].entries()) {
        expect(waits[place + 1]).toBeGreaterThanOrEqual(least);
        expect(waits[place + 1]).toBeLessThanOrEqual(2 * least);
      }
      expect(desk.printed.map((text) => text.slice(14).trim())).toEqual([
        'a  1 processed',
        'b  1 processed',
        'a  1 processed',
        'b  1 processed',
      ]);
      expect(desk.told.filter((text) => text.includes('throttles'))).toHaveLength(1);
    });

    test('ends with any other error', async () => {
      const denied = new PosthasteError('you may not read the logs', { code: 'ACCESS_DENIED' });
      await expect(
        runAws(['/aws/lambda/shop-a'], () => {
          throw denied;
        }),
      ).rejects.toThrow(denied);
    });
  });

  test.each([
    [['--stack', 'nope'], /no log group \/aws\/lambda\/nope-\*: is the stack deployed/],
    [
      ['--stack', 'shop', '--consumer', 'nope'],
      /^the stack shop has no function "nope" with a log; it has bill-order, ship-order, ship-order-later; see/,
    ],
    [['--stack', 'nope', '--consumer', 'nope'], /it has none at all: is it deployed, and its name right/],
  ])('%j is refused, with what would help', async (argv, sentence) => {
    await expect(run(argv, () => [])).rejects.toThrow(sentence);
  });

  test.each([
    [['now'], /takes options only/],
    [['--since', 'yesterday'], /--since takes a time span/],
  ])('%j cannot be meant', (argv, sentence) => {
    expect(() => createTailCommand().parse(argv, NOW)).toThrow(sentence);
  });
});
