import { type Clock, sleep } from '../core/clock.ts';
import { mapConcurrent } from '../core/map-concurrent.ts';
import type { Rng } from '../core/rng.ts';
import { wireBytes } from '../message/attributes.ts';
import { MAX_BATCH_ENTRIES } from '../message/message.contract.ts';
import { type Backoff, fullJitter } from '../retry/backoff.ts';
import type { Destination, Parcel } from './destination.ts';
import { packBatches } from './pack.ts';
import { NO_RESULT, type SendResult } from './send-result.ts';

/** Talks to one kind of destination; `topic.sns.ts` and `topic.sqs.ts` implement it. Never throws for what the service answers. */
export interface Sender {
  /** One batch: a result per parcel, in order; `rejected` for the whole batch says nothing about any one parcel. */
  sendBatch(destination: Destination, parcels: readonly Parcel[]): Promise<readonly SendResult[] | { readonly rejected: SendResult }>;
  sendOne(destination: Destination, parcel: Parcel): Promise<SendResult>;
}

/** What became of one message at one destination. */
export type Delivery =
  | { readonly status: 'delivered'; readonly serviceId?: string }
  /** The destination refuses this message, on its own too: it can never be published as it is. */
  | { readonly status: 'refused'; readonly code: string; readonly message: string }
  /** Throttled, unreachable or forbidden until the tries or the time ran out; it may have been delivered. */
  | { readonly status: 'unavailable'; readonly code: string; readonly message: string };

/** What delivering works with. */
export interface DeliverDeps {
  readonly sender: Sender;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** How far one delivery goes. */
export interface DeliverOptions {
  /** No try starts after this time, in epoch milliseconds. */
  readonly deadline: number;
  /** Batches under way at a time. @default 8 */
  readonly maxInFlight?: number;
}

const MAX_TRIES = 4;
const BACKOFF: Backoff = { baseMs: 50, capMs: 1_000 };

interface Pending {
  readonly index: number;
  readonly parcel: Parcel;
  readonly bytes: number;
}

/**
 * Delivers parcels whose order among each other does not matter to one destination, in as few calls as the limits allow.
 * Every entry of every answer is looked at; throttled ones are tried again with full jitter; what a batch refuses is tried once
 * alone, so that one bad message cannot condemn nine others. Results are in the order of the parcels.
 */
export async function deliver(
  deps: DeliverDeps,
  { destination, parcels }: { readonly destination: Destination; readonly parcels: readonly Parcel[] },
  { deadline, maxInFlight = 8 }: DeliverOptions,
): Promise<Delivery[]> {
  const deliveries: Delivery[] = parcels.map(() => ({
    status: 'unavailable',
    code: 'DEADLINE',
    message: 'there was no time left to send it',
  }));
  let pending: Pending[] = parcels.map((parcel, index) => ({ index, parcel, bytes: wireBytes(parcel.body, parcel.attributes) }));

  for (let attempt = 1; attempt <= MAX_TRIES && pending.length > 0 && deps.clock.now() < deadline; attempt += 1) {
    if (attempt > 1) {
      const wait = fullJitter(BACKOFF, attempt - 1, deps.rng);
      if (deps.clock.now() + wait >= deadline) break;
      await sleep(deps.clock, wait);
    }
    const batches = packBatches(pending, { maxEntries: MAX_BATCH_ENTRIES, maxBytes: destination.maxBytes });
    const results = await mapConcurrent(batches, maxInFlight, (batch) => sendBatch(deps.sender, destination, batch));
    pending = [];
    for (const { entry, result } of results.flat()) {
      deliveries[entry.index] = toDelivery(result);
      if (isWorthRetrying(result)) pending.push(entry);
    }
  }
  return deliveries;
}

interface Attempted {
  readonly entry: Pending;
  readonly result: SendResult;
}

async function sendBatch(sender: Sender, destination: Destination, batch: readonly Pending[]): Promise<Attempted[]> {
  const answer = await sender.sendBatch(
    destination,
    batch.map((entry) => entry.parcel),
  );
  const results = 'rejected' in answer ? batch.map(() => answer.rejected) : answer;
  return mapConcurrent(batch, MAX_BATCH_ENTRIES, async (entry, index) => {
    const result = results[index] ?? NO_RESULT;
    // An entry or batch that is wrong in itself gets one try alone: the fault may be a neighbour's, or the total size.
    return { entry, result: isRejected(result) ? await sender.sendOne(destination, entry.parcel) : result };
  });
}

// A permission or a missing topic is repaired by people, not by another try within the second.
function isWorthRetrying(result: SendResult): boolean {
  return result.status === 'failed' && (result.failure === 'throttled' || result.failure === 'ambiguous');
}

function isRejected(result: SendResult): boolean {
  return result.status === 'failed' && result.failure === 'rejected';
}

function toDelivery(result: SendResult): Delivery {
  if (result.status === 'sent') return { status: 'delivered', ...(result.serviceId !== undefined && { serviceId: result.serviceId }) };
  return { status: isRejected(result) ? 'refused' : 'unavailable', code: result.code, message: result.message };
}
