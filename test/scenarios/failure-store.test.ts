import { describe, expect, test } from 'vitest';
import type { Caller } from '../../lib/local/aws.ts';
import type { FaultSource } from '../../lib/simulation/fault.ts';
import { plannedFaults } from '../../lib/simulation/fault-plan.ts';
import { GIVEN_UP_ARN, INDEXER, OPERATIONS } from './failure-stack.ts';
import { callsOf, createIncident, sendBack, standings } from './incident.ts';
import { denied } from './interference.ts';
import { MINUTE } from './order-stack.ts';

const NOTES = ['note-1', 'note-2', 'note-3'];
const isOf = (caller: Caller, name: string) => caller.kind === 'role' && caller.roleArn.endsWith(`/${name}`);
const refuses = (consumer: string) => consumer === 'audit-order';

describe('a dead letter', () => {
  test('S63 leaves its queue only once it is kept: while the store takes nothing it waits, and then it is there', async () => {
    let isOut = true;
    const world = createIncident({
      refuses,
      authorise: denied(({ caller, service }) => isOut && isOf(caller, INDEXER) && service === 'dynamodb'),
    });
    for (const id of NOTES) world.note(id);
    await world.run(10 * MINUTE);
    expect([standings(world), world.letters(world.audit).length]).toEqual([[], 3]);
    isOut = false;
    await world.run(5 * MINUTE);
    expect(world.letters(world.audit)).toEqual([]);
    expect([standings(world), world.check()]).toEqual([NOTES.map((id) => `${id} open`), []]);
  });

  test('S63 of a subscription is kept as well, and sent back to the queue that it could not reach', async () => {
    let isRefused = true;
    const world = createIncident({
      refuses: () => false,
      authorise: denied(
        ({ caller, action, input }) =>
          isRefused && caller.kind === 'service' && action === 'SendMessage' && String(input['QueueUrl']).endsWith('/audit-order'),
      ),
    });
    world.note('note-1');
    await world.run(10_000);
    isRefused = false;
    await world.run(MINUTE);
    expect([standings(world), world.failures().failures[0]?.reason]).toEqual([['note-1 open'], 'UNDELIVERED']);
    await sendBack(world);
    expect([world.applied('audit-order'), world.check()]).toEqual([['note-1'], []]);
  });

  test('S63 of a stream is kept as well: the batch that was given up, whose rows the sweeper publishes', async () => {
    const faults = plannedFaults([{ role: 'relay', service: 'sns', action: 'PublishBatch', kind: 'crashBefore' }]);
    const streamMapping = { MaximumRetryAttempts: 1, DestinationConfig: { OnFailure: { Destination: GIVEN_UP_ARN } } };
    let isOut = true;
    const authorise = denied(({ caller, service }) => isOut && isOf(caller, OPERATIONS) && service === 'dynamodb');
    const world = createIncident({ faults, refuses: () => false, streamMapping, authorise });
    world.note('note-1');
    await world.run(5 * MINUTE);
    isOut = false;
    await world.run(MINUTE);
    expect(world.applied('audit-order')).toEqual(['note-1']);
    expect(world.failures().failures).toMatchObject([{ source: 'stream', reason: 'STREAM_GIVEN_UP', status: 'open', consumer: 'outbox' }]);
    expect(await sendBack(world)).toMatchObject({ state: 'finished', counts: { sent: 0, left: 1 }, reasons: { NO_CONSUMER: 1 } });
    expect(world.check()).toEqual([]);
  });

  test('S64 is counted once, however often it is delivered, wherever its indexer dies', async () => {
    const run = async (faults: FaultSource) => {
      const world = createIncident({
        faults,
        refuses,
        mappingFaults: () => ({ beforeInvoke: ({ functionArn }) => (functionArn.endsWith(INDEXER) ? { kind: 'duplicate' } : undefined) }),
      });
      for (const id of NOTES) world.note(id);
      await world.run(10 * MINUTE);
      return world;
    };
    const { calls, faults } = callsOf(INDEXER);
    await run(faults);
    const places = calls.flatMap(({ role, service, action, visit: nth }) =>
      (['crashBefore', 'crashAfter', 'errorAfterEffect'] as const).map((kind) => ({ role, service, action, nth, kind })),
    );
    for (const place of places) {
      const world = await run(plannedFaults([place]));
      const at = `${place.kind} at ${place.action} ${place.nth}`;
      expect([at, standings(world), world.check()]).toEqual([at, NOTES.map((id) => `${id} open`), []]);
      const { failures, groups } = world.failures();
      expect([at, groups.map(({ total }) => total), failures.map(({ letters }) => letters)]).toEqual([at, [3], [1, 1, 1]]);
    }
    expect(places.length).toBeGreaterThan(10);
  });

  test('S68 of what failed again after its redrive opens it again, however wrong the clock was that it failed by', async () => {
    for (const skewMs of [-5 * MINUTE, 5 * MINUTE]) {
      let instance = 0;
      const world = createIncident({ refuses, skewOf: (process) => (process.startsWith('audit-order') && instance > 0 ? skewMs : 0) });
      world.note('note-1');
      await world.run(20_000);
      instance += 1;
      world.functions.recycle();
      const id = (await sendBack(world, { ms: MINUTE }))?.id;
      expect([skewMs, standings(world)]).toEqual([skewMs, ['note-1 open']]);
      expect(world.failures().failures).toMatchObject([{ letters: 2, redrives: 1, redriveId: id }]);
      expect(world.check()).toEqual([]);
    }
  });
});
