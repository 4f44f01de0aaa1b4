import { equal } from 'node:assert/strict';
import { type DeliverDeps, type Delivery, deliver, type Sender } from '../../topic/deliver.ts';
import type { Destination, Parcel } from '../../topic/destination.ts';
import type { CaseDefinition, ContractWorld, Given } from './suite.ts';

/**
 * What a topic, or a queue that is sent to, may promise beyond at least once: `fanOut` (two subscribers and more), `ordered` by key,
 * `deduplicates` by id, `refuses` single messages (needs `refusable`), `persistent` for subscribers that look later,
 * `missingDestination` (needs `missing`), and `lostAnswers` (needs `loseNextAnswer`).
 */
export type TopicFeature = 'fanOut' | 'ordered' | 'deduplicates' | 'refuses' | 'persistent' | 'missingDestination' | 'lostAnswers';

/** A message as a subscriber gets it. */
export interface Arrival {
  readonly body: string;
  /** The text of each attribute, by its name. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** One subscriber. */
export interface ContractSubscriber {
  /** Takes some of what has arrived, in its order, not to get it again; nothing when there is nothing yet. */
  receive(): Promise<readonly Arrival[]>;
}

/** A topic or queue under contract, without messages. */
export interface TopicInstance extends ContractWorld {
  readonly sender: Sender;
  readonly destination: Destination;
  /** At least one. */
  readonly subscribers: readonly ContractSubscriber[];
  /** The parcel changed so that the destination refuses it, and it alone. Feature `refuses`. */
  refusable?(parcel: Parcel): Parcel;
  /** A destination of the same kind that does not exist. Feature `missingDestination`. */
  readonly missing?: Destination;
  /** The next call is applied, and its caller is told of a timeout. Feature `lostAnswers`. */
  loseNextAnswer?(): void;
}

/** A case of the topic suite. */
export type TopicCase = CaseDefinition<TopicFeature, TopicInstance>;

/** A message whose body is not its id. */
export function parcel({ ids }: Pick<Given, 'ids'>, body: string, change: Partial<Parcel> = {}): Parcel {
  return { id: ids.next(), body, attributes: { type: { DataType: 'String', StringValue: 'orders.order-placed' } }, ...change };
}

/** Delivers as relay and publisher do. */
export function send(
  { destination, sender }: Pick<TopicInstance, 'destination' | 'sender'>,
  given: Given,
  parcels: readonly Parcel[],
): Promise<Delivery[]> {
  const deps: DeliverDeps = { sender, clock: given.clock, rng: given.rng };
  return deliver(deps, { destination, parcels }, { deadline: given.clock.now() + 20_000 });
}

/** Delivers, and asserts that each was taken. */
export async function sendAll(
  instance: Pick<TopicInstance, 'destination' | 'sender'>,
  given: Given,
  parcels: readonly Parcel[],
): Promise<void> {
  for (const [index, delivery] of (await send(instance, given, parcels)).entries()) {
    equal(delivery.status, 'delivered', `message ${index} of ${parcels.length} was not taken: ${JSON.stringify(delivery)}`);
  }
}

/** How long a message may be on its way to a subscriber. */
const PATIENCE_MS = 8_000;
/** How long nothing more must arrive until everything has. */
const QUIET_MS = 150;

/** What a subscriber gets: waits for as many different messages, and a little longer for what should not come. */
export async function arrivals(subscriber: ContractSubscriber, given: Given, count: number): Promise<readonly Arrival[]> {
  const arrived: Arrival[] = [];
  const until = given.clock.now() + PATIENCE_MS;
  for (let quietSince = given.clock.now(); given.clock.now() < until; ) {
    const some = await subscriber.receive();
    arrived.push(...some);
    if (some.length > 0) quietSince = given.clock.now();
    else if (distinct(arrived) >= count && given.clock.now() - quietSince >= QUIET_MS) break;
    else await given.wait(25);
  }
  return arrived;
}

/** The bodies that a subscriber gets, in their order, each at its first arrival. */
export async function bodies(subscriber: ContractSubscriber, given: Given, count: number): Promise<readonly string[]> {
  return [...new Set((await arrivals(subscriber, given, count)).map(({ body }) => body))];
}

function distinct(arrived: readonly Arrival[]): number {
  return new Set(arrived.map((arrival) => JSON.stringify(arrival))).size;
}
