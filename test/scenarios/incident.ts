import { on, type Route } from '../../lib/consumer/consumer.routes.ts';
import type { Redrive, RedriveOptions } from '../../lib/ops/operations.ts';
import { Permanent } from '../../lib/retry/retry.errors.ts';
import type { Call, FaultSource } from '../../lib/simulation/fault.ts';
import { applyOnce, OrderNoted, OrderPlaced, type StackOptions } from './order-stack.ts';
import { createOrderWorld, type OrderWorld } from './order-world.ts';

export const ADA = { who: 'ada', why: 'the second version is out' };

/** Which messages a consumer cannot handle, at the moment. */
export type Refuses = (consumer: string, orderId: string) => boolean;

/** A world with a failure store whose consumers refuse some messages for good; `runs` are those of their handlers, as `consumer orderId`. */
export function createIncident(options: Partial<StackOptions> & { readonly refuses: Refuses }) {
  const runs: string[] = [];
  const attempt = (consumer: string, orderId: string) => {
    runs.push(`${consumer} ${orderId}`);
    if (options.refuses(consumer, orderId)) throw new Permanent('no such customer');
  };
  const routes = (consumer: string): readonly Route[] => [
    on(OrderPlaced, ({ data }, { unit }) => {
      attempt(consumer, data.orderId);
      applyOnce(consumer, unit, { orderId: data.orderId });
    }),
    on(OrderNoted, ({ data }, { unit }) => {
      attempt(consumer, data.orderId);
      applyOnce(consumer, unit, { orderId: data.orderId });
    }),
  ];
  return { ...createOrderWorld({ seed: 1, failures: true, routes, ...options }), runs };
}

/** Begins a redrive, and gives it so much time; the minute's tick goes on with it. */
export async function sendBack(
  world: OrderWorld,
  { where = {}, ms = 10_000, ...options }: RedriveOptions & { readonly where?: Redrive['where']; readonly ms?: number } = {},
): Promise<Redrive | undefined> {
  void world.operate({ operation: 'redrive', where, options, author: ADA });
  await world.run(ms);
  return world.failures().redrives.at(-1);
}

/** How the failures of the world stand, as `orderId status`. */
export function standings(world: OrderWorld): readonly string[] {
  return world
    .failures()
    .failures.map(({ orderId, status }) => `${orderId} ${status}`)
    .sort();
}

/** Notes down the calls of one function. */
export function callsOf(role: string): { readonly calls: Call[]; readonly faults: FaultSource } {
  const calls: Call[] = [];
  return {
    calls,
    faults: {
      decide: (call) => {
        if (call.role === role) calls.push(call);
        return undefined;
      },
    },
  };
}
