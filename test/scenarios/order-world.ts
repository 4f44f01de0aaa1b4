import { createRng } from '../../lib/core/rng.ts';
import type { Json } from '../../lib/local/aws.ts';
import type { OperationRequest } from '../../lib/ops/operations.ts';
import { createOutbox, type OutboxCommitOptions, type OutboxUnit } from '../../lib/outbox/create-outbox.ts';
import { checkConservation, checkOrder, type Violation } from '../../lib/simulation/conservation.ts';
import { checkFailureBooks } from '../../lib/simulation/failure-books.ts';
import { checkLiveness } from '../../lib/simulation/liveness.ts';
import { createWorld, type World } from '../../lib/simulation/world.ts';
import { deployFailureStore } from './failure-stack.ts';
import { type FailureView, operate, viewFailures } from './failure-view.ts';
import {
  type ConsumerPlace,
  deployStack,
  MINUTE,
  OrderNoted,
  OrderPlaced,
  orders,
  PackOrder,
  SOURCE,
  type Stack,
  type StackOptions,
  topicArn,
} from './order-stack.ts';

/** The whole pipeline with callers, and everything that a scenario wants to look at. */
export function createOrderWorld(options: StackOptions) {
  const world = createWorld({ slowMs: 2 * MINUTE, ...options });
  const stack = deployStack(world, options);
  if (options.failures) deployFailureStore(world, stack.consumers, options);
  const failures = (): FailureView => (options.failures ? viewFailures(world) : NO_FAILURES);
  const ledger: Ledger = { attempted: [], committed: [], unknown: [], audience: new Map() };
  let producers = 0;

  function outboxOf(name: string) {
    const process = world.process(name);
    const { rng, ids } = world;
    return createOutbox({ client: process.client('dynamodb'), table: 'outbox', source: SOURCE, clock: process.clock, rng, ids });
  }

  /** A caller behind an idempotency key, as HTTP handlers are: it asks again until it is answered, also when its process died. */
  function commitUntilAnswered(placements: readonly Placement[], withinMs = 5_000): void {
    const ids = placements.map(({ id }) => id);
    for (const placement of placements) ledger.audience.set(placement.id, audienceOf(placement, stack));
    ledger.attempted.push(...ids);
    producers += 1;
    const producer = `producer/${producers}`;
    let settled = false;
    const settle = (as: 'committed' | 'unknown') => {
      if (!settled) ledger[as].push(...ids);
      settled = true;
    };
    const attempt = async (tried: number): Promise<void> => {
      if (settled) return;
      const unit = outboxOf(`${producer}-${tried}`).unit({ correlationId: ids[0] ?? '' });
      for (const placement of placements) fill(unit, placement);
      try {
        await unit.commit({ idempotencyKey: ids.join('+') });
        settle('committed');
      } catch {
        if (tried % TRIES_OF_ROUND < 20) world.clock.after(1_000 * (tried + 1), () => void attempt(tried + 1));
        else settle('unknown');
      }
    };
    const supervise = (round: number) => {
      world.clock.after(2 * MINUTE, () => {
        if (settled) return;
        void attempt(round * TRIES_OF_ROUND);
        if (round < 10) supervise(round + 1);
        else settle('unknown');
      });
    };
    world.clock.after(world.rng.next() * withinMs, () => void attempt(0));
    supervise(1);
  }

  /** Runs until nothing waits any more, but in queues that may hold what cannot pass. */
  async function drain({ drainMs = DRAIN_MS, holding = [] as readonly ConsumerPlace[] } = {}) {
    const start = world.clock.now();
    const places = stack.consumers.filter((place) => !holding.includes(place));
    const waiting = () => [...whatWaits(world, ledger, places), ...(options.failures ? whatIsUnkept(world, stack, failures()) : [])];
    do await world.run(STEP_MS);
    while (world.clock.now() < start + drainMs && waiting().length > 0);
    return { waiting: waiting(), drainMs: world.clock.now() - start };
  }

  return {
    ...world,
    ...stack,
    ledger,
    /** Commits one order with its keyed message. */
    place: (id: string, customer: string) => commitUntilAnswered([{ id, customer }]),
    /** Commits one order with its message without a key. */
    note: (id: string, text?: string) => commitUntilAnswered([{ id, ...(text !== undefined && { text }) }]),
    /** Commits one order with its command, in a stack with commands. */
    pack: (id: string) => commitUntilAnswered([{ id, isCommand: true }]),
    /** Commits several orders in one unit. */
    together: commitUntilAnswered,
    /** Commits one unit in a process of its own, once; the caller sees what the runtime answers. */
    async commit(fill: (unit: OutboxUnit) => void, { process = 'caller', ...rest }: OutboxCommitOptions & { process?: string } = {}) {
      const unit = outboxOf(process).unit();
      fill(unit);
      return unit.commit(rest);
    },
    setMapping: (mapping: string, settings: Json) => world.mappings.update({ UUID: mapping, ...settings }),
    /** How often the consumer applied each message, as ids: one that was applied twice is listed twice. */
    applied: (consumer: string) => appliedBy(world, consumer),
    /** The sequence numbers that the consumer applied of one customer, in its order. */
    order: (consumer: string, customer: string) => orderOf(world, consumer, customer),
    /** Message rows that are in the outbox. */
    rows: () => rowsOf(world),
    stats: ({ queueUrl }: Pick<ConsumerPlace, 'queueUrl'>) => world.sqs.stats(world.sqs.queueArn(queueUrl)),
    letters: ({ deadLetterQueueUrl }: ConsumerPlace) => world.sqs.peek(world.sqs.queueArn(deadLetterQueueUrl)),
    peek: (queueUrl: string) => world.sqs.peek(world.sqs.queueArn(queueUrl)),
    /** Puts a body straight into a consumer's queue, as a stranger or a redrive does. */
    send: ({ queueUrl }: ConsumerPlace, body: string, more: Json = {}) =>
      world.call('sqs', 'SendMessage', { QueueUrl: queueUrl, MessageBody: body, ...more }),
    /** How often something happened. */
    count: (kind: string, detail: Readonly<Record<string, unknown>> = {}) =>
      world.history.events.filter(
        (event) => event.kind === kind && Object.entries(detail).every(([name, value]) => event.detail[name] === value),
      ).length,
    /** What the failure store has on file; nothing in a stack without one. */
    failures,
    /** Asks the operations function, once. */
    operate: <Request extends OperationRequest>(request: Request) => operate(world, request),
    drain,
    check: () => checkAll(world, ledger, stack, failures()),
    /** Chaos, heal, drain, check: the violations of the promises that hold for every run. */
    async judge({ chaosMs = CHAOS_MS, drainMs = DRAIN_MS } = {}): Promise<readonly Violation[]> {
      await world.run(chaosMs);
      world.heal();
      const rest = await drain({ drainMs });
      return [
        ...checkAll(world, ledger, stack, failures()),
        ...checkLiveness({ ...rest, calls: world.calls.total, maxCalls: Number.MAX_SAFE_INTEGER }),
      ];
    },
  };
}

