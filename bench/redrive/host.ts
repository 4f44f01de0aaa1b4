/**
 * The embedded AWS with a failure store in it, in a process of its own: failures are loaded here in process, and what a redrive sends is
 * timed where it arrives.
 */
import { systemClock } from '../../lib/core/clock.ts';
import { systemIds } from '../../lib/core/ids.ts';
import { systemRng } from '../../lib/core/rng.ts';
import type { Arrival } from '../../lib/dlq/failure.ts';
import { failureIdOf } from '../../lib/dlq/failure-id.ts';
import { createFailureStore } from '../../lib/dlq/failure-store.dynamodb.ts';
import { DEVELOPER, type Json, LOCAL_PLACE, type ServiceName } from '../../lib/local/aws.ts';
import { createEmbeddedAws } from '../../lib/local/embedded-aws.ts';
import { startGateway } from '../../lib/local/gateway/gateway.ts';
import { failureTable, keyedTable } from '../../lib/simulation/table-inputs.ts';
import { type ConsumerEntry, topologyPath } from '../../lib/topology/topology.contract.ts';
import { createLedger } from '../counts/ledger.ts';
import { name } from '../counts/names.ts';
import { orderBody } from '../orders.ts';
import { type HostRequest, REDRIVE, type Sent } from './redrive.contract.ts';

const system = { clock: systemClock, rng: systemRng, ids: systemIds };
const GROUPS = 10;
const BATCH = 10;

const sendings: { readonly at: number; readonly messages: number }[] = [];
const embedded = createEmbeddedAws({
  ...{ clock: systemClock, rng: systemRng, ids: systemIds, place: LOCAL_PLACE },
  interceptors: [
    (request, next) => {
      if (request.action === 'SendMessageBatch') {
        sendings.push({ at: performance.now(), messages: (request.input['Entries'] as readonly unknown[]).length });
      }
      return next();
    },
  ],
});
const gateway = await startGateway({ aws: embedded.aws, callerOf: () => DEVELOPER, port: 0 });
const call = (service: ServiceName, action: string, input: Json) => embedded.aws.callNow({ service, action, input, caller: DEVELOPER });
for (const table of [failureTable(REDRIVE.table), keyedTable('inbox', 'pk')]) call('dynamodb', 'CreateTable', { ...table });
const queue = address('ship-order');
const consumer: ConsumerEntry = {
  ...{
    kind: 'consumer',
    name: 'ship-order',
    ordered: false,
    indexed: true,
    undelivered: [],
    queue,
    deadLetterQueue: address('ship-order-dlq'),
  },
  ...{ functionName: 'ship-order', mappingId: 'none', inbox: { table: 'inbox', scope: 'ship-order', retentionDays: 60 } },
};
call('ssm', 'PutParameter', {
  Name: `${topologyPath(REDRIVE.stack)}/consumer/ship-order`,
  Value: JSON.stringify(consumer),
  Type: 'String',
});

const noBodies = () => Promise.reject(new Error('no body of this benchmark is large'));
const store = createFailureStore({
  client: createLedger(embedded.aws).client('dynamodb'),
  ...{ table: REDRIVE.table, bodies: { put: noBodies, get: noBodies }, ...system },
});

function address(queueName: string) {
  return {
    url: String(call('sqs', 'CreateQueue', { QueueName: queueName })['QueueUrl']),
    arn: `arn:aws:sqs:us-east-1:000000000000:${queueName}`,
  };
}

function arrivalOf(group: number): Arrival {
  const messageId = name();
  const body = orderBody(messageId, systemClock.now());
  return {
    id: failureIdOf({ consumer: consumer.name, messageId, body }),
    ...{ letterId: `letter-${messageId}`, copyId: `copy-${messageId}`, status: 'open', source: 'consumer', consumer: consumer.name },
    ...{ reason: 'HANDLER_PERMANENT', errorType: 'Error', errorMessage: 'no such customer', fingerprint: `${group}`.padStart(16, '0') },
    ...{ failedAt: systemClock.now(), receiveCount: 1, attempts: [], messageId, messageType: 'bench.order-placed', body },
    attributes: { type: { dataType: 'String', stringValue: 'bench.order-placed' } },
  };
}

async function load(failures: number): Promise<void> {
  for (let at = 0; at < failures; at += BATCH) {
    const group = Math.floor((at * GROUPS) / failures);
    await store.add(Array.from({ length: Math.min(BATCH, failures - at) }, () => arrivalOf(group)));
  }
  call('sqs', 'PurgeQueue', { QueueUrl: queue.url });
  globalThis.gc?.();
  sendings.length = 0;
}

function sent(): Sent {
  const [first, last] = [sendings[0], sendings.at(-1)];
  if (!first || !last) throw new Error('nothing was sent');
  const windows: number[] = [];
  for (const { at, messages } of sendings) {
    const second = Math.floor((at - first.at) / 1_000);
    while (windows.length <= second) windows.push(0);
    windows[second] = (windows[second] ?? 0) + messages;
  }
  const messages = windows.reduce((sum, count) => sum + count, 0);
  return { messages, windows, spanMs: last.at - first.at, first: first.messages };
}

process.on('message', async (request: HostRequest) => {
  if (request.kind === 'load') await load(request.failures);
  process.send?.(request.kind === 'load' ? 'loaded' : sent());
});
process.once('disconnect', () => process.exit(0));
process.send?.({ port: gateway.port });
