import { describe, expect, test } from 'vitest';
import { statusCommand } from '../../../lib/cli/status/status.ts';
import type { ConsumerStatus, OutboxStatus, StackStatus } from '../../../lib/ops/operations.ts';
import { fakeDesk, group } from '../operator/fake-desk.ts';

const NOW = Date.UTC(2030, 0, 1);
const run = (line: string, desk: ReturnType<typeof fakeDesk>) =>
  statusCommand.run(statusCommand.parse(line.split(' ').filter(Boolean), NOW), desk);

const queue = { visible: 0, inFlight: 0, delayed: 0 };
const consumer = (values: Partial<ConsumerStatus> = {}): ConsumerStatus => ({
  name: 'ship-order',
  ordered: false,
  queue,
  deadLetters: queue,
  undelivered: 0,
  failures: {},
  mapping: 'Enabled',
  ...values,
});
const outbox = (values: Partial<OutboxStatus> = {}): OutboxStatus => ({ name: 'outbox', pending: 0, parked: 0, ...values });
const stack = (values: Partial<StackStatus> = {}): StackStatus => ({
  stack: 'shop',
  at: NOW,
  consumers: [consumer()],
  outboxes: [outbox()],
  groups: [],
  redrives: [],
  ...values,
});

test('a calm stack is two tables and a sentence', async () => {
  const desk = fakeDesk({
    status: stack({ consumers: [consumer({ ordered: true, queue: { visible: 12, inFlight: 3, delayed: 1, oldestSeconds: 4 } })] }),
  });
  expect(await run('--check', desk)).toBe(0);
  expect(desk.printed).toEqual([
    'shop  2030-01-01T00:00:00Z',
    '',
    'consumer              waiting  in flight  delayed  oldest  dead letters  undelivered  open  parked  delivery',
    'ship-order (ordered)       12          3        1  4s                 0            0     0       0  Enabled',
    '',
    'outbox  pending  oldest  parked',
    'outbox        0  -            0',
    '',
    'nothing waits for anybody',
  ]);
});

describe('--check', () => {
  test.each<[string, Partial<StackStatus>]>([
    [
      'ship-order: 2 failures open: npx posthaste dlq --where consumer=ship-order --port 4567',
      { consumers: [consumer({ failures: { open: 2 } })] },
    ],
    [
      'ship-order: 1 dead letter in its queue, not in the failure store',
      { consumers: [consumer({ deadLetters: { ...queue, visible: 1 } })] },
    ],
    ['ship-order: 3 messages that SNS could not deliver', { consumers: [consumer({ undelivered: 3 })] }],
    [
      'ship-order: behind, the oldest message has waited for 5m',
      { consumers: [consumer({ queue: { ...queue, inFlight: 1, oldestSeconds: 300 } })] },
    ],
    ['ship-order: its event source mapping is Disabled, so nothing is delivered', { consumers: [consumer({ mapping: 'Disabled' })] }],
    [
      'ship-order: its event source mapping was Disabled 25s ago, so nothing was delivered; as it is now: npx posthaste status --fresh --port 4567',
      { consumers: [consumer({ mapping: 'Disabled', mappingSeconds: 25 })] },
    ],
    ['outbox: 1 message parked in the outbox, which can never be published as they are', { outboxes: [outbox({ parked: 1 })] }],
    ['outbox: behind, the oldest message has been pending for 10m', { outboxes: [outbox({ pending: 1, oldestSeconds: 600 })] }],
  ])('exits 1 for "%s"', async (sentence, values) => {
    const desk = fakeDesk({ status: stack(values) });
    expect(await run('--check', desk)).toBe(1);
    expect(desk.printed.at(-1)).toBe(sentence);
    expect(await run('', fakeDesk({ status: stack(values) }))).toBe(0);
  });

  test.each<[string, Partial<StackStatus>]>([
    ['parked failures, which a rule set aside on purpose', { consumers: [consumer({ failures: { parked: 7, archived: 2 } })] }],
    ['the age that an empty queue had a minute ago', { consumers: [consumer({ queue: { ...queue, oldestSeconds: 900 } })] }],
    ['what waits for less than five minutes', { consumers: [consumer({ queue: { ...queue, visible: 99, oldestSeconds: 299 } })] }],
    ['a mapping that Lambda was too busy to tell of', { consumers: [consumer({ mapping: 'unknown' })] }],
    ['a mapping that is being updated', { consumers: [consumer({ mapping: 'Updating' })] }],
  ])('exits 0 for %s', async (_, values) => {
    expect(await run('--check', fakeDesk({ status: stack(values) }))).toBe(0);
  });
});

test('what is remembered of a mapping says how old it is', async () => {
  const desk = fakeDesk({ status: stack({ consumers: [consumer({ mappingSeconds: 25 })] }) });
  await run('', desk);
  expect(desk.printed[3]).toMatch(/Enabled \(25s ago\)$/);
});

test.each([
  ['', true],
  ['--aws --stack shop', undefined],
  ['--aws --stack shop --fresh', true],
])('with "%s" nothing remembered is wanted: %s', async (line, fresh) => {
  const desk = fakeDesk({ status: stack() });
  await run(line, desk);
  expect(desk.asked).toEqual([{ operation: 'status', ...(fresh && { fresh }) }]);
});

test.each([
  ['--watch', 2_000],
  ['--watch --aws --stack shop', 10_000],
])('%s looks every %i milliseconds', async (line, everyMs) => {
  const times: number[] = [];
  const desk: ReturnType<typeof fakeDesk> = fakeDesk({
    status() {
      if (times.push(desk.clock.now()) === 3) desk.interrupt();
      return stack();
    },
  });
  const ended = run(line, desk);
  await desk.clock.run();
  await ended;
  expect(times.map((at) => at - (times[0] ?? 0))).toEqual([0, everyMs, 2 * everyMs]);
});

test('groups beyond what a screen holds are counted', async () => {
  const desk = fakeDesk({ status: stack({ groups: Array.from({ length: 7 }, () => group()) }) });
  await run('', desk);
  expect(desk.printed).toContain('and 2 groups more: npx posthaste dlq --port 4567');
});

test('for machines it is what the function answers', async () => {
  const desk = fakeDesk({ status: stack() });
  await run('--json', desk);
  expect(JSON.parse(desk.printed.join('\n'))).toEqual(stack());
});

test('watched, it comes again until Ctrl-C, which is no failure', async () => {
  let times = 0;
  const desk: ReturnType<typeof fakeDesk> = fakeDesk({
    status() {
      times += 1;
      if (times === 3) desk.interrupt();
      return stack();
    },
  });
  const ended = run('--watch --json', desk);
  await desk.clock.run();
  expect(await ended).toBe(0);
  expect(desk.printed.map((line) => JSON.parse(line))).toEqual([stack(), stack(), stack()]);
});

test.each([
  ['now', /takes options only, not "now"/],
  ['--watch --check', /--check looks once/],
  ['--watch --fresh', /--fresh asks once/],
])('%s cannot be meant', (line, sentence) => {
  expect(() => statusCommand.parse(line.split(' '), NOW)).toThrow(sentence);
});
