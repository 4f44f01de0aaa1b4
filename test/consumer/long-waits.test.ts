import { describe, expect, test } from 'vitest';
import { fitsSchedule, scheduleInput } from '../../lib/consumer/consumer.schedule-input.ts';
import { fixed } from '../../lib/retry/policy.ts';
import { Transient } from '../../lib/retry/retry.errors.ts';
import { record, scriptedConsumer, throwing } from './scripted-ports.ts';
import { HOUR, hoursOf, waiting } from './waiting.ts';
import { bodyOf } from './world.ts';

const DAY = 24 * HOUR;

describe('a wait of 30 hours', () => {
  test('is a schedule on a standard queue: the copy runs then, with the attempts so far, and the queue is empty meanwhile', async () => {
    const { world, runs } = waiting({ failures: 2 });
    world.send('1');
    await world.drain(1);
    expect([world.depth(), world.schedules().length]).toEqual([0, 1]);
    await world.clock.run(world.clock.now() + 30 * HOUR);
    await world.drain(1);
    await world.clock.run(world.clock.now() + 30 * HOUR);
    await world.drain(1);
    expect(runs.map(({ at, attempt, receiveCount }) => [hoursOf(at), attempt, receiveCount])).toEqual([
      [0, 1, 1],
      [30, 2, 1],
      [60, 3, 1],
    ]);
    expect([world.effectsOf('message-1'), world.depth(), world.schedules(), world.deadLetters()]).toEqual([1, 0, [], []]);
  });

  test.each([
    ['on a FIFO queue, whose key it holds', { fifo: true }],
    ['without schedules', { scheduled: false }],
  ])('is spent in the queue %s: hidden for 11 hours at a time, at no charge', async (_, options) => {
    const { world, runs } = waiting(options);
    world.send('1');
    await world.drain(29);
    expect([runs.length, world.depth(), world.schedules()]).toEqual([1, 1, []]);
    await world.drain(2);
    expect(runs.map(({ at, attempt, receiveCount }) => [hoursOf(at), attempt, receiveCount])).toEqual([
      [0, 1, 1],
      [30, 2, 4],
    ]);
    expect([world.effectsOf('message-1'), world.depth(), world.deadLetters()]).toEqual([1, 0, []]);
  });

  test('of the first message of a group holds those behind it', async () => {
    const { world, runs } = waiting({ fifo: true });
    for (const id of ['1', '2']) world.send(id);
    await world.drain(70);
    expect(runs.map(({ id }) => id)).toEqual(['message-1', 'message-1', 'message-2', 'message-2']);
    expect([world.effectsOf('message-2'), world.depth()]).toEqual([1, 0]);
  });

  test('of a message too large for a schedule is spent in the queue', async () => {
    const { world, runs } = waiting();
    world.send('1', { body: bodyOf('1', { time: new Date(world.clock.now()).toISOString(), data: { orderId: 'x'.repeat(300_000) } }) });
    await world.drain(1);
    expect([world.depth(), world.schedules()]).toEqual([1, []]);
    await world.drain(30);
    expect([runs.length, world.effectsOf('message-1'), world.depth()]).toEqual([2, 1, 0]);
  });

  test('is one schedule for two copies of a message, and one effect though the schedule runs twice', async () => {
    const { world, runs } = waiting();
    world.send('1');
    world.send('1');
    await world.drain(1);
    expect([runs.length, world.depth(), world.schedules().length]).toEqual([1, 0, 1]);
    await world.clock.run(world.clock.now() + 30 * HOUR);
    const [copy] = world.received();
    if (!copy) throw new Error('the schedule sent nothing');
    world.now('sqs', 'SendMessage', {
      QueueUrl: world.queueUrl,
      MessageBody: copy.Body,
      MessageAttributes: copy.MessageAttributes as never,
    });
    await world.drain(1);
    expect([runs.length, world.effectsOf('message-1'), world.depth()]).toEqual([2, 1, 0]);
  });

  test('sends the body byte for byte and the attributes, whatever the Scheduler would read into them', async () => {
    const { world } = waiting({ failures: 9 });
    const body = bodyOf('1', {
      time: new Date(world.clock.now()).toISOString(),
      data: { orderId: 'é🚚 <aws.scheduler.execution-id> "\\u2028' },
    });
    world.send('1', { body });
    await world.drain(1);
    await world.clock.run(world.clock.now() + 30 * HOUR);
    const [copy] = world.received();
    expect(copy?.Body).toBe(body);
    expect(copy?.MessageAttributes).toMatchObject({
      type: { StringValue: 'orders.order-placed' },
      'posthaste.attempts': { StringValue: '1' },
    });
  });
});

