import { describe, expect, test } from 'vitest';
import type { AttemptTally } from '../../lib/retry/attempts.ts';
import { record, type Script, scriptedConsumer, throttled, throwing } from './scripted-ports.ts';

const settings = { maxReceiveCount: 100 };
const failedBefore: Partial<AttemptTally> = { started: 1, settled: 1, failed: 1 };
const crashedBefore: Partial<AttemptTally> = { started: 1 };

/** What became of one message, on a FIFO queue, where nothing else makes it leave. */
async function deliver(received: number, script: Script = {}) {
  const consumer = scriptedConsumer({ settings, ...script });
  const { back } = await consumer.run([record('a', { received, group: 'g' })]);
  return { reasons: consumer.letters.map(({ reason }) => reason), runs: consumer.runs.length, back: back.length, consumer };
}

describe('near the last receive that SQS allows', () => {
  test.each([
    ['failed', failedBefore],
    ['crashed', crashedBefore],
  ])('a message that %s before is parked before it runs', async (_, attempts) => {
    const [early, late] = [
      await deliver(89, { attempts: { 'message-a': attempts } }),
      await deliver(90, { attempts: { 'message-a': attempts } }),
    ];
    expect([early.reasons, early.runs]).toEqual([[], 1]);
    expect([late.reasons, late.runs, late.back]).toEqual([['RECEIVES_EXHAUSTED'], 0, 0]);
    expect(late.consumer.metrics).toMatchObject({ MessagesDeadLettered: 1 });
  });

  test('a message that never ran, or never failed, runs up to the last receive', async () => {
    for (const attempts of [{}, { started: 30, settled: 30 }]) {
      const { reasons, runs, back } = await deliver(100, { attempts: { 'message-a': attempts } });
      expect([reasons, runs, back]).toEqual([[], 1, 0]);
    }
  });

  test('a message that goes back at its last receive is parked with the reason, and its end is in the books before that', async () => {
    for (const script of [{ handle: throwing(throttled) }, { handle: throwing(() => new Error('no')) }]) {
      const { reasons, back, consumer } = await deliver(100, script);
      expect([reasons, back]).toEqual([['RECEIVES_EXHAUSTED'], 0]);
      expect(consumer.calls.map(([name]) => name).filter((name) => name === 'end' || name === 'park')).toEqual(['end', 'park']);
      expect((await deliver(99, script)).reasons).toEqual([]);
    }
  });

  test('a message that fails at its last receive is parked with that failure too', async () => {
    const { consumer } = await deliver(100, { handle: throwing(() => new Error('no')) });
    const [letter] = consumer.letters;
    expect(letter?.attempts.map(({ message }) => message)).toEqual(['no']);
    expect(String(letter?.error)).toContain('of 1 runs 1 failed and 0 ended without an outcome');
  });

  test('nobody is parked where nobody said how often SQS hands out', async () => {
    const script = { settings: {}, attempts: { 'message-a': crashedBefore }, handle: throwing(throttled) };
    const { reasons, runs, back } = await deliver(999, script);
    expect([reasons, runs, back]).toEqual([[], 1, 1]);
  });
});

describe('near the end of what the queue keeps', () => {
  const HOUR = 3_600_000;
  const queueRetentionMs = 96 * HOUR;

  /** A message that has been in the queue for so many hours, handed to a function with so many seconds. */
  async function deliverAged(hours: number, seconds: number, attempts: Partial<AttemptTally>) {
    const consumer = scriptedConsumer({ settings: { queueRetentionMs }, attempts: { 'message-a': attempts } });
    const one = record('a', { received: 40, group: 'g' });
    const SentTimestamp = String(consumer.clock.now() - hours * HOUR);
    const { back } = await consumer.run([{ ...one, attributes: { ...one.attributes, SentTimestamp } }], seconds * 1_000);
    return [consumer.letters.map(({ reason }) => reason), consumer.runs.length, back.length];
  }

  test.each([
    ['crashed', crashedBefore],
    ['failed', failedBefore],
  ])('a message that %s before is parked before it runs, for it would expire without a dead letter', async (_, attempts) => {
    expect(await deliverAged(94.9, 30, attempts)).toEqual([[], 1, 0]);
    expect(await deliverAged(95.1, 30, attempts)).toEqual([['RETENTION_EXHAUSTED'], 0, 0]);
    // A function of 15 minutes that dies hides its message for 90.
    expect(await deliverAged(94.2, 900, attempts)).toEqual([[], 1, 0]);
    expect(await deliverAged(94.3, 900, attempts)).toEqual([['RETENTION_EXHAUSTED'], 0, 0]);
  });

  test('a message that never failed runs as long as there is one', async () => {
    for (const attempts of [{}, { started: 30, settled: 30 }]) expect(await deliverAged(95.9, 30, attempts)).toEqual([[], 1, 0]);
  });
});
