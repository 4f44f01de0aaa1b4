import { describe, expect, test } from 'vitest';
import { FAULT_KINDS, faultAt, noFaults } from '../../lib/simulation/fault.ts';
import { callingOnce } from '../consumer/calling-once.ts';

const refuseThird = (id: string) => {
  if (id === 'message-3') throw new Error('no answer');
};

describe('at most once', () => {
  test('S60 whatever goes wrong at any one call, a handler is called once at most, and what it did not finish is a dead letter', async () => {
    for (const fifo of [false, true]) {
      const run = async (faults = noFaults, seed = 1) => {
        const { world, calls, lostCount } = callingOnce({ respond: refuseThird }, { seed, fifo });
        for (const id of ['1', '2', '3']) world.send(id);
        world.send('2');
        world.shared.faults = faults;
        await world.drain();
        return { world, calls, lostCount };
      };
      const { world: reference } = await run();
      let unfinished = 0;
      for (let index = 0; index < reference.shared.calls.total; index += 1) {
        for (const kind of FAULT_KINDS) {
          const { world, calls, lostCount } = await run(faultAt(index, kind), index + 1);
          const letters = new Set(world.deadLetters().map(({ failure }) => failure?.messageId));
          for (const id of ['message-1', 'message-2', 'message-3']) {
            expect([index, kind, id, calls.filter((call) => call === id).length <= 1]).toEqual([index, kind, id, true]);
            // Applied, or kept where somebody can see it.
            expect([index, kind, id, world.effectsOf(id) === 1 || letters.has(id)]).toEqual([index, kind, id, true]);
          }
          unfinished += letters.size;
          expect([index, kind, world.depth(), lostCount() >= letters.size]).toEqual([index, kind, 0, true]);
        }
      }
      // More than the one that was refused in each of them.
      expect(unfinished).toBeGreaterThan(reference.shared.calls.total * FAULT_KINDS.length);
    }
  });
});
