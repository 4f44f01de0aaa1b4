import type { FaultSource } from '../../lib/simulation/fault.ts';
import type { History } from '../../lib/simulation/history.ts';
import type { Swarm } from '../../lib/simulation/swarm.ts';
import { keyedTable } from '../../lib/simulation/table-inputs.ts';
import { createWorld, type World } from '../../lib/simulation/world.ts';
import type { Contender } from './contender.ts';
import { effects, orderBody, orderIdOf } from './order-message.ts';
import type { Fate } from './verdict.ts';

/** What one run is made from. */
export interface ConsumerRun {
  readonly seed: number;
  readonly swarm: Swarm;
  /** Faults at calls in place of the swarm's. */
  readonly faults?: FaultSource;
  /** @default 5 */
  readonly messages?: number;
}

const MINUTE = 60_000;
const TIMEOUT_MS = 10_000;
const FUNCTION = 'ship-order';
const FUNCTION_ARN = `arn:aws:lambda:us-east-1:000000000000:function:${FUNCTION}`;
/** Three times the two hours that a trouble of the swarm or a lock without an end of its own may last, and more. */
const DRAIN_MS = 12 * 60 * MINUTE;

/** A few messages through one consumer: two minutes of trouble, then none until the queue is empty. */
export async function runConsumer(
  contender: Contender,
  { seed, swarm, faults, messages = 5 }: ConsumerRun,
): Promise<{ readonly fates: readonly Fate[]; readonly history: History }> {
  const world = createWorld({
    seed,
    swarm: contender.fifo ? withoutTwins(swarm) : swarm,
    slowMs: 2 * MINUTE,
    globals: true,
    ...(faults && { faults }),
  });
  const queues = deploy(world, contender);
  const orderIds = Array.from({ length: messages }, (_, index) => `order-${index + 1}`);
  for (const orderId of orderIds) {
    const body = orderBody(orderId, world.clock.now());
    const message = { QueueUrl: queues.queueUrl, MessageBody: body };
    const order = contender.fifo ? { MessageGroupId: orderId, MessageDeduplicationId: orderId } : {};
    world.clock.after(world.rng.next() * 5_000, () => world.call('sqs', 'SendMessage', { ...message, ...order }));
  }
  await world.run(2 * MINUTE);
  world.heal();
  const drainedBy = world.clock.now() + DRAIN_MS;
  do await world.run(MINUTE);
  while (world.clock.now() < drainedBy && isBusy(world, queues));
  return { fates: fatesOf(world, queues, orderIds), history: world.history };
}

/** Two batches at once of one group are what FIFO queues rule out ("FIFO queue key terms", message group ID); one after the other they are not. */
function withoutTwins({ rates, kinds }: Swarm): Swarm {
  const { duplicate: _twins, ...others } = rates;
  return { rates: others, kinds };
}

interface Queues {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

function deploy(world: World, contender: Contender): Queues {
  for (const [name, key] of [
    ['effects', 'id'],
    ['markers', 'id'],
    ['idempotency', 'id'],
    ['inbox', 'pk'],
  ] as const) {
    world.call('dynamodb', 'CreateTable', { ...keyedTable(name, key) });
  }
  const queues = createQueues(world, contender);
  world.functions.deploy({
    arn: FUNCTION_ARN,
    name: FUNCTION,
    timeoutMs: TIMEOUT_MS,
    caller: { kind: 'developer' },
    create: (process) => contender.create({ process, world, ...queues }),
  });
  world.mappings.create(FUNCTION_ARN, {
    EventSourceArn: world.sqs.queueArn(queues.queueUrl),
    BatchSize: 10,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
  return queues;
}

/** As AWS advises: visibility six times the function's timeout ("Using Lambda with Amazon SQS"); far more receives than anybody needs. */
function createQueues(world: World, { fifo = false }: Contender): Queues {
  const kind = fifo ? { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' } : {};
  const create = (name: string, attributes: Readonly<Record<string, string>>) => {
    const QueueName = fifo ? `${name}.fifo` : name;
    return String(world.call('sqs', 'CreateQueue', { QueueName, Attributes: { ...kind, ...attributes } })['QueueUrl']);
  };
  const deadLetterQueueUrl = create('ship-order-dlq', { MessageRetentionPeriod: '1209600' });
  const deadLetterTargetArn = world.sqs.queueArn(deadLetterQueueUrl);
  const queueUrl = create('ship-order', {
    VisibilityTimeout: String((6 * TIMEOUT_MS) / 1_000),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 100 }),
  });
  return { queueUrl, deadLetterQueueUrl };
}

function isBusy(world: World, { queueUrl }: Queues): boolean {
  const { visible, inFlight, delayed } = world.sqs.stats(world.sqs.queueArn(queueUrl));
  return world.calls.open > 0 || visible + inFlight + delayed > 0;
}

function fatesOf(world: World, { queueUrl, deadLetterQueueUrl }: Queues, orderIds: readonly string[]): readonly Fate[] {
  const items = world.dynamodb.scanTable(effects.name) as unknown as readonly { id: { S: string }; n: { N: string } }[];
  const applied = new Map(items.map(({ id, n }) => [id.S, Number(n.N)]));
  const inQueue = (url: string) => new Set(world.sqs.peek(world.sqs.queueArn(url)).map(orderIdOf));
  const [waiting, dead] = [inQueue(queueUrl), inQueue(deadLetterQueueUrl)];
  return orderIds.map((id) => ({ id, applied: applied.get(id) ?? 0, waiting: waiting.has(id), deadLettered: dead.has(id) }));
}