describe('a wait that would outlive its message', () => {
  const sent = (hours: number, clock: { now(): number }) => {
    const one = record('a', { received: 3, body: bodyOf('a', { time: new Date(clock.now() - hours * HOUR).toISOString() }) });
    return { ...one, attributes: { ...one.attributes, SentTimestamp: String(clock.now() - hours * HOUR) } };
  };
  const settings = { queueRetentionMs: 4 * DAY };

  test.each([
    ['30 hours', 30 * HOUR, 65, []],
    ['30 hours', 30 * HOUR, 66, ['WAIT_TOO_LONG']],
    ['a minute', 60_000, 94, []],
    // It would vanish from the queue before it was handed out again.
    ['a minute', 60_000, 95.5, ['WAIT_TOO_LONG']],
    // The inbox would not know it any more.
    ['59 days', 59 * DAY, 1, ['WAIT_TOO_LONG']],
  ])('of %s (%d ms) is judged by the age of its message, %d hours: %j', async (_, delayMs, hours, reasons) => {
    const consumer = scriptedConsumer({ settings: { ...settings, retry: fixed([delayMs]) }, handle: throwing(() => new Error('no')) });
    const { back } = await consumer.run([sent(hours, consumer.clock)]);
    expect([consumer.letters.map(({ reason }) => reason), back.length]).toEqual([reasons, reasons.length === 0 ? 1 : 0]);
  });

  test('is parked with the failure that it was to wait after', async () => {
    const consumer = scriptedConsumer({ settings: { ...settings, retry: fixed([59 * DAY]) }, handle: throwing(() => new Error('no')) });
    await consumer.run([sent(1, consumer.clock)]);
    expect(consumer.letters.map(({ attempts }) => attempts.map(({ message }) => message))).toEqual([['no']]);
  });

  test.each([Number.POSITIVE_INFINITY, 1e17])('is parked with what was asked for, be it %d ms', async (retryAfterMs) => {
    const consumer = scriptedConsumer({ settings, handle: throwing(() => new Transient('closed', { retryAfterMs })) });
    const { back } = await consumer.run([sent(1, consumer.clock)]);
    expect([consumer.letters.map(({ reason }) => reason), back, consumer.callsOf('end').length]).toEqual([['WAIT_TOO_LONG'], [], 1]);
  });

  test('leaves no wait behind for the message that is sent back', async () => {
    const consumer = scriptedConsumer({ settings: { ...settings, retry: fixed([59 * DAY]) }, handle: throwing(() => new Error('no')) });
    const { SentTimestamp: _, ...attributes } = { ...record('a').attributes, SentTimestamp: '' };
    await consumer.run([{ ...sent(1, consumer.clock), attributes }]);
    expect(consumer.calls.map(([name]) => name)).toEqual(['end', 'park', 'forget']);
  });

  test('within what the inbox remembers may be scheduled past the retention of its queue', async () => {
    const waits: number[] = [];
    const longWaits = { takes: () => true, comeBack: async ({ until }: { until: number }) => void waits.push(until) };
    const consumer = scriptedConsumer({ settings: { ...settings, retry: fixed([10 * DAY]) }, handle: throwing(() => new Error('no')) });
    Object.assign(consumer.ports, { longWaits });
    const { back } = await consumer.run([sent(95, consumer.clock)]);
    expect([consumer.letters, back, waits.length]).toEqual([[], [], 1]);
  });
});

