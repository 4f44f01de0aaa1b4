import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import type { Rng } from '../../core/rng.ts';
import type { AwsRequest, Json, Place } from '../aws.ts';
import type { SqsHostility } from './hostility.ts';
import { createQueue, type Queue } from './queue.ts';
import type { QueueAttributes } from './queue-settings.ts';
import { queueDoesNotExist } from './sqs-errors.ts';

// SQS quotas, "In-flight messages per queue": 120,000, standard and FIFO.
const MAX_IN_FLIGHT = 120_000;

/** What the embedded SQS stands on. */
export interface SqsOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly ids: Ids;
  readonly place: Place;
  /**
   * From how many of the first visible messages a standard queue picks the next at random; 1 (the default) keeps the order of
   * arrival. Standard queues promise no order, so a larger number finds code that relies on it.
   */
  readonly shuffle?: number;
  /** How many messages of a queue may be in flight; 120,000 by default, as on AWS. */
  readonly maxInFlight?: number;
  /** What a simulation makes worse. @default - nothing */
  readonly hostility?: SqsHostility;
}

/** Every queue of the account and region. */
export interface Queues {
  readonly options: SqsOptions;
  create(name: string, attributes: QueueAttributes): Queue;
  find(name: string): Queue | undefined;
  findByArn(arn: string): Queue | undefined;
  /** The queue of a `QueueUrl`; throws `QueueDoesNotExist`. Only the path counts, so any host name of the gateway works. */
  byUrl(url: unknown): Queue;
  /** All queues in order of name. */
  all(): Queue[];
  remove(queue: Queue): void;
  arnOf(name: string): string;
  /** A sequence number above all before it: 20 digits that are not consecutive, as the service gives. */
  nextSequenceNumber(): string;
}

/** An action of the API. */
export type Action = (input: Json, request: AwsRequest) => Json | Promise<Json>;

/** The actions by name. */
export type Actions = Readonly<Record<string, Action>>;

/** Makes an account without queues. */
export function createQueues(options: SqsOptions): Queues {
  const { place } = options;
  const queues = new Map<string, Queue>();
  const arnOf = (name: string) => `arn:aws:sqs:${place.region}:${place.accountId}:${name}`;
  let sequence = 0;

  function findByArn(arn: string): Queue | undefined {
    const queue = queues.get(arn.split(':').at(-1) ?? '');
    return queue?.arn === arn ? queue : undefined;
  }

  function findByUrl(url: string): Queue | undefined {
    if (url.startsWith('arn:')) return findByArn(url);
    const [accountId, name] = url.split('/').slice(-2);
    return accountId === place.accountId ? queues.get(name ?? '') : undefined;
  }

  return {
    options,
    create(name, attributes) {
      const url = `${place.endpoint}/${place.accountId}/${name}`;
      const { clock, rng, shuffle = 1, maxInFlight = MAX_IN_FLIGHT } = options;
      const queue = createQueue({ name, arn: arnOf(name), url, attributes, clock, rng, shuffle, maxInFlight });
      queues.set(name, queue);
      return queue;
    },
    find: (name) => queues.get(name),
    findByArn,
    byUrl(url) {
      const queue = typeof url === 'string' ? findByUrl(url) : undefined;
      if (queue === undefined) throw queueDoesNotExist();
      return queue;
    },
    all: () => [...queues.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    remove(queue) {
      queues.delete(queue.name);
      queue.close(queueDoesNotExist());
    },
    arnOf,
    nextSequenceNumber() {
      sequence += 256;
      return `188${String(sequence).padStart(17, '0')}`;
    },
  };
}
