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
  readonly timeoutMs: number;
}

interface Waiting {
  readonly parcel: Parcel;
  readonly bytes: number;
  readonly lane: string | undefined;
  readonly resolve: (delivery: Delivery) => void;
}

/**
 * Makes a dispatcher. A batch leaves when it is full, or when its oldest parcel has waited `lingerMs`. Parcels of one ordering key are
 * under way one at a time, in their order; once one of them was not delivered, the next still goes: their callers know.
 */
export function createDispatcher(deps: DeliverDeps, { destination, lingerMs, maxInFlight, timeoutMs }: DispatcherOptions): Dispatcher {
  let waiting: Waiting[] = [];
  let inFlight = 0;
  let timer: Cancel | undefined;
  const busy = new Set<string>();
  let idle: (() => void)[] = [];

  // Everything that may leave now: not more batches than are free, and of each key only the first, unless that key is under way.
  function takeBatches(): Waiting[][] {
    const seen = new Set(busy);
    const eligible = waiting.filter(({ lane }) => lane === undefined || (!seen.has(lane) && seen.add(lane)));
    const batches = packBatches(eligible, { maxEntries: MAX_BATCH_ENTRIES, maxBytes: destination.maxBytes }).slice(
      0,
      maxInFlight - inFlight,
    );
    const taken = new Set(batches.flat());
    waiting = waiting.filter((entry) => !taken.has(entry));
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
    const deliveries = await deliver(deps, { destination, parcels }, { deadline: deps.clock.now() + timeoutMs });
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
        waiting.push({
          parcel,
          bytes: wireBytes(parcel.body, parcel.attributes),
          lane: destination.fifo ? parcel.key : undefined,
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
