import { expect, test } from 'vitest';
import type { FaultKind } from '../../lib/simulation/fault.ts';
import { ADA, BILL, letter, MINUTE, redriveWorld, sends } from './redrive-world.ts';

test.each<FaultKind>(['errorAfterEffect', 'crashAfter'])(
  'what an ordered queue took before it refused it, and failed again, is delivered by the next redrive: %s',
  async (kind) => {
    const world = redriveWorld({ faults: sends([kind, 'deny']) });
    const soon = () => world.world.clock.now() + MINUTE;
    await world.add(letter('a', { consumer: BILL.name, key: 'order-7' }));
    const begun = world.operations('operations/1').start({ where: {}, author: ADA }, soon());
    begun.catch(() => {});
    await world.world.run(MINUTE);
    await world.timed(world.operations('operations/2').goOn(soon()));
    const { id = '', redrives } = (await world.failure('a', BILL.name)) ?? {};
    const audits = await world.timed(world.failures.audits(id));
    expect([redrives, audits]).toMatchObject([
      1,
      [{ action: 'release', result: expect.stringMatching(/^taken back, sent only if .* lost: /) }],
    ]);

    await world.consume(() => true);
    await world.world.run(MINUTE);
    await world.timed(world.operations('operations/3').start({ where: {}, author: ADA }, soon()));
    await world.consume();
    expect(world.consumed.effects).toEqual(['a']);
    expect(await world.failure('a', BILL.name)).toMatchObject({ status: 'redriven', redrives: 2 });
  },
);
