import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { HandlerContext } from '../../../lib/consumer/consumer.routes.ts';
import { on, type Route } from '../../../lib/consumer/consumer.routes.ts';
import { silentLogger } from '../../../lib/core/logger.ts';
import { silentMetrics } from '../../../lib/core/metrics.ts';
import { createInbox } from '../../../lib/inbox/create-inbox.ts';
import { limitCalls } from '../../../lib/retry/call-limit.ts';
import { createConsumer } from '../../../lib/runtime/create-consumer.ts';
import type { SimHandler } from '../../../lib/simulation/functions.ts';
import type { Contender, Host } from '../contender.ts';
import { effectOf, effects, OrderPlaced } from '../order-message.ts';
import { worldDynamoDb } from '../world-dynamodb.ts';

/** The effect in the unit of work, as the README shows it. */
export const posthaste: Contender = {
  name: 'posthaste',
  title: 'posthaste: the effect in its unit',
  source: 'this README: effect and marker are one transaction',
  create: (host) =>
    consumer(host, () =>
      on(OrderPlaced, ({ data }, { unit }) => {
        unit.update(effects, { id: data.orderId }, { update: { expression: 'ADD n :one', values: { ':one': 1 } } });
      }),
    ),
};

/** The same effect as a call of its own, where nothing can promise more than at least once. */
export const posthasteExternal: Contender = {
  name: 'posthaste-external',
  title: "posthaste: the effect outside, `effect: 'external'`",
  source: 'RouteOptions.effect: a lease keeps other runs away; at least once, under one idempotency key',
  create: (host) => {
    const client = worldDynamoDb(host.process);
    return consumer(host, () =>
      on(
        OrderPlaced,
        async ({ data }, _context: HandlerContext) => {
          await client.send(new UpdateItemCommand(effectOf(data.orderId)));
        },
        { effect: 'external' },
      ),
    );
  },
};

function consumer({ process, world, queueUrl, deadLetterQueueUrl }: Host, route: () => Route): SimHandler {
  const { clock } = process;
  const { rng, ids } = world;
  // The client as the runtime makes it: one attempt, because the runtime has its own retries, and a limit on each call.
  const client = limitCalls(worldDynamoDb(process, { maxAttempts: 1 }), clock);
  return createConsumer({
    name: 'ship-order',
    inbox: createInbox({ client, table: 'inbox', clock, rng }),
    handlers: [route()],
    sqs: process.client('sqs'),
    queueUrl,
    deadLetterQueueUrl,
    clock,
    rng,
    ids,
    log: silentLogger,
    metrics: silentMetrics,
  }) as unknown as SimHandler;
}
