import { describe, expect, test } from 'vitest';
import { callingOnce } from './calling-once.ts';
import { record, scriptedConsumer, throwing } from './scripted-ports.ts';
import { runTwiceAtOnce, type World } from './world.ts';

const reasonsOf = (world: World) => world.deadLetters().map(({ failure }) => [failure?.messageId, failure?.reason]);

describe('a consumer that runs each message once at most', () => {
  test('takes the marker before it calls its handler, and completes it with the unit: a put and a transaction', async () => {
    const { world, calls } = callingOnce();
    world.send('1');
    world.send('1');
    await world.drain();
    expect([calls, world.effectsOf('message-1'), world.depth(), world.deadLetters()]).toEqual([['message-1'], 1, 0, []]);
    expect(world.calls()).toMatchObject({ 'dynamodb:PutItem': 1, 'dynamodb:TransactWriteItems': 1 });
    expect(world.calls()).not.toHaveProperty('dynamodb:UpdateItem');
  });

  test('does not try again what its handler throws, however passing it looks, and keeps it with the error', async () => {
    const throttle = Object.assign(new Error('slow down'), { name: 'ThrottlingException', $fault: 'client' });
    const { world, calls, lostCount } = callingOnce({
      respond: () => {
        throw throttle;
      },
    });
    world.send('1');
    await world.drain();
    const [letter] = world.deadLetters();
    expect(letter?.failure).toMatchObject({ reason: 'AT_MOST_ONCE_FAILED', type: 'ThrottlingException', message: 'slow down' });
    expect([calls.length, world.effectsOf('message-1'), world.depth(), lostCount()]).toEqual([1, 0, 0, 1]);
  });

  test('leaves a copy alone while the run lasts, and takes it for a duplicate afterwards', async () => {
    const { world, calls } = callingOnce({ tookMs: 20_000 });
    await runTwiceAtOnce(world);
    expect([calls.length, world.effectsOf('message-1'), world.depth(), world.deadLetters()]).toEqual([1, 1, 0, []]);
  });

  test('gives up a message whose run was cut off by the end of the invocation, once the lease is over', async () => {
    const { world, calls } = callingOnce({ tookMs: 90_000 }, { timeoutMs: 10_000 });
    world.send('1');
    await world.drain(1);
    expect([calls.length, world.effectsOf('message-1'), world.depth()]).toEqual([1, 0, 0]);
    expect(reasonsOf(world)).toEqual([['message-1', 'OUTCOME_UNKNOWN']]);
  });

  test('goes on with the next message of a group after a lost one', async () => {
    const { world, calls } = callingOnce(
      {
        respond: (id) => {
          if (id === 'message-1') throw new Error('no answer');
        },
      },
      { fifo: true },
    );
    for (const id of ['1', '2']) world.send(id);
    await world.drain(0.1);
    expect([calls, world.effectsOf('message-2')]).toEqual([['message-1', 'message-2'], 1]);
  });

  test('gives a message back that it could not begin, charges nothing, and runs it later', async () => {
    const down = Object.assign(new Error('unreachable'), { name: 'TimeoutError' });
    const consumer = scriptedConsumer({ settings: { delivery: 'at-most-once' }, inbox: { claim: throwing(() => down) } });
    const { back } = await consumer.run([record('a', { received: 7 })]);
    expect([back, consumer.runs, consumer.callsOf('park'), consumer.metrics['MessagesLost']]).toEqual([['a'], [], [], undefined]);
    expect(consumer.callsOf('release')).toHaveLength(1);
    expect([...consumer.callsOf('begin'), ...consumer.callsOf('end')]).toEqual([]);
  });

  test.each([
    ['unknown', 'OUTCOME_UNKNOWN'],
    ['contended', 'AT_MOST_ONCE_FAILED'],
    ['denied', 'AT_MOST_ONCE_FAILED'],
    ['invalid', 'AT_MOST_ONCE_FAILED'],
    ['guardFailed', 'OUTCOME_UNKNOWN'],
  ])('counts a message as lost whose commit ends as %s', async (status, reason) => {
    const outcome = { status, error: new Error(status), guard: 0, existing: undefined } as never;
    const consumer = scriptedConsumer({ settings: { delivery: 'at-most-once' }, commit: () => outcome });
    const { back } = await consumer.run([record('a')]);
    expect([back, consumer.runs, consumer.metrics['MessagesLost']]).toEqual([[], ['message-a'], 1]);
    expect(consumer.letters.map((letter) => letter.reason)).toEqual([reason]);
  });

  test('counts nothing as lost before it is in the dead-letter queue', async () => {
    const consumer = scriptedConsumer({
      settings: { delivery: 'at-most-once' },
      handle: throwing(() => new Error('no')),
      park: throwing(() => new Error('the queue is gone')),
    });
    const { back } = await consumer.run([record('a')]);
    expect([back, consumer.metrics['MessagesLost']]).toEqual([['a'], undefined]);
  });
});

describe('changing the choice', () => {
  test('a consumer that became at-least-once does not run what the former one began', async () => {
    const once = callingOnce({ tookMs: 90_000 }, { timeoutMs: 10_000 });
    once.world.send('1');
    const first = once.world.received();
    await Promise.all([once.world.clock.run(once.world.clock.now() + 11_000), once.world.invoke(first)]);
    const inbox: Record<string, unknown> | undefined = once.world.rows('inbox')[0];
    expect(inbox?.['state']).toEqual({ S: 'STARTED' });
    const consumer = scriptedConsumer({ inbox: { standing: () => ({ kind: 'started' }) } });
    const { back } = await consumer.run([record('a', { received: 2 })]);
    expect([back, consumer.runs, consumer.letters.map(({ reason }) => reason)]).toEqual([[], [], ['OUTCOME_UNKNOWN']]);
  });
});
