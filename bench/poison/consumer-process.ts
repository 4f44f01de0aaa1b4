/**
 * A consumer in a process of its own, that is given batches of which one record may be poison: how long the invocations take is measured
 * here, where nothing else runs.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createConsumer, createInbox, on } from '../../lib/index.ts';
import { OrderPlaced, queueRecord, shipments } from '../orders.ts';
import { KINDS, type Kind, POISONS, type PoisonName } from './poisons.ts';

/** What the parent asks for: so many rounds of one batch of each kind. */
export interface RoundsRequest {
  readonly batchSize: number;
  readonly rounds: number;
  /** How long each handler takes before it writes. */
  readonly handlerMs: number;
}

/** How long the invocation of each batch took, in milliseconds, by what its middle record was. */
export type RoundsResult = Readonly<Record<Kind, number[]>>;

const QUEUE = 'http://127.0.0.1:1/000000000000/bench';
const poisoned = new Map<string, PoisonName>();
let handlerMs = 0;

const handler = createConsumer({
  name: 'ship-order',
  inbox: createInbox({ table: 'inbox' }),
  queueUrl: QUEUE,
  deadLetterQueueUrl: `${QUEUE}-dlq`,
  handlers: [
    on(OrderPlaced, async ({ data }, { unit }) => {
      const name = poisoned.get(data.orderId);
      const poison = name && POISONS[name];
      if (poison && !poison.late) throw poison.error();
      if (handlerMs > 0) await wait(handlerMs);
      if (poison) throw poison.error();
      unit.put(shipments, { orderId: data.orderId, state: 'waiting', total: data.total });
    }),
  ],
});

function eventOf(batchSize: number, kind: Kind) {
  const bad = Math.floor(batchSize / 2);
  const Records = Array.from({ length: batchSize }, (_, place) => {
    const id = randomUUID();
    if (place !== bad || kind === 'sound') return queueRecord(id, Date.now());
    poisoned.set(id, kind);
    return queueRecord(id, Date.now(), POISONS[kind].receiveCount);
  });
  return { Records };
}

async function timed(batchSize: number, kind: Kind): Promise<number> {
  const event = eventOf(batchSize, kind);
  const started = performance.now();
  const { batchItemFailures } = await handler(event, { getRemainingTimeInMillis: () => 30_000 } as never);
  const took = performance.now() - started;
  // A poison comes back, or is dead-lettered and does not; all others are handled.
  const expected = kind === 'sound' || kind === 'permanent' ? 0 : 1;
  if (batchItemFailures.length !== expected) throw new Error(`${batchItemFailures.length} records of a batch came back, not ${expected}`);
  return took;
}

/** The kinds take turns, batch by batch: what else the machine does spoils all of them alike. */
async function run(request: RoundsRequest): Promise<RoundsResult> {
  const result = Object.fromEntries(KINDS.map((kind) => [kind, [] as number[]])) as Record<Kind, number[]>;
  poisoned.clear();
  handlerMs = request.handlerMs;
  globalThis.gc?.();
  for (let round = 0; round < request.rounds; round += 1) {
    for (const kind of KINDS) result[kind].push(await timed(request.batchSize, kind));
  }
  return result;
}

process.on('message', async (request: RoundsRequest) => process.send?.(await run(request)));
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
