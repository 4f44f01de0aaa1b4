import { describe, expect, test } from 'vitest';
import { encodeEnvelope } from '../../lib/message/envelope.ts';
import { type FaultSource, randomFaults } from '../../lib/simulation/fault.ts';
import { plannedFaults } from '../../lib/simulation/fault-plan.ts';
import { CALM } from '../../lib/simulation/swarm.ts';
import { redrive } from '../simulate/redrive.ts';
import { OPERATIONS } from './failure-stack.ts';
import { ADA, callsOf, createIncident, sendBack, standings } from './incident.ts';
import { HOUR, MINUTE, OrderNoted } from './order-stack.ts';
import { faultRng } from './order-world.ts';

const NOTES = ['note-1', 'note-2', 'note-3'];

/** Of the consumer without order: of one with, there is one redrive at a time. */
const AUDIT = { consumer: 'audit-order' };

describe('sending back', () => {
  test('S39 what is sent back again and again within five minutes, edited or not, is delivered each time by a queue that deduplicates', async () => {
    const world = createIncident({ refuses: (consumer) => consumer === 'project-order' });
    world.place('order-1', 'ada');
    await world.run(20_000);
    for (let times = 1; times <= 3; times += 1) {
      expect(await sendBack(world, { ms: 20_000 })).toMatchObject({ state: 'finished', counts: { sent: 1 } });
      expect(world.runs.filter((run) => run === 'project-order order-1')).toHaveLength(1 + times);
      expect(standings(world)).toEqual(['order-1 open']);
    }
    const [failure] = world.failures().failures;
    const body = failure?.body.kind === 'inline' ? failure.body.text.replace('"customer":"ada"', '"customer":"bob"') : '';
    void world.operate({ operation: 'edit', id: failure?.id ?? '', body, author: ADA });
    await world.run(5_000);
    await sendBack(world, { ms: 20_000 });
    expect(world.runs.filter((run) => run.startsWith('project-order'))).toHaveLength(5);
    expect(standings(world)).toEqual(['order-1 open', 'order-1 replaced']);
    expect(world.check()).toEqual([]);
  });

  test('S40 a redrive that dies before or after any of its calls is finished by the next tick: nothing is lost, nothing applied twice, and each send is on file', async () => {
    const run = async (faults: FaultSource) => {
      let broken = true;
      const world = createIncident({ faults, sweepEveryMs: 0, refuses: (consumer) => broken && consumer === 'audit-order' });
      for (const id of NOTES) world.note(id);
      await world.run(15_000);
      broken = false;
      await sendBack(world, { canary: 1, ms: 3 * MINUTE });
      return world;
    };
    const { calls, faults } = callsOf(OPERATIONS);
    await run(faults);
    const places = calls.flatMap(({ role, service, action, visit: nth }) =>
      (['crashBefore', 'crashAfter'] as const).map((kind) => ({ role, service, action, nth, kind })),
    );
    for (const place of places) {
      const world = await run(plannedFaults([place]));
      const at = `${place.kind} at ${place.action} ${place.nth}`;
      // One whose row was never written has touched nothing.
      if (world.failures().redrives.length === 0) await sendBack(world, { ms: MINUTE });
      // What was handled before the next tick looked is done by then.
      expect([at, standings(world).map((standing) => standing.replace(/ done$/, ' redriven'))]).toEqual([
        at,
        NOTES.map((id) => `${id} redriven`),
      ]);
      expect([at, world.applied('audit-order').sort()]).toEqual([at, NOTES]);
      expect([at, world.check()]).toEqual([at, []]);
      const ended = world.failures().redrives.map(({ state, counts }) => [state, counts.sent + counts.alreadyDone]);
      expect([at, ended]).toEqual([at, [['finished', 3]]]);
    }
    expect(places.length).toBeGreaterThan(40);
  });

  test('S40 what a dead redrive had sent, and another has claimed since, is put on file by both', async () => {
    const faults = plannedFaults([{ role: OPERATIONS, service: 'sqs', action: 'SendMessageBatch', nth: 0, kind: 'crashAfter' }]);
    const world = createIncident({ faults, tickEveryMs: 0, refuses: (consumer) => consumer === 'audit-order' });
    world.note('note-1');
    await world.run(20_000);
    await sendBack(world, { where: AUDIT });
    const [first] = world.failures().redrives;
    await sendBack(world, { where: AUDIT });
    expect(world.failures()).toMatchObject({ failures: [{ status: 'open', redrives: 2 }], audits: [{ result: 'sent' }] });
    await world.run(MINUTE);
    void world.operate({ operation: 'redrive-status', id: first?.id ?? '' });
    await world.run(MINUTE);
    const { audits, redrives } = world.failures();
    expect(new Set(audits.map(({ redriveId }) => redriveId))).toEqual(new Set(redrives.map(({ id }) => id)));
    expect(redrives).toMatchObject([{ counts: { sent: 1 } }, { counts: { sent: 1 } }]);
    expect(world.check()).toEqual([]);
  });

  test('S40 what a dead redrive had sent, and somebody has edited since, is put on file', async () => {
    const faults = plannedFaults([{ role: OPERATIONS, service: 'sqs', action: 'SendMessageBatch', nth: 0, kind: 'crashAfter' }]);
    const world = createIncident({ faults, tickEveryMs: 0, refuses: (consumer) => consumer === 'audit-order' });
    world.note('note-1');
    await world.run(20_000);
    const { id = '' } = (await sendBack(world)) ?? {};
    const [failure] = world.failures().failures;
    const body = failure?.body.kind === 'inline' ? failure.body.text.replace('"note-1"}', '"note-1","text":"mended"}') : '';
    void world.operate({ operation: 'edit', id: failure?.id ?? '', body, author: ADA });
    await world.run(MINUTE);
    expect(standings(world)).toEqual(['note-1 open', 'note-1 replaced']);
    void world.operate({ operation: 'redrive-status', id });
    await world.run(10_000);
    const { audits, redrives } = world.failures();
    expect(audits).toContainEqual(expect.objectContaining({ failureId: failure?.id, action: 'redrive', redriveId: id, result: 'sent' }));
    expect([redrives[0]?.counts.sent, world.check()]).toEqual([1, []]);
  });

  test('S41 what was handled in the meantime is found handled, is not sent, and that is on file', async () => {
    let broken = true;
    const world = createIncident({ refuses: (consumer, id) => broken && consumer === 'audit-order' && id !== 'note-3' });
    for (const id of NOTES) world.note(id);
    await world.run(MINUTE);
    broken = false;
    // Another copy comes by another way, e.g. because the topic has delivered twice.
    const first = world.failures().failures.find(({ orderId }) => orderId === 'note-1');
    world.send(world.audit, first?.body.kind === 'inline' ? first.body.text : '');
    await world.run(10_000);
    const runs = world.runs.length;
    expect(await sendBack(world)).toMatchObject({ state: 'finished', counts: { sent: 1, alreadyDone: 1, left: 0 } });
    expect(standings(world)).toEqual(['note-1 done', 'note-2 redriven']);
    expect(world.runs.slice(runs)).toEqual(['audit-order note-2']);
    const audits = world.failures().audits.map(({ failureId, who, why, result }) => [failureId === first?.id, who, why, result]);
    expect(audits.sort()).toEqual([
      [false, ADA.who, ADA.why, 'sent'],
      [true, ADA.who, ADA.why, 'already done'],
    ]);
    expect([world.applied('audit-order').sort(), world.check()]).toEqual([NOTES, []]);
  });

  test('S42 poison that is sent back again and again is left after as many redrives as are allowed, and never stops its neighbours', async () => {
    const world = createIncident({ refuses: (consumer, id) => consumer === 'audit-order' && id === 'note-1' });
    world.note('note-1');
    for (let times = 1; times <= 6; times += 1) {
      await world.run(10_000);
      await sendBack(world, { maxRedrives: 3, ms: 20_000 });
    }
    expect(world.runs).toHaveLength(1 + 3);
    expect(world.failures().failures).toMatchObject([{ status: 'open', redrives: 3, letters: 4 }]);
    expect(world.failures().redrives.at(-1)).toMatchObject({ state: 'finished', counts: { sent: 0, left: 1 }, reasons: { TOO_OFTEN: 1 } });
    expect(world.check()).toEqual([]);
  });

  test('S42 only what matches is sent back, at the rate that was asked, and a preview sends nothing', async () => {
    let broken = true;
    const world = createIncident({ refuses: (_, id) => broken && id.startsWith('note') });
    for (let note = 1; note <= 20; note += 1) world.note(`note-${note}`);
    await world.run(MINUTE);
    broken = false;
    const [other] = world.failures().failures;
    const where = { until: world.clock.now(), type: OrderNoted.name };
    let plan: unknown;
    void world.operate({ operation: 'plan', where, options: { rate: 1 } }).then((answer) => {
      plan = answer;
    });
    await world.run(10_000);
    expect(plan).toMatchObject({ matching: 20, tooOften: 0, takesSeconds: 20 });
    expect(world.runs).toHaveLength(20);
    await sendBack(world, { where: { id: other?.id ?? '' } });
    expect(standings(world).filter((standing) => !standing.endsWith('open'))).toEqual([`${other?.orderId} redriven`]);
    const since = world.clock.now();
    await sendBack(world, { where, rate: 1, ms: 4_000 });
    // The next tick goes on with it.
    await world.run(MINUTE - (since % MINUTE) + 1_000);
    expect(world.applied('audit-order').length).toBeLessThan(12);
    await world.run(MINUTE);
    expect([world.applied('audit-order').length, world.check()]).toEqual([20, []]);
  });

  test('S65 two redrives of the same failures at once send each of them once', async () => {
    for (let seed = 1; seed <= 6; seed += 1) {
      let broken = true;
      const world = createIncident({ seed, refuses: (consumer) => broken && consumer === 'audit-order' });
      for (const id of NOTES) world.note(id);
      await world.run(MINUTE);
      broken = false;
      for (const who of ['ada', 'bob']) void world.operate({ operation: 'redrive', where: AUDIT, author: { who } });
      await world.run(MINUTE);
      const { redrives, failures } = world.failures();
      expect([seed, redrives.map(({ state }) => state)]).toEqual([seed, ['finished', 'finished']]);
      expect([seed, redrives.reduce((sum, { counts }) => sum + counts.sent, 0)]).toEqual([seed, 3]);
      expect([seed, failures.map((failure) => failure.redrives)]).toEqual([seed, [1, 1, 1]]);
      expect([seed, world.check()]).toEqual([seed, []]);
    }
  });
});

