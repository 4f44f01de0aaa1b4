import { describe, expect, test } from 'vitest';
import type { LogLine, Logs } from '../../../lib/cli/tail/logs.ts';
import { createTailCommand } from '../../../lib/cli/tail/tail.ts';
import { fakeDesk } from '../operator/fake-desk.ts';

const NOW = Date.UTC(2030, 0, 1);
const GROUPS = ['/aws/lambda/shop-bill-order', '/aws/lambda/shop-ship-order', '/aws/lambda/shop-ship-order-later', '/aws/lambda/stray'];

/** Runs it for some polls; `pages` are what a poll finds of a group. */
async function run(argv: readonly string[], pages: (group: string, poll: number) => readonly LogLine[], polls = 3) {
  const desk = fakeDesk({});
  const asked: { group: string; since: number }[] = [];
  const times = new Map<string, number>();
  const logs: Logs = {
    groups: async (prefix) => GROUPS.filter((group) => group.startsWith(prefix)),
    async lines(group, since) {
      asked.push({ group, since });
      const poll = (times.get(group) ?? 0) + 1;
      times.set(group, poll);
      if (poll === polls) desk.interrupt();
      return pages(group, poll);
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

  test('looks back for lines that turn up late', async () => {
    const { desk, asked } = await run(['--since', '1m'], (group, poll) => {
      if (!group.endsWith('stray')) return [];
      return poll === 1 ? [counts('a', NOW, 'x')] : [counts('late', NOW - 14_000, 'x'), counts('a', NOW, 'x')];
    });
    expect(asked.filter(({ group }) => group.endsWith('stray')).map(({ since }) => NOW - since)).toEqual([60_000, 15_000, 15_000]);
    expect(desk.printed).toHaveLength(2);
  });

  test.each([
    [['--stack', 'nope'], /no log group \/aws\/lambda\/nope-\*: is the stack deployed/],
    [['--stack', 'shop', '--consumer', 'nope'], /no log group \/aws\/lambda\/shop-nope:/],
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
