import { consumeBatch } from '../../lib/consumer/consumer.batch.ts';
import { MESSAGE_OUTCOME } from '../../lib/consumer/consumer.contract.ts';
import type { QueueRecord } from '../../lib/consumer/consumer.event.ts';
import { createPauses } from '../../lib/consumer/consumer.pause.ts';
import type { ConsumerInbox, ConsumerPorts, ConsumerSettings, DeliveryStop } from '../../lib/consumer/consumer.ports.ts';
import { createRouter, on, type Route } from '../../lib/consumer/consumer.routes.ts';
import type { Logger } from '../../lib/core/logger.ts';
import type { Metrics } from '../../lib/core/metrics.ts';
import { createRng } from '../../lib/core/rng.ts';
import { type AttemptTally, NO_ATTEMPTS } from '../../lib/retry/attempts.ts';
import type { DeadLetter } from '../../lib/retry/dead-letter.ts';
import type { ErrorRule } from '../../lib/retry/error-rules.ts';
import { MESSAGE_RETRY } from '../../lib/retry/policy.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';
import type { UnitOutcome } from '../../lib/unit-of-work/outcome.ts';
import type { Item } from '../../lib/unit-of-work/unit-of-work.ts';
import { bodyOf, OrderPlaced } from './world.ts';

/** What the ports answer; each may hang, by a promise that never resolves. */
export interface Script {
  readonly settings?: Partial<ConsumerSettings>;
  readonly handle?: Route['handle'];
  readonly errors?: readonly ErrorRule[];
  readonly routeErrors?: readonly ErrorRule[];
  readonly effect?: Route['effect'];
  readonly attempts?: Readonly<Record<string, Partial<AttemptTally>>>;
  readonly markers?: Readonly<Record<string, Item>>;
  readonly commit?: (messageId: string) => UnitOutcome | Promise<UnitOutcome>;
  readonly park?: (letter: DeadLetter) => Promise<void>;
  readonly inbox?: Partial<ConsumerInbox>;
  readonly stop?: DeliveryStop;
}

/** A call of a port that changes something, with what matters of its arguments. */
export type PortCall = readonly [name: string, ...details: unknown[]];

const never = () => new Promise<never>(() => {});
export const hang: () => Promise<never> = never;

