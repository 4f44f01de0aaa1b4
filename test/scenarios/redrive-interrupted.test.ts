import { describe, expect, test } from 'vitest';
import type { FaultSource } from '../../lib/simulation/fault.ts';
import { plannedFaults } from '../../lib/simulation/fault-plan.ts';
import { OPERATIONS } from './failure-stack.ts';
import { callsOf, createIncident, sendBack, standings } from './incident.ts';
import { denied } from './interference.ts';
import { MINUTE } from './order-stack.ts';

const NOTES = ['note-1', 'note-2', 'note-3', 'note-4'];
const ORDERS = ['order-1', 'order-2', 'order-3'];
const AUDIT = { consumer: 'audit-order' };
const ORDERED = { consumer: 'project-order' };

test('S69 a redrive stops when its queue refuses it, leaves what it has not sent as it was, and sends exactly that when it is resumed', async () => {
  let [broken, isRefused] = [true, false];
  const authorise = denied(({ action, caller }) => isRefused && action === 'SendMessageBatch' && caller.kind === 'role');
  const world = createIncident({ authorise, refuses: (consumer) => broken && consumer === 'audit-order' });
  for (const id of NOTES) world.note(id);
  await world.run(MINUTE);
  broken = false;
  await sendBack(world, { where: AUDIT, rate: 1, ms: 3_000 });
  isRefused = true;
  await world.run(2 * MINUTE);
  const [stopped] = world.failures().redrives;
  const sent = stopped?.counts.sent ?? 0;
  expect(stopped).toMatchObject({ state: 'stopped', because: expect.stringContaining('not authorized'), counts: { left: 0 }, reasons: {} });
  expect(sent > 0 && sent < NOTES.length).toBe(true);
  const unsent = world.failures().failures.filter(({ status }) => status !== 'redriven');
  expect(unsent.map(({ status, redriveId }) => [status, redriveId])).toEqual(unsent.map(() => ['open', undefined]));
  expect(unsent).toHaveLength(NOTES.length - sent);
  isRefused = false;
  void world.operate({ operation: 'resume-redrive', id: stopped?.id ?? '' });
  await world.run(2 * MINUTE);
  expect(world.failures().redrives).toMatchObject([{ state: 'finished', counts: { sent: NOTES.length, alreadyDone: 0, left: 0 } }]);
  expect([...world.runs].sort()).toEqual(NOTES.flatMap((id) => [`audit-order ${id}`, `audit-order ${id}`]));
  const { audits } = world.failures();
  expect(audits.filter(({ action }) => action === 'redrive').map(({ result }) => result)).toEqual(NOTES.map(() => 'sent'));
  expect([audits.some(({ action }) => action === 'release'), world.applied('audit-order').sort(), world.check()]).toEqual([
    true,
    NOTES,
    [],
  ]);
});

