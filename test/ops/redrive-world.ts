import { silentLogger } from '../../lib/core/logger.ts';
import type { Arrival, Failure, FailureAudit } from '../../lib/dlq/failure.ts';
import { failureIdOf } from '../../lib/dlq/failure-id.ts';
import { createFailureStore } from '../../lib/dlq/failure-store.dynamodb.ts';
import type { FailureStore } from '../../lib/dlq/failure-store.ts';
import { attemptsKey, markerKey } from '../../lib/inbox/inbox.ts';
import type { Interceptor } from '../../lib/local/aws.ts';
import type { Redrive } from '../../lib/ops/operations.ts';
import { createRedriveInbox } from '../../lib/ops/redrive.inbox.ts';
import { createRedriveRows } from '../../lib/ops/redrive.rows.dynamodb.ts';
import { createRedriveQueue } from '../../lib/ops/redrive.sqs.ts';
import { createRedrives, type RedriveOrder, type Redrives } from '../../lib/ops/redrive.ts';
import { type Call, type FaultKind, type FaultSource, noFaults } from '../../lib/simulation/fault.ts';
import { failureTable, keyedTable } from '../../lib/simulation/table-inputs.ts';
import { createWorld, type World } from '../../lib/simulation/world.ts';
import type { ConsumerEntry } from '../../lib/topology/topology.contract.ts';
import { arrival, memoryBodies, TABLE } from '../dlq/failure-world.ts';
import { underClock } from '../work-under-clock.ts';

export const MINUTE = 60_000;
export const DAY = 86_400_000;
export const ADA = { who: 'ada', why: 'the fix is out' };
const INBOX = 'inbox';

const address = (name: string) => ({
  url: `http://127.0.0.1:4566/000000000000/${name}`,
  arn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
});

function consumerEntry(name: string, ordered: boolean): ConsumerEntry {
  const suffix = ordered ? '.fifo' : '';
  return {
    kind: 'consumer',
    name,
    ordered,
    queue: address(`${name}${suffix}`),
    deadLetterQueue: address(`${name}-dlq${suffix}`),
    indexed: true,
    undelivered: [],
    functionName: name,
    mappingId: `mapping-of-${name}`,
    inbox: { table: INBOX, scope: 'orders', retentionDays: 60 },
  };
}

export const SHIP = consumerEntry('ship-order', false);
export const BILL = consumerEntry('bill-order', true);
export const CONSUMERS: ReadonlyMap<string, ConsumerEntry> = new Map([SHIP, BILL].map((entry) => [entry.name, entry]));

/** A message as it was received, dead and kept. */
export function letter(messageId: string, changes: Partial<Arrival> = {}): Arrival {
  const { consumer = SHIP.name } = changes;
  const envelope = { id: messageId, type: 'orders.order-placed', time: '2029-12-30T00:00:00.000Z', data: { n: 1 } };
  const body = changes.body ?? JSON.stringify(envelope);
  const ordered = consumer === BILL.name ? { groupId: changes.key ?? messageId } : {};
  return arrival(failureIdOf({ consumer, messageId, body }), { messageId, body, consumer, ...ordered, ...changes });
}

/** What the consumers have applied and received. */
export interface Consumed {
  /** Message ids in the order of their effects. */
  readonly effects: string[];
  /** Bodies in the order of their receipt, duplicates included. */
  readonly bodies: string[];
  readonly attributes: (Record<string, unknown> | undefined)[];
}

export interface RedriveWorld {
  readonly world: World;
  /** An operations function in a process of its own. */
  operations(name: string, consumers?: ReadonlyMap<string, ConsumerEntry>): Redrives;
  readonly failures: FailureStore;
  /** Bodies that are objects, by key. */
  readonly objects: Map<string, string>;
  readonly consumed: Consumed;
  /** When messages were sent, epoch milliseconds, once for each. */
  readonly sentAt: readonly number[];
  add(...letters: readonly Arrival[]): Promise<void>;
  /** The consumers run until their queues are empty. What `fails` becomes a dead letter again. */
  consume(fails?: (messageId: string) => boolean): Promise<void>;
  /** A message is handled, or an at-most-once consumer has begun with it: with a run whose lease ends so many milliseconds from now. */
  mark(messageId: string, state?: 'DONE' | 'STARTED', options?: { readonly consumer?: string; readonly leaseMs?: number }): void;
  /** Attempts at a message have failed so often. */
  failTimes(messageId: string, failed: number): void;
  timed<T>(work: Promise<T>): Promise<T>;
  /** Starts a redrive and keeps it going until it has ended, with consumers that run; resolves with how it ended. */
  redrive(order: Partial<RedriveOrder>, fails?: (messageId: string) => boolean): Promise<Redrive>;
  failure(messageId: string, consumer?: string): Promise<Failure | undefined>;
  audits(messageId: string): Promise<readonly FailureAudit[]>;
}

/** A fault of one kind at the nth call that operations functions make. */
export function faultAtCall(nth: number, kind: FaultKind): FaultSource {
  let seen = -1;
  return {
    decide({ role }: Call) {
      if (role === 'operations') seen += 1;
      return role === 'operations' && seen === nth ? kind : undefined;
    },
  };
}

/** Faults at the nth sends of redrives. */
export function sends(kinds: readonly FaultKind[]): FaultSource {
  let nth = -1;
  return {
    decide({ role, action }: Call) {
      if (role !== 'operations' || action !== 'SendMessageBatch') return undefined;
      nth += 1;
      return kinds[nth];
    },
  };
}

