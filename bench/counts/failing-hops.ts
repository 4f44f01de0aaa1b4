import { fixed, on, Permanent } from '../../lib/index.ts';
import type { Json } from '../../lib/local/aws.ts';
import { OrderPlaced, orderBody, shipments } from '../orders.ts';
import { createFailureDesk } from './failure-desk.ts';
import type { Hop } from './ledger.ts';
import { name } from './names.ts';
import { eventOf } from './queue-events.ts';
import type { World } from './world.ts';

const CONTEXT = { getRemainingTimeInMillis: () => 30_000 } as never;

/** What messages cost that fail, become dead letters, are kept as failures and sent back. Exact like the others. */
export async function failingHops(world: World): Promise<readonly Hop[]> {
  return [...(await retryHops(world)), ...(await deadLetterHops(world)), ...(await redriveHops(world))];
}

/** Where it failed differs from machine to machine, and the stack is stored. */
function withFixedStack<Failure extends Error>(error: Failure): Failure {
  return Object.assign(error, { stack: `${error.name}: ${error.message}\n    at shipOrder (ship-order.js:1:1)` });
}

/** A consumer that does as it is told, and a queue from which it is handed messages like any function. */
function faulty(world: World) {
  const { ledger, call, queueUrl } = world;
  let error: (() => Error) | undefined;
  const shipOrder = on(OrderPlaced, ({ data }, { unit }) => {
    if (error) throw withFixedStack(error());
    unit.put(shipments, { orderId: data.orderId, state: 'waiting', total: data.total });
  });
  // What fails can be received again at once.
  const handler = world.consumer({ handlers: [shipOrder], retry: fixed([0]) });
  return {
    send(count: number) {
      for (let sent = 0; sent < count; sent += 1) {
        call('sqs', 'SendMessage', { QueueUrl: queueUrl, MessageBody: orderBody(name(), Date.now()) });
      }
    },
    /** One batch of what is in the queue; acknowledges what does not come back. */
    async handle(hop: string, failing?: () => Error): Promise<Hop> {
      error = failing;
      const event = eventOf(call, queueUrl, 'bench');
      const spent = await ledger.during(async () => acknowledge(world, event.Records, await handler(event as never, CONTEXT)));
      return { hop, messages: event.Records.length, ...spent };
    },
  };
}

type Answer = { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] };

/** As the event source mapping does, which is not counted. */
function acknowledge({ call, queueUrl }: World, records: readonly Json[], { batchItemFailures }: Answer): void {
  const back = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  for (const { messageId, receiptHandle } of records) {
    if (!back.has(String(messageId))) call('sqs', 'DeleteMessage', { QueueUrl: queueUrl, ReceiptHandle: receiptHandle });
  }
}

const broken = () => new Error('the ledger says no');

async function retryHops(world: World): Promise<readonly Hop[]> {
  const { send, handle } = faulty(world);
  send(1);
  return [
    await handle('fail, first receive', broken),
    await handle('fail, second receive', broken),
    await handle('handle, third receive, after two failures'),
  ];
}

async function deadLetterHops(world: World): Promise<readonly Hop[]> {
  const { send, handle } = faulty(world);
  send(1);
  const hops = [await handle('dead letter, permanent failure', () => new Permanent('no such customer'))];
  send(1);
  for (let attempt = 1; attempt < 5; attempt += 1) await handle('fail', broken);
  return [...hops, await handle('dead letter, fifth attempt', broken)];
}

async function redriveHops(world: World): Promise<readonly Hop[]> {
  const { send, handle } = faulty(world);
  const desk = createFailureDesk(world);
  const died = async (count: number) => {
    send(count);
    await handle('die', () => new Permanent('no such customer'));
  };
  // The letters of before.
  await desk.index('two letters');
  await desk.redrive('two failures', 2);
  await handle('two copies');

  await died(1);
  const hops = [await desk.index('index, one letter'), await desk.redrive('redrive, one failure', 1)];
  await handle('one copy');
  await died(10);
  hops.push(await desk.index('index, 10 letters of one cause'), await desk.redrive('redrive, 10 failures', 10));
  hops.push(await handle('consume, 10 copies that were redriven'));
  for (let batch = 0; batch < 10; batch += 1) {
    await died(10);
    await desk.index('ten letters');
  }
  return [...hops, await desk.redrive('redrive, 100 failures', 100)];
}