/** How long things go wrong, where a test does not say. */
export const CHAOS_MS = 2 * MINUTE;
/** The bound of coming to rest: a caller asks for twenty minutes, and an exhausted backoff takes hours. */
const DRAIN_MS = 12 * 60 * MINUTE;

const STEP_MS = 30_000;
const NO_FAILURES: FailureView = { failures: [], groups: [], audits: [], redrives: [] };
/** Tries are numbered by the round of asking that they belong to: each round has all of its own, or one refusal would end the last. */
const TRIES_OF_ROUND = 100;

export type OrderWorld = ReturnType<typeof createOrderWorld>;

interface Ledger {
  readonly attempted: string[];
  readonly committed: string[];
  readonly unknown: string[];
  /** By order, the consumers that subscribe to its message. */
  readonly audience: Map<string, readonly string[]>;
}

/** One order and its message: keyed when it has a customer. */
export interface Placement {
  readonly id: string;
  readonly customer?: string;
  readonly text?: string;
  readonly isCommand?: boolean;
}

function audienceOf({ customer, isCommand }: Placement, { audit, project }: Stack): readonly string[] {
  if (isCommand) return ['pack-order'];
  return customer === undefined ? [audit.name] : [audit.name, project.name];
}

function fill(unit: OutboxUnit, { id, customer, text, isCommand }: Placement): void {
  unit.put(orders, { id, ...(customer !== undefined && { customer }) });
  if (isCommand) unit.send(PackOrder, { orderId: id });
  else if (customer === undefined) unit.publish(OrderNoted, { orderId: id, ...(text !== undefined && { text }) });
  else unit.publish(OrderPlaced, { orderId: id, customer });
}

interface EffectItem {
  readonly id: { readonly S: string };
  readonly n?: { readonly N: string };
  readonly applied?: { readonly L: readonly { readonly N: string }[] };
}

interface RowItem {
  readonly pk: { readonly S: string };
  readonly sk: { readonly S: string };
  readonly body?: { readonly S: string };
  readonly state?: { readonly S: string };
  readonly parkedReason?: { readonly S: string };
}

