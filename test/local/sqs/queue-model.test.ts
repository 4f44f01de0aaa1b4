import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSqsWorld, type Received, type SqsWorld, type TestQueue } from './sqs-world.ts';

/** What a random client does. `pick` chooses among the receipts that it still holds. */
type Operation =
  | { readonly kind: 'send'; readonly group: number; readonly delay: number }
  | { readonly kind: 'receive'; readonly limit: number; readonly visibility: number }
  | { readonly kind: 'delete' | 'release' | 'extend'; readonly pick: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'redrive' };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('send' as const), group: fc.nat(2), delay: fc.constantFrom(0, 0, 5) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('receive' as const),
      limit: fc.integer({ min: 1, max: 10 }),
      visibility: fc.constantFrom(0, 10, 30, 30),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'release' as const, 'extend' as const), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 999, 1_000, 10_000, 40_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('redrive' as const) }) },
);

interface Client {
  readonly world: SqsWorld;
  readonly orders: TestQueue;
  readonly dead: TestQueue;
  /** Every receipt received, deleted messages included: a client may be late or repeat itself. */
  readonly receipts: Received[];
  sent: number;
  onReceive(messages: readonly Received[]): void;
}

function createClient(fifo: boolean): Client {
  const world = createSqsWorld();
  const suffix = fifo ? '.fifo' : '';
  const dead = world.queue(`dead${suffix}`, { MessageRetentionPeriod: '120' });
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 3 });
  const orders = world.queue(`orders${suffix}`, { RedrivePolicy, MessageRetentionPeriod: '60' });
  return { world, orders, dead, receipts: [], sent: 0, onReceive: () => {} };
}

/** Refusals are part of the game: a late receipt, a task that runs already. */
function tolerant(act: () => void): void {
  try {
    act();
  } catch (error) {
    expect(['InvalidParameterValueException', 'MessageNotInflight']).toContain((error as Error).name);
  }
}

function run(client: Client, step: Operation): void {
  const { world, orders, dead, receipts } = client;
  const fifo = orders.arn.endsWith('.fifo');
  switch (step.kind) {
    case 'send': {
      const body = `${step.group}:${String(client.sent).padStart(4, '0')}`;
      client.sent += 1;
      orders.send(body, fifo ? { MessageGroupId: `g${step.group}`, MessageDeduplicationId: body } : { DelaySeconds: step.delay });
      return;
    }
    case 'receive': {
      const messages = orders.receive({ MaxNumberOfMessages: step.limit, VisibilityTimeout: step.visibility });
      client.onReceive(messages);
      receipts.push(...messages);
      return;
    }
    case 'wait':
      world.clock.advance(step.ms);
      return;
    case 'redrive':
      tolerant(() => world.call('StartMessageMoveTask', { SourceArn: dead.arn, DestinationArn: orders.arn }));
      return;
    default: {
      const receipt = receipts[step.pick % receipts.length];
      if (receipt === undefined) return;
      if (step.kind === 'delete') tolerant(() => orders.delete(receipt));
      else tolerant(() => orders.visibility(receipt, step.kind === 'release' ? 0 : 20));
    }
  }
}

function checkConservation({ world, orders, dead, sent }: Client): void {
  const [source, target] = [world.sqs.stats(orders.arn), world.sqs.stats(dead.arn)];
  const balance = [source, target].map((stats) => {
    const held = stats.visible + stats.inFlight + stats.delayed;
    const left = stats.deleted + stats.expired + stats.deadLettered + stats.redriven + stats.purged;
    return stats.sent + stats.arrived - held - left;
  });
  // One assertion for all: this runs after every step.
  expect([...balance, source.sent, target.arrived, source.arrived]).toEqual([0, 0, sent, source.deadLettered, target.redriven]);
}

test.each([false, true])('no message is lost or made up by any sequence of operations (FIFO: %s)', (fifo) => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 80, size: 'max' }), (steps) => {
      const client = createClient(fifo);
      for (const step of steps) {
        run(client, step);
        checkConservation(client);
      }
      client.world.clock.advance(300_000);
      // After the retention of both queues nothing is left, and every message is accounted for.
      expect(client.orders.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
      expect(client.dead.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
      checkConservation(client);
    }),
    { numRuns: 40 },
  );
});

interface ModelMessage {
  readonly group: string;
  readonly body: string;
  hiddenUntil: number;
  receipt: string | undefined;
}

/** The rule of FIFO queues in its plainest form: a list in order of sending, searched anew for every receive. */
function receivable(messages: readonly ModelMessage[], now: number): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  const closed = new Set<string>();
  for (const { group, body, hiddenUntil } of messages) {
    if (hiddenUntil > now) closed.add(group);
    if (!closed.has(group)) groups.set(group, [...(groups.get(group) ?? []), body]);
  }
  return groups;
}

test('a FIFO receive gives the front of groups up to the first message in flight, as many as there are and were asked for', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 80, size: 'max' }), (steps) => {
      const world = createSqsWorld();
      const orders = world.queue('orders.fifo', { MessageRetentionPeriod: '1209600' });
      const client: Client = { world, orders, dead: orders, receipts: [], sent: 0, onReceive: () => {} };
      const model: ModelMessage[] = [];
      for (const step of steps.filter(({ kind }) => kind !== 'redrive')) runBoth(client, model, step);
    }),
    { numRuns: 60 },
  );
});

function runBoth(client: Client, model: ModelMessage[], step: Operation): void {
  const now = client.world.clock.now();
  if (step.kind === 'receive') {
    const expected = receivable(model, now);
    client.onReceive = (messages) => {
      checkReceive(messages, expected, step.limit);
      for (const message of messages) {
        const known = model.find(({ body }) => body === message.Body) as ModelMessage;
        known.hiddenUntil = now + step.visibility * 1_000;
        known.receipt = message.ReceiptHandle;
      }
    };
  }
  const sent = client.sent;
  const receipt = 'pick' in step ? client.receipts[step.pick % client.receipts.length] : undefined;
  run(client, step);
  if (step.kind === 'send') {
    model.push({ group: String(step.group), body: `${step.group}:${String(sent).padStart(4, '0')}`, hiddenUntil: 0, receipt: undefined });
  }
  const index = model.findIndex((message) => message.receipt === receipt?.ReceiptHandle && message.hiddenUntil > now);
  const target = receipt === undefined ? undefined : model[index];
  if (target === undefined) return;
  if (step.kind === 'delete') model.splice(index, 1);
  if (step.kind === 'release') target.hiddenUntil = now;
  if (step.kind === 'extend') target.hiddenUntil = now + 20_000;
}

function checkReceive(messages: readonly Received[], expected: ReadonlyMap<string, readonly string[]>, limit: number): void {
  const total = [...expected.values()].flat().length;
  expect(messages).toHaveLength(Math.min(limit, total));
  for (const [group, front] of expected) {
    const received = messages.map(({ Body }) => Body).filter((body) => body.startsWith(`${group}:`));
    expect(received).toEqual(front.slice(0, received.length));
  }
}