/** The consumer's core on ports that do as they are told and note what they are asked, half of every jitter's ceiling. */
export function scriptedConsumer(script: Script = {}) {
  const calls: PortCall[] = [];
  const runs: string[] = [];
  const logs: { message: string; fields: Record<string, unknown> | undefined }[] = [];
  /** The lines that say what became of each message, apart from the rest. */
  const outcomes: typeof logs = [];
  const metrics: Record<string, number> = {};
  const letters: DeadLetter[] = [];
  const clock = createVirtualClock(createRng(1));
  const tally = (id: string): AttemptTally => ({ ...NO_ATTEMPTS, ...script.attempts?.[id] });
  const untilOf = (options: { until?: number } | undefined) => (options?.until === undefined ? 'for ever' : options.until - begunAt);
  let begunAt = clock.now();
  let ids = 0;

  const inbox: ConsumerInbox = {
    client: { send: never },
    retentionMs: 60 * 86_400_000,
    guard: ({ messageId, token }) => ({
      kind: 'put',
      table: { name: 'inbox', partitionKey: 'pk' },
      item: { pk: messageId, commit: token },
    }),
    completion: ({ messageId, token }) => ({
      ...{ kind: 'update', table: { name: 'inbox', partitionKey: 'pk' }, key: { pk: messageId } },
      update: { expression: 'SET #commit = :me', names: { '#commit': 'commit' }, values: { ':me': token } },
    }),
    standing: (marker) => ({ kind: marker === undefined ? 'open' : marker['state'] === 'OTHER' ? 'mismatch' : 'done' }),
    async look(_, messageIds, options) {
      calls.push(['look', messageIds, untilOf(options)]);
      return new Map(messageIds.map((id) => [id, { marker: script.markers?.[id], attempts: tally(id) }]));
    },
    async claim({ messageId }, leaseMs, options) {
      calls.push(['claim', messageId, leaseMs, untilOf(options)]);
      return { kind: 'mine', until: clock.now() + leaseMs };
    },
    async release({ messageId }, options) {
      calls.push(['release', messageId, untilOf(options)]);
    },
    async begin({ messageId }, options) {
      calls.push(['begin', messageId, untilOf(options)]);
      const books = tally(messageId);
      return { ...books, started: books.started + 1 };
    },
    async end({ messageId }, end, options) {
      calls.push(['end', messageId, end.begun, end.failure?.message, untilOf(options)]);
      return tally(messageId);
    },
    async forget(_, messageId, options) {
      calls.push(['forget', messageId, untilOf(options)]);
    },
    ...script.inbox,
  };
  const handle: Route['handle'] = (message, context) => {
    runs.push(message.id);
    return script.handle?.(message, context);
  };
  const note = (message: string, fields?: Record<string, unknown>) =>
    void (message === MESSAGE_OUTCOME ? outcomes : logs).push({ message, fields });
  const log: Logger = { debug: note, info: note, warn: note, error: note };
  const counted: Metrics = {
    add(name, value, options) {
      if (options?.dimensions?.['consumer'] !== 'count-orders') throw new Error(`${name} is counted for no consumer`);
      metrics[name] = (metrics[name] ?? 0) + value;
    },
  };
  const ports: ConsumerPorts = {
    settings: {
      ...{
        name: 'count-orders',
        concurrency: 10,
        maxAttempts: 5,
        mostAttempts: script.settings?.maxAttempts ?? 5,
        onExhausted: 'byQueue',
        delivery: 'at-least-once',
      },
      ...{ queueRetentionMs: undefined, maxReceiveCount: undefined },
      ...{ retry: MESSAGE_RETRY, errors: script.errors ?? [] },
      ...{ reserveMs: undefined, packLingerMs: undefined, source: 'urn:test', handlerVersion: '7', ...script.settings },
    },
    router: createRouter(
      [
        on(OrderPlaced, handle as Parameters<typeof on>[1], {
          effect: script.effect ?? 'transaction',
          errors: script.routeErrors ?? [],
        }),
      ],
      [],
    ),
    inbox,
    committer: {
      async commit({ guards: [guard], token, deadline = 0 }) {
        const carried = guard?.kind === 'update' ? guard.update.values?.[':me'] : guard?.item['commit'];
        if (token === undefined || carried !== token) throw new Error('the guard does not carry the token of its commit');
        const pk = String(guard?.kind === 'update' ? guard.key['pk'] : guard?.item['pk']);
        calls.push(['commit', pk, deadline - begunAt]);
        return script.commit?.(pk) ?? { status: 'committed' };
      },
      async commitPack(requests) {
        calls.push(['pack', requests.map(({ token = '' }) => token).length]);
        return 'committed';
      },
    },
    deadLetters: {
      async park(letter, options) {
        calls.push(['park', letter.messageId, letter.reason, untilOf(options)]);
        letters.push(letter);
        await script.park?.(letter);
      },
    },
    visibility: {
      change: async (entries) => void calls.push(['visibility', ...entries.map(({ receiptHandle, delayMs }) => [receiptHandle, delayMs])]),
    },
    pauses: createPauses({ consumer: 'count-orders', clock, log, metrics: counted, stop: script.stop }),
    clock,
    rng: { next: () => 0.5 },
    ids: { next: () => `id-${++ids}` },
    log,
    metrics: counted,
  };

  return {
    ports,
    calls,
    /** Messages whose handler was called. */
    runs,
    logs,
    outcomes,
    metrics,
    letters,
    clock,
    /** Calls of one port, without its name. */
    callsOf: (name: string) => calls.filter(([called]) => called === name).map(([, ...details]) => details),
    /** Runs a batch in ten seconds; what came back, by its order, and when the answer was there, in milliseconds. */
    async run(records: readonly QueueRecord[], remainingMs = 10_000) {
      begunAt = clock.now();
      let answeredAt = 0;
      const answer = consumeBatch(records, ports, remainingMs).then((response) => {
        answeredAt = clock.now() - begunAt;
        return response;
      });
      const [{ batchItemFailures }] = await Promise.all([answer, clock.run(begunAt + remainingMs)]);
      return { back: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier.replace('sqs-', '')), answeredAt };
    },
  };
}

/** A record of an order's message: received so often, of a group when the queue is a FIFO one. */
export function record(
  orderId: string,
  { received = 1, group, body }: { received?: number; group?: string; body?: string } = {},
): QueueRecord {
  return {
    messageId: `sqs-${orderId}`,
    receiptHandle: orderId,
    body: body ?? bodyOf(orderId),
    attributes: { ApproximateReceiveCount: String(received), MessageGroupId: group },
    messageAttributes: { type: { dataType: 'String', stringValue: 'orders.order-placed' } },
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:orders${group === undefined ? '' : '.fifo'}`,
  };
}

/** A handler, or a port, that fails with what `error` makes each time. */
export const throwing = (error: () => unknown) => () => {
  throw error();
};

/** A throttle of DynamoDB. */
export const throttled = () => Object.assign(new Error('slow down'), { name: 'ThrottlingException', $fault: 'client' });
