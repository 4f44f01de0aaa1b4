import { describe, expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import type { RedriveOptions } from '../../lib/ops/operations.ts';
import { applies, type FaultKind, type FaultSource } from '../../lib/simulation/fault.ts';
import { ADA, faultAtCall, letter, MINUTE, type RedriveWorld, redriveWorld, SHIP, sends } from './redrive-world.ts';

const SECOND = 1_000;
const begun = (id: string) => letter(id, { reason: 'OUTCOME_UNKNOWN' });

const order = (options: RedriveOptions) => ({ where: {}, author: ADA, options });
const markerOf = ({ world }: RedriveWorld, id: string) => {
  const Key = { pk: { S: `orders/${SHIP.name}#${id}` } };
  const { Item } = world.call('dynamodb', 'GetItem', { TableName: 'inbox', Key, ConsistentRead: true }) as {
    Item?: { state: { S: string } };
  };
  return Item?.state.S;
};

/** A consumer that runs a message at most once: a run of what `dies` leaves no outcome, and the message comes again. */
async function consumeOnce(world: RedriveWorld, dies: readonly string[]): Promise<void> {
  for (;;) {
    const { Messages = [] } = world.world.call('sqs', 'ReceiveMessage', { QueueUrl: SHIP.queue.url, MaxNumberOfMessages: 10 }) as {
      Messages?: { Body: string; MessageId: string; ReceiptHandle: string }[];
    };
    if (Messages.length === 0) return;
    for (const { Body, MessageId, ReceiptHandle } of Messages) {
      const { id } = JSON.parse(Body) as { id: string };
      const marker = markerOf(world, id);
      if (marker === undefined) {
        world.consumed.effects.push(id);
        world.mark(id, dies.includes(id) ? 'STARTED' : 'DONE');
        if (dies.includes(id)) continue;
      }
      if (marker === 'STARTED') {
        const lost = { reason: 'OUTCOME_UNKNOWN', failedAt: world.world.clock.now(), letterId: MessageId, copyId: MessageId };
        await world.timed(world.failures.add([letter(id, { body: Body, ...lost })]));
      }
      world.world.call('sqs', 'DeleteMessage', { QueueUrl: SHIP.queue.url, ReceiptHandle });
    }
  }
}

async function redriven(world: RedriveWorld, options: RedriveOptions) {
  const now = () => world.world.clock.now();
  const operator = world.operations('operations/1');
  const { id } = await world.timed(operator.start(order(options), now() + MINUTE));
  await world.timed(operator.goOn(now() + MINUTE));
  return world.timed(operator.status(id, 0));
}

describe('what an at-most-once consumer has begun', () => {
  test('is sent to run once more with consent, and the record of it says so', async () => {
    const world = redriveWorld();
    await world.add(begun('a'), letter('plain'));
    world.mark('a', 'STARTED');
    expect(await redriven(world, { runAgain: true })).toMatchObject({ counts: { sent: 2, left: 0 }, options: { runAgain: true } });
    await consumeOnce(world, []);
    expect([...world.consumed.effects].sort()).toEqual(['a', 'plain']);
    expect(await world.audits('a')).toMatchObject([{ action: 'redrive', result: 'sent', runAgain: true, ...ADA }]);
    expect((await world.audits('plain'))[0]).not.toHaveProperty('runAgain');
  });

  test.each<RedriveOptions>([{}, { renewOld: true, maxRedrives: 1_000 }])(
    'is left without consent, whatever else is agreed to: %j',
    async (options) => {
      const world = redriveWorld();
      await world.add(begun('a'));
      world.mark('a', 'STARTED');
      expect(await redriven(world, options)).toMatchObject({ counts: { sent: 0, left: 1 }, reasons: { MAY_HAVE_RUN: 1 } });
      expect([markerOf(world, 'a'), world.sentAt]).toEqual(['STARTED', []]);
      expect((await world.audits('a'))[0]).not.toHaveProperty('runAgain');
    },
  );

  test('is left while its run may still go on, also with consent', async () => {
    const world = redriveWorld();
    await world.add(begun('a'));
    world.mark('a', 'STARTED', { leaseMs: MINUTE });
    expect(await redriven(world, { runAgain: true })).toMatchObject({ counts: { sent: 0, left: 1 }, reasons: { MAY_HAVE_RUN: 1 } });
    expect((await world.audits('a'))[0]?.result).toContain('may still be at this one');
    expect(markerOf(world, 'a')).toBe('STARTED');
  });

  test('is done when it turns out to be handled, and is not sent', async () => {
    const world = redriveWorld();
    await world.add(begun('a'));
    world.mark('a');
    expect(await redriven(world, { runAgain: true })).toMatchObject({ counts: { sent: 0, alreadyDone: 1 } });
  });

  test('needs consent anew when it fails again', async () => {
    const world = redriveWorld();
    await world.add(begun('a'));
    world.mark('a', 'STARTED');
    await redriven(world, { runAgain: true });
    await consumeOnce(world, ['a']);
    await world.world.run(MINUTE);
    await consumeOnce(world, ['a']);
    await world.world.run(SECOND);
    expect(await world.failure('a')).toMatchObject({ status: 'open' });
    expect(await redriven(world, {})).toMatchObject({ counts: { sent: 0, left: 1 }, reasons: { MAY_HAVE_RUN: 1 } });
    expect(world.consumed.effects).toEqual(['a']);
  });
});

test.each<FaultKind>(['crashAfter', 'errorAfterEffect'])(
  'a resumed redrive has consent for the run that it named, not for that of the copy that it had sent: %s',
  async (kind) => {
    const world = redriveWorld({ faults: sends([kind, 'deny']) });
    const now = () => world.world.clock.now();
    await world.add(begun('a'));
    world.mark('a', 'STARTED');
    const started = world.operations('operations/1').start(order({ runAgain: true }), now() + MINUTE);
    started.catch(() => {});
    await world.world.run(MINUTE);
    const operator = world.operations('operations/2');
    await world.timed(operator.goOn(now() + MINUTE));
    const [stopped] = await world.timed(operator.list());
    expect(stopped).toMatchObject({ state: 'stopped', counts: { sent: 0 } });
    await consumeOnce(world, ['a']);
    const sent = world.sentAt.length;
    const resumed = await world.timed(operator.resume(stopped?.id ?? '', now() + MINUTE));
    expect([resumed.counts, world.sentAt.length, markerOf(world, 'a')]).toEqual([{ sent: 1, alreadyDone: 0, left: 0 }, sent, 'STARTED']);
  },
);

/** Two that may run again, of which one dies in it; one whose run goes on; and one that was never begun. */
async function incident(faults?: FaultSource): Promise<RedriveWorld> {
  const world = redriveWorld(faults && { faults });
  await world.add(begun('again'), begun('dies'), begun('running'), letter('plain'));
  for (const id of ['again', 'dies']) world.mark(id, 'STARTED');
  world.mark('running', 'STARTED', { leaseMs: 60 * MINUTE });
  const now = () => world.world.clock.now();
  world
    .operations('operations/0')
    .start(order({ runAgain: true }), now() + MINUTE)
    .catch(() => {});
  // Copies are handled between a crash and the next runner; what died comes again only after that.
  for (let turn = 1; turn <= 8; turn += 1) {
    await world.world.run(10 * SECOND);
    await consumeOnce(world, ['dies']);
    await world.world.run(25 * SECOND);
    world
      .operations(`operations/${turn}`)
      .goOn(now() + MINUTE / 2)
      .catch(() => {});
  }
  await consumeOnce(world, ['dies']);
  return world;
}

async function expectRunOnce(world: RedriveWorld, at: string): Promise<void> {
  const [redrive] = await world.timed(world.operations('auditor').list());
  // One whose row was never written has touched nothing.
  if (redrive === undefined) return;
  const { sent, alreadyDone, left } = redrive.counts;
  expect([at, redrive.state, sent + alreadyDone, left]).toEqual([at, 'finished', 3, 1]);
  expect([at, [...world.consumed.effects].sort()]).toEqual([at, ['again', 'dies', 'plain']]);
  for (const id of ['again', 'dies', 'running', 'plain']) {
    const agreed = (await world.audits(id)).map(({ redriveId, runAgain = false }) => [redriveId === redrive.id, runAgain]);
    expect([at, id, agreed]).toEqual([at, id, [[true, id !== 'plain']]]);
  }
  expect([at, markerOf(world, 'running'), (await world.failure('dies'))?.status]).toEqual([at, 'STARTED', 'open']);
}

const KINDS: readonly FaultKind[] = [
  'crashBefore',
  'crashAfter',
  'throttle',
  'errorAfterEffect',
  'errorWithoutEffect',
  'effectAfterError',
  'conflict',
  'partialBatch',
  'slow',
];

describe.each(KINDS)('consent to run again, under %s', (kind) => {
  test('is for one run: nothing is lost and nothing runs twice, wherever it happens', async () => {
    const calls: string[] = [];
    await expectRunOnce(
      await incident({ decide: ({ role, action }) => void (role === 'operations' && calls.push(action)) } as FaultSource),
      '',
    );
    expect(calls).toContain('DeleteItem');
    for (const [nth, action] of calls.entries()) {
      if (applies(kind, action)) await expectRunOnce(await incident(faultAtCall(nth, kind)), `${kind} at ${nth} ${action}`);
    }
  });
});

test('forty redrives with consent that meet any of them at random moments run nothing twice', async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const rng = createRng(seed);
    const world = await incident({
      decide({ role, action }) {
        if (role !== 'operations' || rng.next() >= 0.1) return undefined;
        const kind = KINDS[Math.floor(rng.next() * KINDS.length)] as FaultKind;
        return applies(kind, action) ? kind : undefined;
      },
    });
    expect([seed, [...world.consumed.effects].sort()]).toEqual([seed, [...new Set(world.consumed.effects)].sort()]);
  }
});
