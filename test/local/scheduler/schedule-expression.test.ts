import { expect, test } from 'vitest';
import { nextRun, parseExpression } from '../../../lib/local/scheduler/schedule-expression.ts';

const UTC = { zone: 'UTC', anchor: 0, start: undefined, end: undefined };

/** The next `count` runs after an instant, as ISO text without milliseconds. */
function runs(text: string, after: string, options: { zone?: string; count?: number; anchor?: string } = {}): string[] {
  const expression = parseExpression(text);
  if (expression === undefined) throw new Error(`not an expression: ${text}`);
  const bounds = { ...UTC, zone: options.zone ?? 'UTC', anchor: options.anchor === undefined ? 0 : Date.parse(options.anchor) };
  const found: string[] = [];
  let at: number | undefined = Date.parse(after);
  while (found.length < (options.count ?? 2)) {
    at = nextRun(expression, at, bounds);
    if (at === undefined) break;
    found.push(new Date(at).toISOString().replace('.000Z', 'Z'));
  }
  return found;
}

test('a rate runs at its anchor and then regularly', () => {
  expect(runs('rate(5 minutes)', '2026-01-01T00:00:00Z', { anchor: '2026-01-01T00:02:00Z' })).toEqual([
    '2026-01-01T00:02:00Z',
    '2026-01-01T00:07:00Z',
  ]);
  expect(runs('rate(1 day)', '2026-01-03T00:00:00Z', { anchor: '2026-01-01T06:00:00Z', count: 1 })).toEqual(['2026-01-03T06:00:00Z']);
});

test.each([
  ['cron(0 10 * * ? *)', '2026-01-31T10:00:00Z', ['2026-02-01T10:00:00Z', '2026-02-02T10:00:00Z']],
  ['cron(*/15 8-9 ? * MON-FRI *)', '2026-01-02T09:40:00Z', ['2026-01-02T09:45:00Z', '2026-01-05T08:00:00Z']],
  ['cron(0 0 L * ? *)', '2026-02-01T00:00:00Z', ['2026-02-28T00:00:00Z', '2026-03-31T00:00:00Z']],
  ['cron(0 0 15W * ? *)', '2026-02-01T00:00:00Z', ['2026-02-16T00:00:00Z', '2026-03-16T00:00:00Z']],
  ['cron(0 0 1W * ? *)', '2026-07-31T00:00:00Z', ['2026-08-03T00:00:00Z', '2026-09-01T00:00:00Z']],
  ['cron(0 0 ? * 6L *)', '2026-01-01T00:00:00Z', ['2026-01-30T00:00:00Z', '2026-02-27T00:00:00Z']],
  ['cron(0 0 ? * 3#2 *)', '2026-01-01T00:00:00Z', ['2026-01-13T00:00:00Z', '2026-02-10T00:00:00Z']],
  ['cron(30 6 29 FEB ? *)', '2026-01-01T00:00:00Z', ['2028-02-29T06:30:00Z', '2032-02-29T06:30:00Z']],
  ['cron(0 0 1 1 ? 2026-2027)', '2026-06-01T00:00:00Z', ['2027-01-01T00:00:00Z']],
  ['cron(5/20 0 1 * ? 2030)', '2026-01-01T00:00:00Z', ['2030-01-01T00:05:00Z', '2030-01-01T00:25:00Z']],
])('%s after %s runs at %j', (text, after, expected) => {
  expect(runs(text, after)).toEqual(expected);
});

test('a zone’s clocks decide: an hour that spring skips has no run, one that autumn repeats has one', () => {
  expect(runs('cron(30 2 * * ? *)', '2026-03-28T00:00:00Z', { zone: 'Europe/Berlin', count: 3 })).toEqual([
    '2026-03-28T01:30:00Z',
    '2026-03-30T00:30:00Z',
    '2026-03-31T00:30:00Z',
  ]);
  expect(runs('cron(30 2 * * ? *)', '2026-10-24T12:00:00Z', { zone: 'Europe/Berlin' })).toEqual([
    '2026-10-25T00:30:00Z',
    '2026-10-26T01:30:00Z',
  ]);
  expect(runs('at(2026-07-01T09:00:00)', '2026-01-01T00:00:00Z', { zone: 'America/New_York' })).toEqual(['2026-07-01T13:00:00Z']);
});

test.each([
  'rate(0 minutes)',
  'rate(5 seconds)',
  'rate(5)',
  'at(2026-02-30T00:00:00)',
  'at(2026-01-01)',
  'cron(0 10 * * * *)',
  'cron(0 10 ? * ? *)',
  'cron(60 10 * * ? *)',
  'cron(0 10 * * ?)',
  'cron(0 10 * FOO ? *)',
  'cron(0 10 ? * 8 *)',
  'cron(10-5 0 * * ? *)',
  '5 minutes',
])('%s is not an expression', (text) => {
  expect(parseExpression(text)).toBeUndefined();
});

test('a recurrence ends with its end date', () => {
  const expression = parseExpression('rate(1 hour)');
  if (expression === undefined) throw new Error('unreachable');
  expect(nextRun(expression, 3_600_000, { ...UTC, end: 7_200_000 })).toBe(7_200_000);
  expect(nextRun(expression, 7_200_000, { ...UTC, end: 7_200_000 })).toBeUndefined();
});