const effectsIn = (world: World) => world.dynamodb.scanTable('effects') as unknown as readonly EffectItem[];

function rowsOf(world: World): readonly RowItem[] {
  return (world.dynamodb.scanTable('outbox') as unknown as readonly RowItem[]).filter(({ body }) => body !== undefined);
}

const isParked = ({ state }: RowItem) => state?.S.startsWith('PARKED') === true;

function appliedBy(world: World, consumer: string): string[] {
  return effectsIn(world)
    .filter(({ id, n }) => n && id.S.startsWith(`${consumer}#`))
    .flatMap(({ id, n }) => Array<string>(Number(n?.N)).fill(id.S.slice(consumer.length + 1)));
}

function orderOf(world: World, consumer: string, customer: string): number[] {
  const item = effectsIn(world).find(({ id }) => id.S === `${consumer}##${customer}`);
  return (item?.applied?.L ?? []).map(({ N }) => Number(N));
}

/** What waits or travels, and callers who do not know how their order ended; none of it when the world is quiet. */
function whatWaits(world: World, ledger: Ledger, places: readonly ConsumerPlace[]): readonly string[] {
  const unanswered = ledger.attempted.length - ledger.committed.length - ledger.unknown.length;
  const pending = rowsOf(world).filter((row) => !isParked(row)).length;
  const queued = places.map(({ name, queueUrl }) => {
    const { visible, inFlight, delayed } = world.sqs.stats(world.sqs.queueArn(queueUrl));
    return [visible + inFlight + delayed, `messages wait for ${name}`] as const;
  });
  const counts = [
    [world.calls.open, 'calls are open'],
    [unanswered, 'callers wait for an answer'],
    [pending, 'rows are pending'],
    [onTheirWay(world), 'deliveries of topics are under way'],
    ...queued,
  ] as const;
  return counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
}

/** What topics deliver late. */
function onTheirWay(world: World): number {
  const topics = ['orders', 'orders-ordered.fifo', 'shipments'].map((name) => world.sns.stats(topicArn(name)));
  return topics.flatMap(({ subscriptions }) => Object.values(subscriptions)).reduce((total, { pending }) => total + pending, 0);
}

/** Letters that are not in the failure store yet, and redrives that have not ended. */
function whatIsUnkept({ sqs }: World, { consumers }: Stack, { redrives }: FailureView): readonly string[] {
  const urls = consumers.flatMap(({ deadLetterQueueUrl, undeliveredUrl }) => [deadLetterQueueUrl, undeliveredUrl]);
  const letters = urls.reduce((count, url) => count + sqs.peek(sqs.queueArn(url)).length, 0);
  const unended = redrives.filter(({ state }) => state === 'canary' || state === 'running').length;
  const counts = [
    [letters, 'letters wait to be kept'],
    [unended, 'redrives have not ended'],
  ] as const;
  return counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
}

function checkAll(world: World, ledger: Ledger, { consumers, project }: Stack, books: FailureView): readonly Violation[] {
  // Strangers lie there, too, and need not be JSON.
  const orderIdOf = (body: string) => /"orderId":"([^"]*)"/.exec(body)?.[1] ?? '';
  const deadOf = ({ deadLetterQueueUrl, undeliveredUrl }: ConsumerPlace) =>
    [deadLetterQueueUrl, undeliveredUrl].flatMap((url) => world.sqs.peek(world.sqs.queueArn(url)).map(({ body }) => orderIdOf(body)));
  const rows = rowsOf(world);
  const conservation = checkConservation({
    ...ledger,
    effects: new Map(consumers.map(({ name }) => [name, appliedBy(world, name)])),
    deadLettered: new Map(consumers.map((place) => [place.name, deadOf(place)])),
    kept: Map.groupBy(
      books.failures.map(({ orderId, status, consumer }) => ({ id: orderId, status, consumer })),
      ({ consumer }) => consumer,
    ),
    parked: rows.filter(isParked).map(({ body }) => orderIdOf(body?.S ?? '{}')),
    subscribes: (consumer, orderId) => ledger.audience.get(orderId)?.includes(consumer) === true,
  });
  const ordered = effectsIn(world)
    .filter(({ id, applied }) => applied && id.S.startsWith(`${project.name}##`))
    .flatMap(({ id, applied }) => (applied?.L ?? []).map(({ N }) => ({ key: id.S, sequence: Number(N) })));
  return [...conservation, ...checkOrder(ordered), ...checkFailureBooks(books)];
}

/** A seed's own source of chance for faults, apart from the world's. */
export const faultRng = (seed: number) => createRng(seed ^ 0x7f4a7c15);
