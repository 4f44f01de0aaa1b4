import type { Swarm } from '../../lib/simulation/swarm.ts';
import { orders, TIMEOUT_MS } from '../scenarios/order-stack.ts';
import { createOrderWorld } from '../scenarios/order-world.ts';
import type { Publisher } from './publisher.ts';

/** What became of one order. */
export interface OrderFate {
  readonly id: string;
  /** Whether the order is in its table. */
  readonly written: boolean;
  /** Whether anybody was told of it. */
  readonly told: boolean;
}

/** Orders that one publisher makes under a seed's troubles, behind them topic, queue and a consumer that applies each message once. */
export async function runPublisher(
  { place }: Publisher,
  { seed, swarm, orderCount = 5 }: { readonly seed: number; readonly swarm: Swarm; readonly orderCount?: number },
): Promise<readonly OrderFate[]> {
  const world = createOrderWorld({ seed, swarm });
  const ids = Array.from({ length: orderCount }, (_, index) => `order-${index + 1}`);
  for (const id of ids) {
    const process = world.process(`producer/${id}`);
    world.clock.after(world.rng.next() * 5_000, () => {
      const cancel = world.clock.after(TIMEOUT_MS, () => process.kill('Sandbox.Timedout'));
      // What is thrown is answered to the caller, who leaves.
      void place(process, world, id).then(cancel, cancel);
    });
  }
  await world.judge();
  const written = new Set((world.dynamodb.scanTable(orders.name) as unknown as { id: { S: string } }[]).map(({ id }) => id.S));
  const dead = [...world.letters(world.audit), ...world.peek(world.audit.undeliveredUrl)];
  const told = new Set([
    ...world.applied(world.audit.name),
    ...dead.map(({ body }) => (JSON.parse(body) as { correlationid: string }).correlationid),
  ]);
  return ids.map((id) => ({ id, written: written.has(id), told: told.has(id) }));
}
