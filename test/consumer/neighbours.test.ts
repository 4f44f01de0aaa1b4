import { expect, test } from 'vitest';
import { Permanent } from '../../lib/index.ts';
import { fixed } from '../../lib/retry/policy.ts';
import { hang, record, scriptedConsumer } from './scripted-ports.ts';

const failingOne = (error: () => Error) => (message: { readonly id: string }) => {
  if (message.id === 'message-bad') throw error();
};

const names = (calls: readonly (readonly [string, ...unknown[]])[]) => calls.map(([name]) => name);

test('neighbours of a failure commit while it is entered in the books, and the queue is told meanwhile', async () => {
  const consumer = scriptedConsumer({ handle: failingOne(() => new Error('no')), inbox: { end: hang } });
  const running = consumer.run([record('bad'), record('good')]);
  await consumer.clock.run(consumer.clock.now() + 10);
  expect([consumer.callsOf('commit').length, consumer.callsOf('visibility')]).toEqual([1, [[['bad', 5_000]]]]);
  await running;
});

test('neighbours that end together with a failure commit before anything is written about it, for theirs is the longer call', async () => {
  const consumer = scriptedConsumer({ handle: failingOne(() => new Error('no')) });
  await consumer.run([record('bad'), record('good')]);
  expect(names(consumer.calls)).toEqual(['commit', 'end', 'visibility']);
});

test('neighbours of a dead letter commit while it is sent', async () => {
  const consumer = scriptedConsumer({ handle: failingOne(() => new Permanent('no')), park: hang });
  const running = consumer.run([record('bad'), record('good')]);
  await consumer.clock.run(consumer.clock.now() + 10);
  expect(names(consumer.calls)).toContain('commit');
  await running;
});

test('what waits for a slot gets that of a failure before the failure is in the books', async () => {
  const consumer = scriptedConsumer({
    settings: { concurrency: 1 },
    handle: failingOne(() => new Error('no')),
    inbox: { end: hang },
  });
  const running = consumer.run([record('bad'), record('good')]);
  await consumer.clock.run(consumer.clock.now() + 10);
  expect(consumer.runs).toEqual(['message-bad', 'message-good']);
  await running;
});

test('what is fresh runs while the inbox is asked about what is not', async () => {
  const consumer = scriptedConsumer({ inbox: { look: hang } });
  const running = consumer.run([record('old', { received: 2 }), record('new')]);
  await consumer.clock.run(consumer.clock.now() + 10);
  expect(consumer.runs).toEqual(['message-new']);
  await running;
});

test('records that fail together are told of together, and not again at the end of the batch', async () => {
  const consumer = scriptedConsumer({
    handle: () => {
      throw new Error('no');
    },
  });
  expect(await consumer.run([record('a'), record('b'), record('c')])).toMatchObject({ back: ['a', 'b', 'c'] });
  expect(consumer.callsOf('visibility')).toEqual([
    [
      ['a', 5_000],
      ['b', 5_000],
      ['c', 5_000],
    ],
  ]);
});

test('what comes back at once is in the books before the queue is told', async () => {
  const consumer = scriptedConsumer({
    handle: failingOne(() => new Error('no')),
    settings: { retry: fixed([0], { jitter: 'none' }) },
    inbox: { end: hang },
  });
  const running = consumer.run([record('bad')]);
  await consumer.clock.run(consumer.clock.now() + 1_000);
  expect(consumer.callsOf('visibility')).toEqual([]);
  await running;
});