describe('consent to run again', () => {
  /** Two messages that may run once only and have failed; note-1 kills its process when it runs again. The tick comes before its copy does. */
  const createLost = async (operator: FaultSource) => {
    let [broken, isDying] = [true, false];
    const kills: FaultSource = {
      decide: ({ role, action }) => {
        const isHit = isDying && role === 'audit-order' && action === 'TransactWriteItems';
        if (isHit) isDying = false;
        return isHit ? 'crashBefore' : undefined;
      },
    };
    const world = createIncident({
      faults: { decide: (call) => kills.decide(call) ?? operator.decide(call) },
      consumer: { delivery: 'at-most-once' },
      batchSize: 1,
      sweepEveryMs: 0,
      refuses: (consumer, id) => {
        isDying = !broken && id === 'note-1';
        return broken && consumer === 'audit-order';
      },
    });
    for (const id of NOTES.slice(0, 2)) world.note(id);
    await world.run(MINUTE + 25_000);
    broken = false;
    return world;
  };

  test('S70 what may have run is left without consent, and with it runs once more, wherever the redrive dies', async () => {
    const { calls, faults } = callsOf(OPERATIONS);
    const run = async (operator: FaultSource) => {
      const world = await createLost(operator);
      await sendBack(world, { runAgain: true, ms: 4 * MINUTE });
      // One whose row was never written has touched nothing.
      if (world.failures().redrives.length === 0) await sendBack(world, { runAgain: true, ms: 4 * MINUTE });
      return world;
    };
    await run(faults);
    const places = calls.flatMap(({ role, service, action, visit: nth }) =>
      (['crashBefore', 'crashAfter'] as const).map((kind) => ({ role, service, action, nth, kind })),
    );
    for (const place of places) {
      const world = await run(plannedFaults([place]));
      const at = `${place.kind} at ${place.action} ${place.nth}`;
      expect([at, [...world.runs].sort()]).toEqual([at, ['note-1', 'note-1', 'note-2', 'note-2'].map((id) => `audit-order ${id}`)]);
      const { redrives, audits, failures } = world.failures();
      expect([at, redrives.map(({ state }) => state), audits.map(({ runAgain }) => runAgain)]).toEqual([at, ['finished'], [true, true]]);
      expect([at, failures.find(({ orderId }) => orderId === 'note-1')?.status]).toEqual([at, 'open']);
      // That consent is spent.
      expect([at, await sendBack(world)]).toMatchObject([at, { counts: { sent: 0, left: 1 }, reasons: { MAY_HAVE_RUN: 1 } }]);
      expect([at, world.runs.length]).toEqual([at, 4]);
    }
    expect(places.length).toBeGreaterThan(30);
  });
});

describe('two redrives of an ordered consumer', () => {
  const createKeyed = async (options: { readonly seed: number; readonly faults?: FaultSource; readonly tickEveryMs?: number }) => {
    let broken = true;
    const world = createIncident({ ...options, refuses: (consumer) => broken && consumer === 'project-order' });
    for (const id of ORDERS) world.place(id, 'ada');
    await world.run(MINUTE);
    broken = false;
    return world;
  };
  const runsOf = ({ runs }: { readonly runs: readonly string[] }) => {
    const ordered = runs.filter((run) => run.startsWith('project-order'));
    return { first: ordered.slice(0, ORDERS.length), again: ordered.slice(ORDERS.length) };
  };

  test('S71 of those that begin at once one runs, the others are refused, and the key keeps its order', async () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const world = await createKeyed({ seed });
      for (const who of ['ada', 'bob', 'cyd']) {
        void world.operate({ operation: 'redrive', where: ORDERED, options: { rate: 1 }, author: { who } });
      }
      await world.run(3 * MINUTE);
      expect([seed, world.failures().redrives]).toMatchObject([seed, [{ state: 'finished', counts: { sent: 3 } }]]);
      const { first, again } = runsOf(world);
      expect([seed, again, world.check()]).toEqual([seed, first, []]);
    }
  });

  test('S71 one that was stopped while its runner was dead keeps others out until what it has claimed is sent', async () => {
    const faults = plannedFaults([{ role: OPERATIONS, service: 'sqs', action: 'SendMessageBatch', nth: 0, kind: 'crashBefore' }]);
    const world = await createKeyed({ seed: 1, faults, tickEveryMs: 0 });
    const { id = '' } = (await sendBack(world, { where: ORDERED, rate: 1, ms: 5_000 })) ?? {};
    void world.operate({ operation: 'stop-redrive', id });
    await world.run(5_000);
    await sendBack(world, { where: ORDERED });
    expect(world.failures().redrives).toMatchObject([{ id, state: 'stopped', counts: { sent: 0 } }]);
    await world.run(MINUTE);
    void world.operate({ operation: 'redrive-status', id });
    await world.run(10_000);
    expect(standings(world).filter((standing) => standing.endsWith('open'))).toHaveLength(2);
    expect(await sendBack(world, { where: ORDERED })).toMatchObject({ state: 'finished', counts: { sent: 2 } });
    const { first, again } = runsOf(world);
    expect([again, world.check()]).toEqual([first, []]);
  });
});
