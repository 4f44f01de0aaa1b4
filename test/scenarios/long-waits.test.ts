import { afterEach, describe, expect, test, vi } from 'vitest';
import { FAULT_KINDS, faultAt, noFaults } from '../../lib/simulation/fault.ts';
import { HOUR, hoursOf, waiting } from '../consumer/waiting.ts';
import { countEffect, createWorld } from '../consumer/world.ts';

afterEach(() => vi.unstubAllEnvs());

describe('long waits and last receives', () => {
  test('S61 whatever goes wrong at any one call, a wait of days is begun once, ends once, and goes on with the attempts so far', async () => {
    const run = async (faults = noFaults, seed = 1) => {
      const { world, runs } = waiting({ seed });
      world.send('1');
      world.shared.faults = faults;
      await world.drain(2);
      const schedules = world.schedules().length;
      for (let part = 0; part < 2; part += 1) {
        await world.clock.run(world.clock.now() + 30 * HOUR);
        await world.drain(2);
      }
      return { world, runs, schedules };
    };
    const { world: reference, runs: undisturbed } = await run();
    expect(undisturbed.map(({ attempt }) => attempt)).toEqual([1, 2]);
    for (let index = 0; index < reference.shared.calls.total; index += 1) {
      for (const kind of FAULT_KINDS) {
        const { world, runs, schedules } = await run(faultAt(index, kind), index + 1);
        expect([index, kind, world.effectsOf('message-1'), world.depth(), world.schedules().length]).toEqual([index, kind, 1, 0, 0]);
        expect([index, kind, world.deadLetters(), schedules <= 1]).toEqual([index, kind, [], true]);
        // Only what died before the books knew of the wait may have run again within it.
        expect([index, kind, runs.filter(({ at }) => at < 30 * HOUR).length <= 2]).toEqual([index, kind, true]);
      }
    }
    const held = waiting({ fifo: true });
    held.world.send('1');
    await held.world.drain(31);
    expect(held.runs.map(({ at }) => hoursOf(at))).toEqual([0, 30]);
  });

  test('S62 a message that kills every process at the head of its group leaves alone, with its record, before SQS gives up all of it', async () => {
    vi.stubEnv('POSTHASTE_MAX_RECEIVES', '100');
    const world = createWorld({
      fifo: true,
      routes: (process) => [
        {
          ...countEffect,
          handle: (message, context) => {
            if (message.id === 'message-1') process.kill('out of memory');
            return countEffect.handle(message, context);
          },
        },
      ],
    });
    for (const id of ['1', '2']) world.send(id);
    await world.drain(12);
    expect([world.effectsOf('message-2'), world.depth()]).toEqual([1, 0]);
    expect(world.deadLetters().map(({ failure }) => [failure?.messageId, failure?.reason, failure?.receiveCount])).toEqual([
      ['message-1', 'RECEIVES_EXHAUSTED', 90],
    ]);
  });
});