test('G7 under faults at random what an operator sends back is applied once, and of each time it is on file what came of it', async () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const rng = faultRng(seed);
    const { violations } = await redrive.run({ seed, swarm: CALM, faults: randomFaults(rng, 0.02 + 0.2 * rng.next()) });
    expect([seed, violations]).toEqual([seed, []]);
  }
});

describe('before sending back', () => {
  test('S66 when a canary fails again the redrive stops by itself, and the rest stays where it is until a canary was handled', async () => {
    let broken = true;
    const world = createIncident({ refuses: (consumer) => broken && consumer === 'audit-order' });
    for (const id of NOTES) world.note(id);
    await world.run(MINUTE);
    const runs = world.runs.length;
    const stopped = await sendBack(world, { canary: 1, ms: MINUTE });
    expect(stopped).toMatchObject({ state: 'stopped', because: expect.stringContaining('failed again'), counts: { sent: 1 } });
    expect(world.runs).toHaveLength(runs + 1);
    broken = false;
    world.setMapping(world.audit.mapping, { Enabled: false });
    void world.operate({ operation: 'resume-redrive', id: stopped?.id ?? '' });
    await world.run(MINUTE);
    // Sent is not handled.
    expect(standings(world).filter((standing) => standing.endsWith('open'))).toHaveLength(2);
    world.setMapping(world.audit.mapping, { Enabled: true });
    await world.run(3 * MINUTE);
    expect(world.failures().redrives).toMatchObject([{ state: 'finished', counts: { sent: 3 } }]);
    // The canary that failed has had its turn.
    expect(standings(world).filter((standing) => standing.endsWith('open'))).toHaveLength(1);
    await sendBack(world);
    expect([world.applied('audit-order').sort(), world.check()]).toEqual([NOTES, []]);
  });

  test('S66 a canary that has failed stops the redrive also when its runner dies before it can', async () => {
    const { calls, faults } = callsOf(OPERATIONS);
    const run = async (source: FaultSource) => {
      const world = createIncident({ faults: source, sweepEveryMs: 0, refuses: (consumer) => consumer === 'audit-order' });
      for (const id of NOTES) world.note(id);
      await world.run(15_000);
      await sendBack(world, { canary: 1, ms: 3 * MINUTE });
      return world;
    };
    await run(faults);
    const updates = calls.filter(({ action }) => action === 'UpdateItem');
    for (const { role, service, action, visit: nth } of updates) {
      const world = await run(plannedFaults([{ role, service, action, nth, kind: 'crashBefore' }]));
      expect([nth, world.failures().redrives[0]?.state, world.runs.length]).toEqual([nth, 'stopped', 4]);
    }
    expect(updates.length).toBeGreaterThan(3);
  });

  test('S67 what is older than the inbox remembers is left until somebody consents, and then has a new time and is applied once', async () => {
    const world = createIncident({ refuses: () => false });
    const time = new Date(world.clock.now() - 60 * 24 * HOUR).toISOString();
    const { name: type, version } = OrderNoted;
    world.send(
      world.audit,
      encodeEnvelope({ id: 'old', type, version, source: 'urn:x', correlationId: 'old', hops: 0, time, data: { orderId: 'note-1' } }),
    );
    await world.run(MINUTE);
    expect(await sendBack(world)).toMatchObject({ counts: { sent: 0, left: 1 }, reasons: { TOO_OLD: 1 } });
    expect([standings(world), world.runs]).toEqual([['note-1 open'], []]);
    expect(await sendBack(world, { renewOld: true })).toMatchObject({ counts: { sent: 1, left: 0 } });
    await world.run(10_000);
    expect([standings(world), world.runs]).toEqual([['note-1 redriven', 'note-1 replaced'], ['audit-order note-1']]);
  });
});
