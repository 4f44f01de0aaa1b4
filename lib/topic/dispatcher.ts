import type { Cancel } from '../core/clock.ts';
import { wireBytes } from '../message/attributes.ts';
import { MAX_BATCH_ENTRIES } from '../message/message.contract.ts';
import { type DeliverDeps, type Delivery, deliver } from './deliver.ts';
import type { Destination, Parcel } from './destination.ts';
import { packBatches } from './pack.ts';

/** Gathers parcels for one destination into batches. */
export interface Dispatcher {
  /** Resolves with what became of the parcel; never rejects. */
  dispatch(parcel: Parcel): Promise<Delivery>;
  /** Sends what waits, and resolves when nothing is under way. */
  flush(): Promise<void>;
}

/** How a dispatcher gathers. */
export interface DispatcherOptions {
  readonly destination: Destination;
  readonly lingerMs: number;
  readonly maxInFlight: number;
  /** How long a parcel is tried for, from its dispatch on. */
  readonly timeoutMs: number;
  /** The most parcels that may wait. */
  readonly maxWaiting: number;
}

interface Waiting {
  readonly parcel: Parcel;
  readonly bytes: number;
  readonly lane: string | undefined;
  /** When its time is over. */
  readonly until: number;
  readonly resolve: (delivery: Delivery) => void;
}

const FULL: Delivery = { status: 'unsent', code: 'QUEUE_FULL', message: 'too many messages wait for this destination already' };
const LATE: Delivery = { status: 'unsent', code: 'DEADLINE', message: 'its time was over before its turn came' };

/**
 * Makes a dispatcher. A batch leaves when it is full, or when its oldest parcel has waited `lingerMs`. Parcels of one ordering key are
 * under way one at a time, in their order; once one of them was not delivered, the next still goes: their callers know. What comes while
 * `maxWaiting` parcels wait is turned away, and what waited until its time was over is not sent.
 */
export function createDispatcher(deps: DeliverDeps, options: DispatcherOptions): Dispatcher {
  const { destination, lingerMs, maxInFlight, timeoutMs, maxWaiting } = options;
  let waiting: Waiting[] = [];
  let inFlight = 0;
  let timer: Cancel | undefined;
  const busy = new Set<string>();
  let idle: (() => void)[] = [];

  // What may leave now: no more than the free calls take, and of each key only the first, unless that key is under way. The rest is not
  // looked at: packing all that waits at each turn would take longer the more there is.
  function takeBatches(): Waiting[][] {
    const room = (maxInFlight - inFlight) * MAX_BATCH_ENTRIES;
    if (room <= 0) return [];
    const now = deps.clock.now();
    const seen = new Set(busy);
    const eligible: Waiting[] = [];
    const kept: Waiting[] = [];
    let looked = 0;
    for (; looked < waiting.length && eligible.length < room; looked += 1) {
      const entry = waiting[looked] as Waiting;
      if (entry.until <= now) {
        entry.resolve(LATE);
        continue;
      }
      kept.push(entry);
      if (entry.lane === undefined || !seen.has(entry.lane)) eligible.push(entry);
      if (entry.lane !== undefined) seen.add(entry.lane);
    }
    const packed = packBatches(eligible, { maxEntries: MAX_BATCH_ENTRIES, maxBytes: destination.maxBytes });
    const batches = packed.slice(0, maxInFlight - inFlight);
    const taken = new Set(batches.flat());
    waiting = kept.filter((entry) => !taken.has(entry)).concat(waiting.slice(looked));
    return batches;
  }

  function pump(): void {
    timer?.();
    timer = undefined;
    for (const batch of takeBatches()) void run(batch);
    if (waiting.length === 0 && inFlight === 0) for (const wake of idle.splice(0)) wake();
  }

  async function run(batch: readonly Waiting[]): Promise<void> {
    inFlight += 1;
    for (const { lane } of batch) if (lane !== undefined) busy.add(lane);
    const parcels = batch.map((entry) => entry.parcel);
    // The youngest of the batch decides: nobody's time is cut short by a neighbour that has waited longer.
    const deadline = Math.max(...batch.map((entry) => entry.until));
    const deliveries = await deliver(deps, { destination, parcels }, { deadline });
    inFlight -= 1;
    for (const [index, { lane, resolve }] of batch.entries()) {
      if (lane !== undefined) busy.delete(lane);
      resolve(deliveries[index] ?? { status: 'unavailable', code: 'NO_RESULT', message: 'the delivery has no result' });
    }
    pump();
  }

  return {
    dispatch: (parcel) =>
      new Promise((resolve) => {
        if (waiting.length >= maxWaiting) return resolve(FULL);
        waiting.push({
          parcel,
          bytes: wireBytes(parcel.body, parcel.attributes),
          lane: destination.fifo ? parcel.key : undefined,
          until: deps.clock.now() + timeoutMs,
          resolve,
        });
        if (waiting.length >= MAX_BATCH_ENTRIES && inFlight < maxInFlight) pump();
        else timer ??= deps.clock.after(lingerMs, pump);
      }),
    flush: () =>
      new Promise((resolve) => {
        idle = [...idle, resolve];
        pump();
      }),
  };
}
