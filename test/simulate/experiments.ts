import { on, type Route } from '../../lib/consumer/consumer.routes.ts';
import { createRng } from '../../lib/core/rng.ts';
import type { Violation } from '../../lib/simulation/conservation.ts';
import { checkLiveness } from '../../lib/simulation/liveness.ts';
import type { Conditions, Experiment, Trial } from '../../lib/simulation/search/trial.ts';
import { CALM } from '../../lib/simulation/swarm.ts';
import { applyOnce, countEffects, OrderNoted, OrderShipped, type StackOptions } from '../scenarios/order-stack.ts';
import { CHAOS_MS, createOrderWorld, type OrderWorld, type Placement } from '../scenarios/order-world.ts';
import { checkNothingGivenUp } from './given-up.ts';
import { poison } from './poison.ts';
import { redrive } from './redrive.ts';

/** Calls that a schedule of a few messages and a day of sweeps can explain. */
const MAX_CALLS = 5_000;

/** Settings that no promise depends on: drawn by the seed, the defaults in a calm world. */
export function settingsOf({ seed, swarm }: Conditions): Partial<StackOptions> {
  if (swarm === CALM) return {};
  const rng = createRng(seed ^ 0x1b873593);
  const pick = <T>(...values: readonly T[]): T => values[Math.floor(rng.next() * values.length)] as T;
  return {
    batchSize: pick(1, 3, 10),
    maxConcurrency: pick(2, 100),
    consumer: { concurrency: pick(1, 2, 10), packing: pick<false | { lingerMs: number }>(false, { lingerMs: 0 }, { lingerMs: 10 }) },
  };
}

const EIGHT: readonly Placement[] = [1, 2, 3, 4, 5, 6, 7, 8].map((order) =>
  order % 4 === 0 ? { id: `note-${order}` } : { id: `order-${order}`, customer: `customer-${order % 3}` },
);

/** Eight messages of the whole pipeline, six in order for two consumers and two for one: in units of one to four, as the seed says. */
const orders: Experiment = {
  name: 'orders',
  run: (conditions) =>
    runOnce(createOrderWorld({ ...conditions, ...settingsOf(conditions) }), ({ together }) => {
      const rng = createRng(conditions.seed ^ 0x68e31da4);
      const [size, withinMs] = [1 + Math.floor(rng.next() * 4), rng.next() < 0.5 ? 5_000 : 50];
      for (let first = 0; first < EIGHT.length; first += size) together(EIGHT.slice(first, first + size), withinMs);
    }),
};

/** Commands from point to point, beside events. */
const commands: Experiment = {
  name: 'commands',
  run: (conditions) =>
    runOnce(createOrderWorld({ ...conditions, ...settingsOf(conditions), commands: true }), (world) => {
      for (let command = 1; command <= 4; command += 1) world.pack(`command-${command}`);
      world.place('order-1', 'ada');
      world.note('note-1');
    }),
};

/** Two orders of one key and nothing else: small enough for every pair of faults. */
const pair: Experiment = {
  name: 'pair',
  run: (conditions) =>
    runOnce(createOrderWorld({ ...conditions, ...settingsOf(conditions) }), (world) => {
      world.place('order-1', 'ada');
      world.place('order-2', 'ada');
    }),
};

/** Notes whose consumer calls somebody outside under a lease, and publishes a message of its own. */
const outgoing: Experiment = {
  name: 'outgoing',
  async run(conditions) {
    const outside: { readonly orderId: string; readonly key: string }[] = [];
    const routes = (consumer: string): readonly Route[] => [
      ...countEffects(consumer).slice(0, 1),
      on(
        OrderNoted,
        ({ data }, { unit, idempotencyKey }) => {
          outside.push({ orderId: data.orderId, key: idempotencyKey });
          applyOnce(consumer, unit, data);
          unit.publish(OrderShipped, { orderId: data.orderId });
        },
        { effect: 'external' },
      ),
    ];
    const world = createOrderWorld({ ...conditions, ...settingsOf(conditions), routes });
    const trial = await runOnce(world, ({ note, ledger: _ }) => {
      for (let id = 1; id <= 3; id += 1) note(`note-${id}`);
    });
    return { ...trial, violations: [...trial.violations, ...checkOutgoing(world, outside)] };
  },
};

/** What a consumer sends exists once for each message that it applied; who is called outside can tell repetitions by their key. */
function checkOutgoing(world: OrderWorld, outside: readonly { readonly orderId: string; readonly key: string }[]): readonly Violation[] {
  const shipped = world.peek(world.shipmentsUrl).map(({ body }) => JSON.parse(body) as { id: string; data: { orderId: string } });
  const applied = new Set(world.applied(world.audit.name));
  const violations: Violation[] = [];
  for (const orderId of applied) {
    const ids = new Set(shipped.filter(({ data }) => data.orderId === orderId).map(({ id }) => id));
    if (ids.size === 0) violations.push({ guarantee: 'G1', message: `the message that followed from ${orderId} was never published` });
    if (ids.size > 1) violations.push({ guarantee: 'G3', message: `${ids.size} messages followed from ${orderId}` });
    const keys = new Set(outside.filter((call) => call.orderId === orderId).map(({ key }) => key));
    if (keys.size !== 1) violations.push({ guarantee: 'G3', message: `${orderId} was taken outside under ${keys.size} idempotency keys` });
  }
  for (const { data } of shipped) {
    if (!applied.has(data.orderId))
      violations.push({ guarantee: 'G2', message: `a message followed from ${data.orderId}, which was not applied` });
  }
  return violations;
}

/** Messages that can all be handled: chaos, heal, drain, check. */
async function runOnce(world: OrderWorld, begin: (world: OrderWorld) => void): Promise<Trial> {
  begin(world);
  await world.run(CHAOS_MS);
  world.heal();
  const rest = await world.drain();
  const violations = [
    ...world.check(),
    ...checkNothingGivenUp(world),
    ...checkLiveness({ ...rest, calls: world.calls.total, maxCalls: MAX_CALLS }),
  ];
  return { violations, history: world.history };
}

/** Everything that is searched, by name. */
export const EXPERIMENTS: readonly Experiment[] = [orders, outgoing, commands, pair, poison, redrive];