export function redriveWorld(options: { readonly seed?: number; readonly faults?: FaultSource } = {}): RedriveWorld {
  const sentAt: number[] = [];
  const spy: Interceptor = (request, next) => {
    const entries = request.action === 'SendMessageBatch' ? (request.input['Entries'] as unknown[]).length : 0;
    for (let entry = 0; entry < entries; entry += 1) sentAt.push(world.clock.now());
    return next();
  };
  const world = createWorld({ seed: options.seed ?? 1, faults: options.faults ?? noFaults, hostile: false, interceptors: [spy] });
  world.call('dynamodb', 'CreateTable', { ...failureTable(TABLE) });
  world.call('dynamodb', 'CreateTable', { ...keyedTable(INBOX, 'pk') });
  world.call('sqs', 'CreateQueue', { QueueName: 'ship-order' });
  world.call('sqs', 'CreateQueue', { QueueName: 'bill-order.fifo', Attributes: { FifoQueue: 'true' } });
  const bodies = memoryBodies();
  const { rng, ids } = world;
  const storeIn = (name: string) => {
    const process = world.process(name);
    const deps = { client: process.client('dynamodb'), table: TABLE, clock: process.clock, rng, ids, bodies };
    return { process, failures: createFailureStore(deps) };
  };
  const { failures } = storeIn('indexer');

  const operations: RedriveWorld['operations'] = (name, consumers = CONSUMERS) => {
    const { process, failures: own } = storeIn(name);
    const { clock } = process;
    return createRedrives({
      failures: own,
      rows: createRedriveRows({ client: process.client('dynamodb'), table: TABLE, clock, rng, ids }),
      inbox: createRedriveInbox({ client: process.client('dynamodb'), clock, rng }),
      queue: createRedriveQueue({ client: process.client('sqs'), clock, rng }),
      consumers: async () => consumers,
      ...{ clock, ids, log: silentLogger },
    });
  };

  const timed: RedriveWorld['timed'] = (work) => underClock(world, work, { ms: 50, most: 20_000 });

  const consumed: Consumed = { effects: [], bodies: [], attributes: [] };
  const putItem = (item: Record<string, unknown>) => world.call('dynamodb', 'PutItem', { TableName: INBOX, Item: item });
  const expiresAt = { N: String(Math.floor((world.clock.now() + 60 * DAY) / 1_000)) };
  const scoped = (consumer: string) => `orders/${consumer}`;
  let runs = 0;
  const mark: RedriveWorld['mark'] = (id, state = 'DONE', { consumer = SHIP.name, leaseMs = -1 } = {}) => {
    runs += 1;
    const lease = { owner: { S: `run-${runs}` }, leaseUntil: { N: String(world.clock.now() + leaseMs) } };
    putItem({ pk: { S: markerKey(scoped(consumer), id) }, state: { S: state }, expiresAt, ...(state === 'STARTED' && lease) });
  };
  const isDone = (consumer: string, id: string) => {
    const Key = { pk: { S: markerKey(scoped(consumer), id) } };
    return world.call('dynamodb', 'GetItem', { TableName: INBOX, Key, ConsistentRead: true })['Item'] !== undefined;
  };

  async function consumeOne(entry: ConsumerEntry, message: Record<string, unknown>, fails: (id: string) => boolean): Promise<void> {
    const body = String(message['Body']);
    const { id } = JSON.parse(body) as { id: string };
    consumed.bodies.push(body);
    consumed.attributes.push(message['MessageAttributes'] as Record<string, unknown> | undefined);
    if (fails(id)) {
      const failedAt = world.clock.now();
      await timed(
        failures.add([
          letter(id, {
            consumer: entry.name,
            body,
            failedAt,
            letterId: String(message['MessageId']),
            copyId: String(message['MessageId']),
          }),
        ]),
      );
    } else if (!isDone(entry.name, id)) {
      consumed.effects.push(id);
      mark(id, 'DONE', { consumer: entry.name });
    }
    world.call('sqs', 'DeleteMessage', { QueueUrl: entry.queue.url, ReceiptHandle: message['ReceiptHandle'] });
  }

  const consume: RedriveWorld['consume'] = async (fails = () => false) => {
    for (const entry of CONSUMERS.values()) {
      for (;;) {
        const input = { QueueUrl: entry.queue.url, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
        const { Messages = [] } = world.call('sqs', 'ReceiveMessage', input) as { Messages?: Record<string, unknown>[] };
        if (Messages.length === 0) break;
        for (const message of Messages) await consumeOne(entry, message, fails);
      }
    }
  };

  const redrive: RedriveWorld['redrive'] = async (order, fails) => {
    const operator = operations('operations/1');
    let latest = await timed(operator.start({ where: {}, author: ADA, ...order }, world.clock.now() + MINUTE));
    for (let turn = 0; turn < 400 && (latest.state === 'canary' || latest.state === 'running'); turn += 1) {
      await consume(fails);
      latest = await timed(operator.status(latest.id, world.clock.now() + MINUTE));
    }
    await consume(fails);
    return latest;
  };

  const idOf = (messageId: string, consumer = SHIP.name) => letter(messageId, { consumer }).id;
  return {
    ...{ world, operations, failures, objects: bodies.objects, consumed, sentAt, consume, mark, timed, redrive },
    add: async (...letters) => {
      for (let at = 0; at < letters.length; at += 10) await timed(failures.add(letters.slice(at, at + 10)));
      // The indexes follow within moments.
      await world.run(1_000);
    },
    failTimes(id, failed) {
      const count = { N: String(failed) };
      putItem({ pk: { S: attemptsKey(scoped(SHIP.name), id) }, failed: count, started: count, settled: count, expiresAt });
    },
    failure: (messageId, consumer) => timed(failures.get(idOf(messageId, consumer))),
    audits: (messageId) => timed(failures.audits(idOf(messageId))),
  };
}
