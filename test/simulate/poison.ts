import { DEFAULT_MAX_ATTEMPTS } from '../../lib/consumer/consumer.contract.ts';
import type { Route } from '../../lib/consumer/consumer.routes.ts';
import { decodeFailureRecord } from '../../lib/dlq/failure-record.ts';
import { encodeEnvelope } from '../../lib/message/envelope.ts';
import { Permanent } from '../../lib/retry/retry.errors.ts';
import type { Violation } from '../../lib/simulation/conservation.ts';
import { checkIsolation } from '../../lib/simulation/isolation.ts';
import { checkLiveness } from '../../lib/simulation/liveness.ts';
import { checkParking, type Stranger } from '../../lib/simulation/parking.ts';
import type { SimProcess } from '../../lib/simulation/process.ts';
import type { Conditions, Experiment } from '../../lib/simulation/search/trial.ts';
import { type ConsumerPlace, countEffects, HOUR, OrderNoted } from '../scenarios/order-stack.ts';
import { CHAOS_MS, createOrderWorld, type OrderWorld } from '../scenarios/order-world.ts';

const POISON = ['note-permanent', 'note-failing', 'note-killer'];
const HEALTHY = ['note-1', 'note-2', 'note-3', 'order-1', 'order-3'];
/** What is refused for good has one run. A process that dies at the first receive has written nothing yet, so its message has one run more. */
const ATTEMPTS: Readonly<Record<string, number>> = { 'note-permanent': 1, 'note-killer': DEFAULT_MAX_ATTEMPTS + 1 };
const attemptsOf = (id: string) => ATTEMPTS[id] ?? DEFAULT_MAX_ATTEMPTS;

const STRANGERS: readonly Stranger[] = [
  { reason: 'BODY_INVALID', body: '{"specversion":"1.0", ' },
  { reason: 'UNKNOWN_TYPE', body: strange('orders.order-lost', 1, { orderId: 'stranger-1' }) },
  { reason: 'UNKNOWN_VERSION', body: strange(OrderNoted.name, 9, { orderId: 'stranger-2' }) },
  { reason: 'MESSAGE_INVALID', body: strange(OrderNoted.name, 1, { orderId: 3 }) },
];

function strange(type: string, version: number, data: object): string {
  const time = new Date(Date.UTC(2030, 0, 1)).toISOString();
  const id = `${type}-${version}-${JSON.stringify(data).length}`;
  return encodeEnvelope({ id, type, version, source: 'urn:strangers', correlationId: id, hops: 0, time, data });
}

interface Run {
  readonly consumer: string;
  readonly id: string;
}

/** Handlers that cannot handle some messages, each in another way, until `isFixed`. */
function sickRoutes(isFixed: () => boolean, failed: Run[]) {
  return (consumer: string, process: SimProcess): readonly Route[] =>
    countEffects(consumer).map((route) => ({
      ...route,
      handle: (message: { data: { orderId: string } }, context: Parameters<Route['handle']>[1]) => {
        const id = message.data.orderId;
        const isSick = !isFixed() && (POISON.includes(id) || id === 'order-2');
        if (!isSick) return route.handle(message as never, context);
        failed.push({ consumer, id });
        if (id === 'note-permanent') throw new Permanent('the card has expired');
        if (id !== 'note-killer') throw new Error('the ledger is closed');
        process.kill('the message did it');
        return new Promise<void>(() => {});
      },
    }));
}

/**
 * Messages that cannot be handled beside messages that can: refused for good, failing, killing their process, unreadable; on the queue
 * with order the second of three. Then the handlers are fixed and the dead letters are moved back.
 */
export const poison: Experiment = {
  name: 'poison',
  async run(conditions) {
    let fixed = false;
    const failed: Run[] = [];
    const world = createOrderWorld({ ...conditions, routes: sickRoutes(() => fixed, failed) });
    for (const id of [...POISON, 'note-1', 'note-2', 'note-3']) world.note(id);
    for (const id of ['order-1', 'order-2', 'order-3']) world.place(id, 'ada');
    for (const { body } of STRANGERS) world.clock.after(world.rng.next() * 10_000, () => world.send(world.audit, body));

    await world.run(CHAOS_MS);
    world.heal();
    const healedAt = world.clock.now();
    const sick = await world.drain({ holding: [world.project] });
    const letters = lettersOf(world, world.audit);
    const fates = {
      consumer: world.audit.name,
      healthy: HEALTHY,
      poison: POISON,
      deadLettered: arrivalsOf(letters, healedAt),
      failedRuns: countRuns(failed, world.audit.name),
      attemptsOf,
      disturbances: disturbancesOf(world, conditions),
      parkWithinMs: HOUR,
    };
    const whileSick = [
      ...checkIsolation(fates),
      ...checkParking(STRANGERS, letters),
      ...checkLiveness({ ...sick, calls: world.calls.total, maxCalls: 10_000 }),
    ];

    fixed = true;
    moveBack(world, world.audit);
    const well = await world.drain();
    const whenFixed = [...world.check(), ...checkLiveness({ ...well, calls: world.calls.total, maxCalls: 20_000 })];
    return { history: world.history, violations: [...whileSick, ...whenFixed, ...checkRedriven(world)] };
  },
};

function lettersOf(world: OrderWorld, place: ConsumerPlace) {
  return world.letters(place).map(({ body, attributes }) => {
    const record = decodeFailureRecord(attributes['posthaste.failure'] ?? '');
    const [, id = ''] = /"orderId":"([^"]*)"/.exec(body) ?? [];
    return { body, id, reason: record?.reason, failedAt: Date.parse(record?.failedAt ?? '') };
  });
}

function arrivalsOf(letters: ReturnType<typeof lettersOf>, since: number): ReadonlyMap<string, readonly number[]> {
  const arrivals = new Map<string, number[]>();
  for (const { id, failedAt } of letters) arrivals.set(id, [...(arrivals.get(id) ?? []), failedAt - since]);
  return arrivals;
}

function countRuns(failed: readonly Run[], consumer: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const run of failed) if (run.consumer === consumer) counts.set(run.id, (counts.get(run.id) ?? 0) + 1);
  return counts;
}

/** In a world that delivers what it likes, any number; otherwise the faults that its consumer met. */
function disturbancesOf(world: OrderWorld, { swarm }: Conditions): number {
  if (Object.keys(swarm.rates).length > 0) return Number.POSITIVE_INFINITY;
  return world.count('fault');
}

function moveBack(world: OrderWorld, { queueUrl, deadLetterQueueUrl }: ConsumerPlace): void {
  const [SourceArn, DestinationArn] = [world.sqs.queueArn(deadLetterQueueUrl), world.sqs.queueArn(queueUrl)];
  world.call('sqs', 'StartMessageMoveTask', { SourceArn, DestinationArn });
}

/** What came back after its handler was fixed is applied once (G7). */
function checkRedriven(world: OrderWorld): readonly Violation[] {
  const applied = world.applied(world.audit.name);
  return [...POISON, 'order-2'].flatMap((id): Violation[] => {
    const times = applied.filter((each) => each === id).length;
    return times === 1 ? [] : [{ guarantee: 'G7', message: `${id} was applied ${times} times after its redrive` }];
  });
}
