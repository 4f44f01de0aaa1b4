import { type Clock, sleep } from '../core/clock.ts';
import { mapConcurrent } from '../core/map-concurrent.ts';
import type { Rng } from '../core/rng.ts';
import { wireBytes } from '../message/attributes.ts';
import { MAX_BATCH_ENTRIES } from '../message/message.contract.ts';
import { CALL_LIMIT_MS } from '../retry/call-limit.ts';
import type { RetryPolicy } from '../retry/policy.ts';
import { delayOf } from '../retry/policy-delay.ts';
import type { Breaker } from './breaker.ts';
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
  | { readonly status: 'unavailable'; readonly code: string; readonly message: string }
  /** The time was over before the first try: nothing is known of the destination, and nothing was sent. */
  | { readonly status: 'unsent'; readonly code: string; readonly message: string };

/** What delivering works with. */
export interface DeliverDeps {
  readonly sender: Sender;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** How far one delivery goes. */
export interface DeliverOptions {
  /** No call starts after this time, in epoch milliseconds, and none that is under way then is waited for. */
  readonly deadline: number;
  /** Batches under way at a time. @default 8 */
  readonly maxInFlight?: number;
  /** Opened when the destination turns out to be out; while it is open nothing is tried. @default - the tries and the deadline decide */
  readonly breaker?: Breaker;
}

const MAX_TRIES = 4;
const BACKOFF: RetryPolicy = { kind: 'exponential', baseMs: 50, factor: 2, capMs: 1_000, jitter: 'full' };
/** No call is waited for longer than this, whatever the client; ours give up before. */
const PATIENT_CALL_MS = CALL_LIMIT_MS + 500;
/** A destination that has taken nothing for this long is out: less than one call that hangs, more than four that fail fast. */
const PATIENCE_MS = 2_000;

const UNSENT: Delivery = { status: 'unsent', code: 'DEADLINE', message: 'there was no time left to send it' };
const OUT: Delivery = {
  status: 'unavailable',
  code: 'DESTINATION_OUT',
  message: 'the destination took nothing lately; it is left alone for now',
};
const NO_ANSWER: SendResult = { status: 'failed', failure: 'ambiguous', code: 'DEADLINE', message: 'no answer came in time' };

interface Pending {
  readonly index: number;
  readonly parcel: Parcel;
  readonly bytes: number;
}

/**
 * Delivers parcels whose order among each other does not matter to one destination, in as few calls as the limits allow.
 * Every entry of every answer is looked at; throttled ones are tried again with full jitter; what a batch refuses is tried once
 * alone, so that one bad message cannot condemn nine others. Results are in the order of the parcels, and there by the deadline.
 */
export async function deliver(
  { sender, clock, rng }: DeliverDeps,
  { destination, parcels }: { readonly destination: Destination; readonly parcels: readonly Parcel[] },
  { deadline, maxInFlight = 8, breaker }: DeliverOptions,
): Promise<Delivery[]> {
  const deliveries: Delivery[] = parcels.map(() => UNSENT);
  let pending: Pending[] = parcels.map((parcel, index) => ({ index, parcel, bytes: wireBytes(parcel.body, parcel.attributes) }));
  const line = openLine({ sender, destination, clock, deadline, ...(breaker && { breaker }) });
  for (let attempt = 1; attempt <= MAX_TRIES && pending.length > 0 && line.isOpen(); attempt += 1) {
    if (attempt > 1) {
      const wait = delayOf(BACKOFF, attempt - 1, rng);
      if (clock.now() + wait >= deadline) break;
      await sleep(clock, wait);
    }
    const batches = packBatches(pending, { maxEntries: MAX_BATCH_ENTRIES, maxBytes: destination.maxBytes });
    const results = await mapConcurrent(batches, maxInFlight, line.send);
    pending = [];
    for (const { entry, result } of results.flat()) {
      deliveries[entry.index] = toDelivery(result);
      if (isWorthRetrying(result)) pending.push(entry);
    }
  }
  return breaker?.isOpen() ? deliveries.map((delivery) => (delivery === UNSENT ? OUT : delivery)) : deliveries;
}

interface Attempted {
  readonly entry: Pending;
  readonly result: SendResult;
}

/** The calls of one delivery: none starts once the time is over or the destination is out, and none is waited for any longer than that. */
interface Line {
  isOpen(): boolean;
  /** Sends one batch; nothing for a batch that was not tried. */
  send(batch: readonly Pending[]): Promise<Attempted[]>;
}

interface LineParts extends Pick<DeliverDeps, 'sender' | 'clock'> {
  readonly destination: Destination;
  readonly deadline: number;
  readonly breaker?: Breaker;
}

function openLine({ sender, destination, clock, deadline, breaker }: LineParts): Line {
  const isOpen = () => clock.now() < deadline && breaker?.isOpen() !== true;
  let tookNothingSince = clock.now();
  let tookSome = false;
  async function inTime<T>(call: Promise<T>, late: T): Promise<T> {
    const left = Math.min(PATIENT_CALL_MS, deadline - clock.now());
    let cancel = () => {};
    const over = new Promise<T>((resolve) => {
      cancel = clock.after(left, () => resolve(late));
    });
    return Promise.race([call, over]).finally(() => cancel());
  }

  function note(results: readonly SendResult[]): void {
    // One that says what is wrong with a message is there.
    if (results.some((result) => result.status === 'sent' || isRejected(result))) {
      tookSome = true;
      tookNothingSince = clock.now();
    } else if (clock.now() - tookNothingSince >= PATIENCE_MS || (!tookSome && results.every(isDenied))) breaker?.open();
  }

  async function sendAlone({ parcel }: Pending): Promise<SendResult> {
    return isOpen() ? inTime(sender.sendOne(destination, parcel), NO_ANSWER) : NO_ANSWER;
  }

  return {
    isOpen,
    async send(batch) {
      if (!isOpen()) return [];
      const call = sender.sendBatch(
        destination,
        batch.map(({ parcel }) => parcel),
      );
      const answer = await inTime(call, { rejected: NO_ANSWER });
      const results = 'rejected' in answer ? batch.map(() => answer.rejected) : answer;
      note(results);
      return mapConcurrent(batch, MAX_BATCH_ENTRIES, async (entry, index) => {
        const result = results[index] ?? NO_RESULT;
        // An entry or batch that is wrong in itself gets one try alone: the fault may be a neighbour's, or the total size.
        return { entry, result: isRejected(result) ? await sendAlone(entry) : result };
      });
    },
  };
}

// A permission or a missing topic is repaired by people, not by another try within the second.
function isWorthRetrying(result: SendResult): boolean {
  return result.status === 'failed' && (result.failure === 'throttled' || result.failure === 'ambiguous');
}

function isRejected(result: SendResult): boolean {
  return result.status === 'failed' && result.failure === 'rejected';
}

function isDenied(result: SendResult): boolean {
  return result.status === 'failed' && result.failure === 'denied';
}

function toDelivery(result: SendResult): Delivery {
  if (result.status === 'sent') return { status: 'delivered', ...(result.serviceId !== undefined && { serviceId: result.serviceId }) };
  return { status: isRejected(result) ? 'refused' : 'unavailable', code: result.code, message: result.message };
}