describe('a schedule that cannot be made', () => {
  const failing = (error: Error, options: { readonly entered?: boolean } = {}) => {
    const consumer = scriptedConsumer({
      settings: { retry: fixed([30 * HOUR]) },
      handle: throwing(() => new Error('no')),
      ...(options.entered === false && { inbox: { end: throwing(() => new Error('no books')) } }),
    });
    Object.assign(consumer.ports, { longWaits: { takes: () => true, comeBack: throwing(() => error) } });
    return consumer;
  };

  test.each([
    ['throttled', Object.assign(new Error('slow'), { name: 'ThrottlingException', $fault: 'client' }), 1_000],
    ['without an answer', Object.assign(new Error('late'), { name: 'TimeoutError' }), 1_000],
    ['refused', Object.assign(new Error('no'), { name: 'AccessDeniedException', $fault: 'client' }), 11 * HOUR],
  ])('because it is %s leaves the message in the queue', async (_, error, delayMs) => {
    const consumer = failing(error);
    const { back } = await consumer.run([record('a')]);
    expect([back, consumer.callsOf('visibility')]).toEqual([['a'], [[['a', delayMs]]]]);
  });

  test('because the books do not know of the wait leaves the message in the queue', async () => {
    const consumer = failing(new Error('never asked'), { entered: false });
    const { back } = await consumer.run([record('a')]);
    expect([back, consumer.callsOf('visibility')]).toEqual([['a'], [[['a', 11 * HOUR]]]]);
  });
});

describe('the schedule of a wait', () => {
  const place = { queueUrl: 'https://sqs/q', group: 'g', roleArn: 'arn:aws-cn:iam::1:role/r', deadLetterQueueArn: 'arn:dlq' };
  const wait = { consumer: 'c', messageId: 'm', attempts: 3, until: 1_900_000_000_001, record: record('a') };

  test('has a name that follows from the wait, runs once at the next whole second, and is deleted', () => {
    const input = scheduleInput(wait, place);
    expect(input).toMatchObject({
      ...{ GroupName: 'g', ScheduleExpression: 'at(2030-03-17T17:46:41)', ActionAfterCompletion: 'DELETE' },
      Target: { Arn: 'arn:aws-cn:scheduler:::aws-sdk:sqs:sendMessage', RoleArn: place.roleArn, DeadLetterConfig: { Arn: 'arn:dlq' } },
    });
    expect(scheduleInput(wait, place).Name).toBe(input.Name);
    expect(scheduleInput({ ...wait, until: wait.until + 1 }, place).Name).not.toBe(input.Name);
    expect(scheduleInput({ ...wait, messageId: 'n' }, place).Name).not.toBe(input.Name);
  });

  test('takes no message without room for an attribute, nor one with bytes, nor what is too large once it is escaped', () => {
    const withAttributes = (attributes: object) => ({ ...record('a'), messageAttributes: attributes as never });
    const texts = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, { dataType: 'String', stringValue: 'x' }]));
    expect(fitsSchedule(withAttributes(texts(9)), 'q')).toBe(true);
    expect(fitsSchedule(withAttributes(texts(10)), 'q')).toBe(false);
    // One that waited before has the attribute already.
    expect(fitsSchedule(withAttributes({ ...texts(9), 'posthaste.attempts': { dataType: 'Number', stringValue: '1' } }), 'q')).toBe(true);
    expect(fitsSchedule(withAttributes({ b: { dataType: 'Binary', binaryValue: 'AA==' } }), 'q')).toBe(false);
    expect(fitsSchedule({ ...record('a'), body: 'x'.repeat(200_000) }, 'q')).toBe(true);
    expect(fitsSchedule({ ...record('a'), body: '"'.repeat(110_000) }, 'q')).toBe(false);
    // A letter of the Scheduler has room for it and for what the Scheduler says.
    expect(fitsSchedule({ ...record('a'), body: 'x'.repeat(205_000) }, 'q')).toBe(false);
  });
});
