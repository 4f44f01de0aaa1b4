import { beforeEach, expect, test } from 'vitest';
import { DEVELOPER, type Json, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { compilePattern } from '../../../lib/local/logs/filter-pattern.ts';
import { createLogs, type LoggedEvent, type Logs } from '../../../lib/local/logs/logs.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';
import { engineGateway } from '../gateway/engine-gateway.ts';

const DAY = 86_400_000;
let clock: FakeClock;
let logs: Logs;

beforeEach(() => {
  clock = createFakeClock();
  logs = createLogs({ clock, place: LOCAL_PLACE, maxEvents: 100 });
});

const ask = (action: string, input: Json): Json => logs.call({ service: 'logs', action, input, caller: DEVELOPER }) as Json;
const messages = (answer: Json) => (answer['events'] as { message: string }[]).map(({ message }) => message);

test('a line appended to a group that does not exist makes the group and the stream', () => {
  const seen: LoggedEvent[] = [];
  logs.onEvent((event) => seen.push(event));
  logs.append('/aws/lambda/f', 's1', 'hello');
  expect(messages(ask('FilterLogEvents', { logGroupName: '/aws/lambda/f' }))).toEqual(['hello']);
  expect(seen).toEqual([{ group: '/aws/lambda/f', stream: 's1', message: 'hello', timestamp: clock.now() }]);
  expect(ask('DescribeLogStreams', { logGroupName: '/aws/lambda/f' })['logStreams']).toMatchObject([
    { logStreamName: 's1', firstEventTimestamp: clock.now() },
  ]);
});

test('a group keeps its newest events only', () => {
  for (let line = 0; line < 250; line++) logs.append('g', 's', `line ${line}`);
  const kept = messages(ask('FilterLogEvents', { logGroupName: 'g' }));
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([100, 'line 150', 'line 249']);
});

test('retention drops what is too old', async () => {
  logs.append('g', 's', 'old');
  ask('PutRetentionPolicy', { logGroupName: 'g', retentionInDays: 1 });
  await clock.advanceAsync(DAY + 1);
  logs.append('g', 's', 'new');
  expect(messages(ask('FilterLogEvents', { logGroupName: 'g' }))).toEqual(['new']);
  expect(ask('DescribeLogGroups', {})['logGroups']).toMatchObject([{ logGroupName: 'g', retentionInDays: 1 }]);
  expect(() => ask('PutRetentionPolicy', { logGroupName: 'g', retentionInDays: 2 })).toThrow('retentionInDays');
});

test('a stream is paged forwards from its head, and a page at the end repeats its token', () => {
  for (let line = 0; line < 5; line++) logs.append('g', 's', String(line));
  const first = ask('GetLogEvents', { logGroupName: 'g', logStreamName: 's', startFromHead: true, limit: 3 });
  const second = ask('GetLogEvents', { logGroupName: 'g', logStreamName: 's', limit: 3, nextToken: first['nextForwardToken'] });
  const third = ask('GetLogEvents', { logGroupName: 'g', logStreamName: 's', limit: 3, nextToken: second['nextForwardToken'] });
  expect([messages(first), messages(second), messages(third)]).toEqual([['0', '1', '2'], ['3', '4'], []]);
  expect(third['nextForwardToken']).toBe(second['nextForwardToken']);
  expect(messages(ask('GetLogEvents', { logGroupName: 'g', logStreamName: 's', limit: 2 }))).toEqual(['3', '4']);
});

test('events are put in order into a stream that exists', () => {
  ask('CreateLogGroup', { logGroupName: 'g', tags: { a: 'b' } });
  expect(() => ask('CreateLogGroup', { logGroupName: 'g' })).toThrow('already exists');
  const put = (...timestamps: number[]) =>
    ask('PutLogEvents', {
      logGroupName: 'g',
      logStreamName: 's',
      logEvents: timestamps.map((timestamp) => ({ timestamp, message: `at ${timestamp}` })),
    });
  expect(() => put(1)).toThrow('log stream does not exist');
  ask('CreateLogStream', { logGroupName: 'g', logStreamName: 's' });
  put(5, 7);
  expect(() => put(9, 8)).toThrow('chronological');
  expect(messages(ask('FilterLogEvents', { logGroupName: 'g', startTime: 6, endTime: 7 }))).toEqual(['at 7']);
  expect(ask('ListTagsForResource', { resourceArn: 'arn:aws:logs:us-east-1:000000000000:log-group:g' })).toEqual({ tags: { a: 'b' } });
  ask('DeleteLogGroup', { logGroupName: 'g' });
  expect(() => ask('DescribeLogStreams', { logGroupName: 'g' })).toThrow('log group does not exist');
});

test.each([
  ['', 'anything', true],
  ['ERROR', 'an ERROR here', true],
  ['ERROR timeout', 'ERROR only', false],
  ['?WARN ?ERROR', 'ERROR only', true],
  ['ERROR -ignored', 'ERROR ignored', false],
  ['"two words"', 'has two words', true],
  ['{ $.level = "ERROR" }', '{"level":"ERROR"}', true],
  ['{ $.level = "ERR*" }', '{"level":"ERROR"}', true],
  ['{ $.level != "ERROR" }', '{"level":"ERROR"}', false],
  ['{ $.ms > 100 && $.a.b[1] = "x" }', '{"ms":101,"a":{"b":["y","x"]}}', true],
  ['{ $.ms > 100 || $.ok IS TRUE }', '{"ms":1,"ok":true}', true],
  ['{ $.ms > 100 }', 'not json', false],
])('the pattern %j against %j is %s', (pattern, message, expected) => {
  expect(compilePattern(pattern)(message)).toBe(expected);
});

test('a JSON 1.1 client of the gateway reads what was appended', async () => {
  const { gateway } = await engineGateway([logs]);
  logs.append('g', 's', 'over the wire');
  const headers = { 'x-amz-target': 'Logs_20140328.FilterLogEvents', 'content-type': 'application/x-amz-json-1.1' };
  const response = await fetch(gateway.url, { method: 'POST', headers, body: JSON.stringify({ logGroupName: 'g' }) });
  expect([response.headers.get('content-type'), messages((await response.json()) as Json)]).toEqual([
    'application/x-amz-json-1.1',
    ['over the wire'],
  ]);
  await gateway.close();
});
