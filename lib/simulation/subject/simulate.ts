import type { FaultSource } from '../fault.ts';
import { createSpy, type Spy } from '../spy.ts';
import type { Swarm } from '../swarm.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { createWorld, type World } from '../world.ts';
import { createStage } from './stage.ts';
import type { DeployOptions, Subject } from './subject.ts';
import type { SubjectView } from './subject-view.ts';
import type { Delivered } from './test-message.ts';
import { viewOf } from './view.ts';

/** What `simulate` takes. */
export interface SimulateOptions extends DeployOptions {
  /** @default 1 */
  readonly seed?: number;
  /** What goes wrong at calls. @default - nothing */
  readonly faults?: FaultSource;
  /** What else goes wrong, e.g. of `drawSwarm(seed)`. @default - nothing */
  readonly swarm?: Swarm;
  /** Whether what the code prints is shown. @default true */
  readonly prints?: boolean;
}

/** A subject that runs in a world of its own, for tests that go step by step. */
export interface Simulation {
  readonly world: World;
  /** Virtual time: it passes in `run` and while the spy waits. */
  readonly clock: VirtualClock;
  /** Waits for messages, and for their absence. */
  readonly spy: Spy;
  /** Puts a message into the subject's queue; gives its id. */
  deliver(given: Delivered): string;
  /** Lets virtual time pass, in milliseconds. */
  run(ms: number): Promise<void>;
  /** What is in the tables, was published and noted, and is dead-lettered now. */
  view(): SubjectView;
}

/**
 * Deploys a subject in a world of its own, as the constructs deploy it, and lets a test go step by step.
 *
 * @example
 * const shop = simulate(() => [on(OrderPlaced, ship)], { tables: [shipments], publishes: [OrderShipped] });
 * shop.deliver(message(OrderPlaced, { orderId: 'order-1' }));
 * await shop.spy.waitFor('published', OrderShipped, { where: ({ data }) => data.orderId === 'order-1' });
 * await shop.spy.expectNone('deadLettered', OrderPlaced, { withinMs: 3_600_000 });
 */
export function simulate(subject: Subject, options: SimulateOptions = {}): Simulation {
  const { seed = 1, faults, swarm, prints = true } = options;
  const world = createWorld({ seed, hostile: false, globals: { prints }, ...(faults && { faults }), ...(swarm && { swarm }) });
  const stage = createStage(world, subject, options);
  let delivered = 0;
  return {
    world,
    clock: world.clock,
    spy: createSpy(stage),
    deliver(given) {
      const { id } = stage.deliver(given, delivered);
      delivered += 1;
      return id;
    },
    run: (ms) => world.run(ms),
    view: () => viewOf(stage),
  };
}
