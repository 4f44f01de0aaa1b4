import type { Violation } from '../../lib/simulation/conservation.ts';
import type { HistoryEvent } from '../../lib/simulation/history.ts';
import { type ChaosProxy, startChaosProxy } from '../../lib/simulation/wire/chaos-proxy.ts';
import type { WireFaultSource } from '../../lib/simulation/wire/wire-fault.ts';
import { type Clients, deploy, destroy, type Undo } from './deploy.ts';
import { type ClientSettings, type PollerDeps, pause, pollQueue, pollStream, repeat } from './pollers.ts';
import type { ConsumerQueues, Deployment, Handlers, OrderEvent } from './protocol.ts';
import { isQuiet, type Ledger, violationsOf } from './verdict.ts';
import type { Workers } from './workers.ts';

/** An account and what runs on it. */
export interface WireWorld {
  readonly target: URL;
  readonly settings: Omit<ClientSettings, 'endpoint'>;
  /** Clients past the proxy. */
  readonly clients: Clients;
  readonly workers: Workers;
  readonly pace: Pace;
}

/** How an account is looked at. */
export interface Pace {
  /** Queues tell their sizes approximately: so often in a row nothing must be left. */
  readonly quietChecks: number;
  readonly quietEveryMs: number;
  /** Between reads of a shard that had nothing new. */
  readonly streamEveryMs: number;
}

/** One run: a workload, what goes wrong, and for how long. */
export interface Schedule {
  readonly prefix: string;
  readonly faults: WireFaultSource;
  readonly handlers?: Handlers;
  /** @default - four orders of two customers and a note */
  readonly orders?: readonly OrderEvent[];
  /** After this long the faults end, in milliseconds; sooner when nothing is left to do. */
  readonly chaosMs?: number;
}

/** How a run ended. */
export interface Verdict {
  readonly violations: readonly Violation[];
  readonly ledger: Ledger;
  readonly events: readonly HistoryEvent[];
  readonly ms: number;
}

const ORDERS: readonly OrderEvent[] = [
  { orderId: 'order-1', customer: 'ada' },
  { orderId: 'order-2', customer: 'ada' },
  { orderId: 'order-3', customer: 'bob' },
  { orderId: 'note-1' },
  { orderId: 'order-4', customer: 'ada' },
];

const CHAOS_MS = 20_000;
/** For what is left after the chaos; a looking account takes its time on top. */
const DRAIN_MS = 60_000;
const INVOCATION_MS = 5_000;
/** Callers at a time. */
const PRODUCERS = 2;
const SWEEP_EVERY_MS = 2_000;
const TRIES = 30;

/** Chaos, heal, drain, check: in resources of its own, which are deleted in the end. */
export async function runSchedule(world: WireWorld, schedule: Schedule): Promise<Verdict> {
  const { prefix, faults } = schedule;
  const undo: Undo = [];
  try {
    const deployment = await deploy(world.clients, prefix, undo);
    const proxy = await startChaosProxy({ target: world.target, faults, onCrash: world.workers.kill });
    return await runOn(world, schedule, { deployment, proxy });
  } finally {
    await destroy(undo);
  }
}

interface Stage {
  readonly deployment: Deployment;
  readonly proxy: ChaosProxy;
}

async function runOn(world: WireWorld, schedule: Schedule, { deployment, proxy }: Stage): Promise<Verdict> {
  const { workers, clients, pace } = world;
  const { handlers = 'proper', orders = ORDERS, chaosMs = CHAOS_MS } = schedule;
  const started = performance.now();
  const stop = new AbortController();
  const { signal } = stop;
  const settings = { ...world.settings, endpoint: proxy.url };
  const binding = { endpoint: proxy.url, region: settings.region, deployment, handlers };
  const invoke: PollerDeps['invoke'] = (role, event) => workers.invoke({ ...binding, role }, event, INVOCATION_MS);
  const polling = startPolling({ settings, signal, invoke, streamEveryMs: pace.streamEveryMs }, deployment);
  const ledger: Ledger = { attempted: [], committed: [], unknown: [] };
  const producing = placeAll(invoke, ledger, orders);
  const quiet = async (ms: number) => {
    const until = performance.now() + ms + pace.quietChecks * pace.quietEveryMs;
    for (let seen = 0; performance.now() < until && seen < pace.quietChecks; await pause(signal, pace.quietEveryMs)) {
      seen = proxy.held() === 0 && (await isQuiet(clients, deployment, ledger)) ? seen + 1 : 0;
    }
  };
  try {
    await quiet(chaosMs);
    proxy.heal();
    await quiet(DRAIN_MS);
    await producing;
    const violations = await violationsOf(clients, deployment, ledger);
    return { violations, ledger, events: proxy.history.events, ms: performance.now() - started };
  } finally {
    stop.abort();
    await proxy.close();
    await polling;
    workers.release(deployment.prefix);
  }
}

function startPolling(deps: PollerDeps, { streamArn, consumers }: Deployment): Promise<unknown> {
  const { signal } = deps;
  return Promise.all([
    pollStream(deps, streamArn, 'relay').catch((error: unknown) => {
      if (!signal.aborted) throw error;
    }),
    ...consumers.flatMap((consumer) => (isFifo(consumer) ? [1] : [1, 2]).map((number) => pollQueue(deps, consumer, number))),
    repeat(signal, async () => {
      await pause(signal, SWEEP_EVERY_MS);
      await deps.invoke('sweeper', {});
    }),
  ]);
}

const isFifo = ({ queueUrl }: ConsumerQueues): boolean => queueUrl.endsWith('.fifo');

async function placeAll(invoke: PollerDeps['invoke'], ledger: Ledger, orders: readonly OrderEvent[]): Promise<void> {
  const waiting = [...orders];
  ledger.attempted.push(...orders.map(({ orderId }) => orderId));
  const caller = async () => {
    for (let order = waiting.shift(); order; order = waiting.shift()) await place(invoke, ledger, order);
  };
  await Promise.all(Array.from({ length: PRODUCERS }, caller));
}

/** A caller that asks again until it is answered, also when the process died that it asked. */
async function place(invoke: PollerDeps['invoke'], ledger: Ledger, order: OrderEvent): Promise<void> {
  for (let tried = 1; tried <= TRIES; tried += 1) {
    const outcome = await invoke('producer', order);
    if ('payload' in outcome) return void ledger.committed.push(order.orderId);
    await new Promise((resolve) => setTimeout(resolve, 100 * tried));
  }
  ledger.unknown.push(order.orderId);
}
