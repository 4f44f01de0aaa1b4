import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '../../lib/core/clock.ts';
import { silentLogger } from '../../lib/core/logger.ts';
import { silentMetrics } from '../../lib/core/metrics.ts';
import { createInbox } from '../../lib/inbox/create-inbox.ts';
import { createOutbox } from '../../lib/outbox/create-outbox.ts';
import { createRelay, type StreamRecord } from '../../lib/outbox/outbox.relay.ts';
import { createSweeper } from '../../lib/outbox/outbox.sweeper.ts';
import { createPublishDeps, deadlineOf, type InvocationTime } from '../../lib/outbox/publish-deps.ts';
import { limitCalls } from '../../lib/retry/call-limit.ts';
import { CLIENT_SETTINGS, SQS_CLIENT_SETTINGS } from '../../lib/retry/client-settings.ts';
import { exponential } from '../../lib/retry/policy.ts';
import { createConsumer } from '../../lib/runtime/create-consumer.ts';
import { OrderNoted, OrderPlaced, SOURCE } from '../scenarios/order-stack.ts';
import { carelessHandlers, properHandlers } from './handlers.ts';
import type { Binding, ConsumerQueues, Ended, Invocation, OrderEvent } from './protocol.ts';

// One execution environment: is the function that its invocations name, on SDK clients as the library's own functions have them, and is
// killed in the middle of it.

type Handler = (event: never, context: InvocationTime) => Promise<unknown>;

/** Shorter than the functions' timeout, as in production. */
const REQUEST_TIMEOUT_MS = 1_200;
/** Old enough for the relay to have failed. */
const SWEEP_AFTER_MS = 8_000;

let current: { readonly key: string; readonly handler: Handler } | undefined;

process.on('message', async ({ id, binding, event, timeoutMs }: Invocation) => {
  const endsAt = Date.now() + timeoutMs;
  const key = `${binding.deployment.prefix} ${binding.process}`;
  if (current?.key !== key) current = { key, handler: create(binding) };
  const { handler } = current;
  const send = (ended: Ended) => process.send?.(ended);
  try {
    send({ id, payload: await handler(event as never, { getRemainingTimeInMillis: () => endsAt - Date.now() }) });
  } catch (error) {
    send({ id, error: String(error) });
  }
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');

function clientsOf({ endpoint, region, process: userAgentAppId }: Binding) {
  const settings = { endpoint, region, userAgentAppId };
  const requestHandler = { ...CLIENT_SETTINGS.requestHandler, requestTimeout: REQUEST_TIMEOUT_MS };
  return {
    dynamodb: limitCalls(new DynamoDBClient({ ...CLIENT_SETTINGS, ...settings, requestHandler })),
    sns: limitCalls(new SNSClient({ ...CLIENT_SETTINGS, ...settings, requestHandler })),
    sqs: limitCalls(new SQSClient({ ...SQS_CLIENT_SETTINGS, ...settings, requestHandler })),
  };
}

function create(binding: Binding): Handler {
  const { role, deployment } = binding;
  const clients = clientsOf(binding);
  const queues = deployment.consumers.find(({ name }) => name === role);
  if (queues) return consumer(binding, queues, clients);
  if (role === 'producer') return producer(binding, clients);
  const deps = createPublishDeps({
    ...clients,
    log: silentLogger,
    metrics: silentMetrics,
    env: { POSTHASTE_OUTBOX_TABLE: deployment.tables.outbox, POSTHASTE_DESTINATIONS: JSON.stringify(deployment.topics) },
  });
  if (role === 'sweeper') {
    const sweeper = createSweeper({ ...deps, sweepAfterMs: SWEEP_AFTER_MS });
    return (_event, context) => sweeper.sweep({ deadline: deadlineOf(context) });
  }
  const relay = createRelay(deps);
  return (event: { readonly Records: readonly StreamRecord[] }, context) => relay.handle(event.Records, { deadline: deadlineOf(context) });
}

type Clients = ReturnType<typeof clientsOf>;

function consumer({ deployment, handlers }: Binding, queues: ConsumerQueues, { dynamodb, sqs }: Clients): Handler {
  const { name, queueUrl, deadLetterQueueUrl } = queues;
  const { tables } = deployment;
  const handle = createConsumer({
    ...{ name, queueUrl, deadLetterQueueUrl, sqs, log: silentLogger, metrics: silentMetrics },
    inbox: createInbox({ client: dynamodb, table: tables.inbox }),
    handlers: handlers === 'proper' ? properHandlers(name, tables.effects) : carelessHandlers(name, tables.effects, dynamodb),
    // The defaults are made for minutes.
    retry: exponential({ baseMs: 200, capMs: 1_000 }),
  });
  return handle as unknown as Handler;
}

/** Behind an idempotency key, as HTTP handlers are. */
function producer({ deployment }: Binding, { dynamodb }: Clients): Handler {
  const { tables } = deployment;
  const outbox = createOutbox({ client: dynamodb, table: tables.outbox, source: SOURCE });
  const orders = { name: tables.orders, partitionKey: 'id' };
  return async ({ orderId, customer }: OrderEvent, context) => {
    const unit = outbox.unit({ correlationId: orderId });
    unit.put(orders, { id: orderId, ...(customer !== undefined && { customer }) });
    if (customer === undefined) unit.publish(OrderNoted, { orderId });
    else unit.publish(OrderPlaced, { orderId, customer });
    const { status } = await unit.commit({
      idempotencyKey: orderId,
      deadline: systemClock.now() + context.getRemainingTimeInMillis() - 500,
    });
    return status;
  };
}
