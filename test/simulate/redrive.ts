import type { Route } from '../../lib/consumer/consumer.routes.ts';
import type { Author } from '../../lib/ops/operations.ts';
import { Permanent } from '../../lib/retry/retry.errors.ts';
import type { Violation } from '../../lib/simulation/conservation.ts';
import { checkLiveness } from '../../lib/simulation/liveness.ts';
import type { Experiment } from '../../lib/simulation/search/trial.ts';
import { countEffects, MINUTE } from '../scenarios/order-stack.ts';
import { CHAOS_MS, createOrderWorld, type OrderWorld } from '../scenarios/order-world.ts';

/** What the first version of the handlers refuses, by consumer. */
const REFUSED: Readonly<Record<string, readonly string[]>> = { 'audit-order': ['note-1', 'note-2'], 'project-order': ['order-1'] };

const ADA: Author = { who: 'ada', why: 'the second version is out' };

/** Handlers of which the first version refuses some messages for good, for two reasons. */
function refusing(isMended: () => boolean) {
  return (consumer: string): readonly Route[] =>
    countEffects(consumer).map((route) => ({
      ...route,
      handle: (message: { data: { orderId: string } }, context: Parameters<Route['handle']>[1]) => {
        const { orderId } = message.data;
        if (isMended() || !REFUSED[consumer]?.includes(orderId)) return route.handle(message as never, context);
        if (orderId === 'note-1') throw new Permanent('the card has expired');
        throw new Permanent('there is no such customer', { cause: new RangeError(orderId) });
      },
    }));
}

/**
 * An operator with an incident: dead letters of two consumers; a redrive that is begun too early and stopped by its canary; the second version
 * of the handlers, one message edited by hand, and the failures sent back behind a canary, at one a second or more. All of it under faults, of
 * the operations function and the indexer, too.
 */
export const redrive: Experiment = {
  name: 'redrive',
  async run(conditions) {
    let mended = false;
    const rate = RATES[conditions.seed % RATES.length] ?? 1;
    const world = createOrderWorld({ ...conditions, failures: true, routes: refusing(() => mended) });
    for (const id of ['note-1', 'note-2', 'note-3']) world.note(id);
    for (const [id, customer] of [
      ['order-1', 'ada'],
      ['order-2', 'bob'],
    ] as const)
      world.place(id, customer);

    world.clock.after(20_000, () => void sendBack(world, rate));
    world.clock.after(40_000, () => {
      mended = true;
    });
    world.clock.after(45_000, () => void editOne(world));
    world.clock.after(50_000, () => void sendBack(world, rate));
    for (let at = 60_000; at < CHAOS_MS; at += 20_000) world.clock.after(at, () => void keepGoing(world));
    await world.run(CHAOS_MS);
    world.heal();
    const rest = await sendBackTheRest(world);
    const liveness = checkLiveness({ ...rest, calls: world.calls.total, maxCalls: 10_000 });
    return { history: world.history, violations: [...world.check(), ...liveness, ...checkAllHandled(world)] };
  },
};

/** Messages a second: as many are taken at a time, so that a few take several turns, or one. */
const RATES = [1, 2, 100];

function sendBack(world: OrderWorld, rate: number): Promise<unknown> {
  return world.operate({ operation: 'redrive', where: {}, options: { canary: 1, rate }, author: ADA });
}

async function editOne(world: OrderWorld): Promise<void> {
  const answer = await world.operate({ operation: 'list' });
  const failure = answer?.failures.find(({ body }) => body.kind === 'inline' && body.text.includes('"note-2"'));
  if (failure?.body.kind !== 'inline') return;
  const body = failure.body.text.replace('"orderId":"note-2"', '"orderId":"note-2","text":"mended"');
  await world.operate({ operation: 'edit', id: failure.id, body, author: ADA });
}

/** Asks how each redrive stands, which keeps it going, and lets those go on that have stopped. */
async function keepGoing(world: OrderWorld): Promise<void> {
  const answer = await world.operate({ operation: 'redrives' });
  for (const { id, state } of answer?.redrives ?? []) {
    if (state === 'stopped') await world.operate({ operation: 'resume-redrive', id });
    else if (state !== 'finished') await world.operate({ operation: 'redrive-status', id });
  }
}

const ROUNDS = 4;

/** When nothing fails any more: sends back what is open until nothing is. A clock that is wrong may take a failure for one of later. */
async function sendBackTheRest(world: OrderWorld) {
  let rest = await world.drain();
  for (let round = 0; round < ROUNDS && isOpen(world); round += 1) {
    void world.operate({ operation: 'redrive', where: {}, author: ADA });
    await world.run(10 * MINUTE);
    rest = await world.drain();
  }
  return rest;
}

const isOpen = (world: OrderWorld) => world.failures().failures.some(({ status }) => status === 'open' || status === 'redriving');

/** In the end everything was handled, once, and nothing was given up that nothing was wrong with. */
function checkAllHandled(world: OrderWorld): readonly Violation[] {
  const applied = { audit: world.applied(world.audit.name), project: world.applied(world.project.name) };
  const expected = { audit: ['note-1', 'note-2', 'note-3', 'order-1', 'order-2'], project: ['order-1', 'order-2'] };
  const unhandled = (['audit', 'project'] as const).flatMap((consumer) =>
    expected[consumer].flatMap((id): Violation[] => {
      const times = applied[consumer].filter((each) => each === id).length;
      const isKnown = world.ledger.committed.includes(id) || times > 1;
      return times === 1 || !isKnown
        ? []
        : [{ guarantee: 'G7', message: `${world[consumer].name} applied ${id} ${times} times in the end` }];
    }),
  );
  const given = world.failures().failures.filter(({ consumer, orderId }) => !REFUSED[consumer]?.includes(orderId));
  const givenUp = given.map(({ consumer, orderId, reason }): Violation => {
    return { guarantee: 'G13', message: `${consumer} gave up ${orderId}, which nothing is wrong with: ${reason}` };
  });
  return [...unhandled, ...givenUp];
}
