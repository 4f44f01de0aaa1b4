import { decodeFailureRecord } from '../../../lib/dlq/failure-record.ts';
import { createOutbox, type OutboxUnit } from '../../../lib/outbox/create-outbox.ts';
import type { FaultKind } from '../../../lib/simulation/fault.ts';
import type { SimProcess } from '../../../lib/simulation/process.ts';
import { unsettled, violations } from '../../../lib/simulation/reference-checks.ts';
import {
  type Answer,
  answer,
  begin,
  beginAgain,
  createReferenceModel,
  cure,
  type Health,
  type ModelUnit,
  wearOut,
} from '../../../lib/simulation/reference-model.ts';
import type { Observed } from '../../../lib/simulation/reference-view.ts';
import { drawSwarm, type Swarm, type SwarmFeature } from '../../../lib/simulation/swarm.ts';
import { type ConsumerPlace, functionArn, HOUR, MINUTE, OrderNoted, OrderPlaced, orders, SOURCE } from '../../scenarios/order-stack.ts';
import { createOrderWorld } from '../../scenarios/order-world.ts';
import { armedFaults } from './armed-faults.ts';
import { sickRoutes } from './sick-routes.ts';
import { type Accepted, topicGate } from './topic-gate.ts';

/** What one run is made from. */
export interface RigOptions {
  readonly seed: number;
  /** Whether the services are as bad as their documentation lets them be. */
  readonly hostile: boolean;
}

/** One message of a commit. */
export interface Part {
  readonly customer?: string;
  readonly health: Health;
}

/** What can be switched off and on again. */
export const SWITCHES = ['relay', 'sweeper', 'audit', 'project', 'orders', 'orders-ordered.fifo'] as const;
export type Switch = (typeof SWITCHES)[number];

/** Who can meet a fault. */
export const ROLES = ['relay', 'sweeper', 'audit-order', 'project-order'] as const;

/** The pipeline and its reference model side by side. */
export type Rig = ReturnType<typeof createRig>;

const AUDIT = 'audit-order';
const PROJECT = 'project-order';
const SWEEP_EVERY_MS = 5 * MINUTE;

/** Deploys the pipeline, with a model that nothing has happened to yet. */
export function createRig({ seed, hostile }: RigOptions) {
  const model = createReferenceModel([
    { name: AUDIT, ordered: false },
    { name: PROJECT, ordered: true },
  ]);
  const wrong: string[] = [];
  const off = new Set<Switch>();
  let filterTakesNotes = true;
  let skewMs = 0;
  let numbers = 0;
  const tries: { readonly unit: ModelUnit; readonly guarded: boolean; readonly process: SimProcess; answered: boolean }[] = [];

  const faults = armedFaults(({ role }) => wearOut(model, role));
  const gate = topicGate(({ topic, key }) => {
    if (topic === 'orders') return key !== undefined || filterTakesNotes ? [AUDIT] : [];
    return topic === 'orders-ordered.fifo' ? [PROJECT] : [];
  });
  const world = createOrderWorld({
    seed,
    faults: faults.source,
    ...(hostile && { swarm: legalSwarm(seed) }),
    skewOf: () => skewMs,
    interceptors: gate.interceptors,
    sweepEveryMs: 0,
    routes: sickRoutes(model, seed % 2 === 0 ? 'transaction' : 'external'),
  });
  const startedAt = world.clock.now();
  const places = { audit: world.audit, project: world.project };
  const sweep = () => {
    if (!off.has('sweeper')) void world.functions.invoke(functionArn('sweeper'), {});
    world.clock.after(SWEEP_EVERY_MS, sweep);
  };
  world.clock.after(SWEEP_EVERY_MS, sweep);

  function attempt(unit: ModelUnit, { guarded, fault, doomed = false }: Commitment): void {
    numbers += 1;
    const process = world.process(`caller/${numbers}`);
    if (fault)
      faults.arm({ matches: (call) => call.process === process.name && call.action === 'TransactWriteItems', after: 0, kind: fault });
    const { rng, ids } = world;
    const outbox = createOutbox({ client: process.client('dynamodb'), table: 'outbox', source: SOURCE, clock: process.clock, rng, ids });
    const work = outbox.unit();
    fill(work, unit, doomed);
    const one = { unit, guarded, process, answered: false };
    tries.push(one);
    const settle = (said: Answer) => {
      one.answered = true;
      if (doomed && said !== 'refused' && said !== 'unknown') wrong.push(`G2 a unit whose condition does not hold is ${said}`);
      wrong.push(...answer(model, unit, { said, at: world.clock.now() }));
    };
    work.commit(guarded ? { idempotencyKey: unit.request } : {}).then(
      ({ status }) => settle(status),
      (error: { code?: string }) => {
        const said = ANSWERS[error.code ?? ''];
        if (said) settle(said);
        else wrong.push(`G1 a commit failed: ${error}`);
      },
    );
  }

  const nextId = (health: Health) => {
    numbers += 1;
    return `${health}-${numbers}`;
  };

  const rig = {
    model,
    world,
    off,
    places,
    /** How long it exists, in milliseconds. */
    age: () => world.clock.now() - startedAt,
    commit({ parts, ...commitment }: Commitment & { readonly parts: readonly Part[] }): void {
      numbers += 1;
      const messages = parts.map(({ customer, health }) => ({ id: nextId(health), key: customer, health }));
      attempt(begin(model, { messages, request: `request-${numbers}`, begunAt: world.clock.now() }), commitment);
    },
    /** Units whose request can be repeated: they have an idempotency key, and nobody waits for its answer. */
    repeatable: () =>
      model.units.filter(({ request }) => {
        const own = tries.filter(({ unit }) => unit.request === request);
        return own.some(({ guarded }) => guarded) && own.every(({ answered, process }) => answered || !process.alive);
      }),
    commitAgain(unit: ModelUnit, fault?: FaultKind): void {
      beginAgain(unit);
      attempt(unit, { guarded: true, ...(fault && { fault }) });
    },
    commitOther(unit: ModelUnit): void {
      const messages = unit.messages.map(({ key, health }) => ({ id: nextId(health), key, health }));
      attempt(begin(model, { messages, request: unit.request, begunAt: world.clock.now() }), { guarded: true });
    },
    /** A unit that is filled and thrown away. */
    forget(parts: readonly Part[]): void {
      const messages = parts.map(({ customer, health }) => ({ id: nextId(health), key: customer, health }));
      const unit = begin(model, { messages, request: `forgotten-${numbers}`, begunAt: world.clock.now() });
      unit.fate = 'aborted';
      const process = world.process('caller/forgetful');
      fill(createOutbox({ client: process.client('dynamodb'), table: 'outbox', source: SOURCE, clock: process.clock }).unit(), unit, false);
    },
    arm: (role: string, after: number, kind: FaultKind) => faults.arm({ matches: (call) => call.role === role, after, kind }),
    flip(what: Switch, to: 'on' | 'off'): void {
      const change = (set: Set<string>) => (to === 'on' ? set.delete(what) : set.add(what));
      change(off);
      if (what === 'relay') world.setMapping(world.relayMapping, { Enabled: to === 'on' });
      if (what === 'audit' || what === 'project') world.setMapping(places[what].mapping, { Enabled: to === 'on' });
      if (what.startsWith('orders')) change(gate.down);
    },
    filter(takesNotes: boolean): void {
      filterTakesNotes = takesNotes;
      world.call('sns', 'SetSubscriptionAttributes', {
        SubscriptionArn: world.audit.subscriptionArn,
        AttributeName: 'FilterPolicy',
        AttributeValue: JSON.stringify({ type: takesNotes ? [OrderPlaced.name, OrderNoted.name] : [OrderPlaced.name] }),
      });
    },
    skew(ms: number): void {
      skewMs = ms;
      world.functions.recycle();
    },
    deploy(cures: boolean): void {
      if (cures) cure(model);
      world.functions.recycle();
    },
    redrive(place: ConsumerPlace): void {
      const letters = world.letters(place);
      wearOut(model, place.name, letters.length);
      for (const { body } of letters) model.movedBack.add(idIn(body));
      const [SourceArn, DestinationArn] = [world.sqs.queueArn(place.deadLetterQueueUrl), world.sqs.queueArn(place.queueUrl)];
      world.call('sqs', 'StartMessageMoveTask', { SourceArn, DestinationArn });
    },
    /** What a consumer has received or is about to: what a copy can be of. */
    delivered(place: ConsumerPlace): readonly Accepted[] {
      const arrived = new Set([place.queueUrl, place.deadLetterQueueUrl].flatMap((url) => world.peek(url).map(({ body }) => body)));
      const applied = new Set(world.applied(place.name));
      return gate.accepted.filter(({ id, body, reaches }) => reaches.includes(place.name) && (applied.has(id) || arrived.has(body)));
    },
    copy(place: ConsumerPlace, { body, group }: Accepted, stampedAnew: boolean): void {
      const time = new Date(world.clock.now()).toISOString();
      const copy = stampedAnew ? body.replace(/"time":"[^"]+"/, `"time":"${time}"`) : body;
      model.copies.push(copy);
      send(place, copy, group);
    },
    strange(place: ConsumerPlace, body: string, reason: string): void {
      model.strangers.push({ subscriber: place.name, body, reason });
      send(place, body, 'strangers');
    },
    async run(ms: number): Promise<void> {
      await world.run(ms);
      judge();
    },
    finish,
  };
  return rig;

  function send(place: ConsumerPlace, body: string, group: string | undefined): void {
    numbers += 1;
    world.send(place, body, place === world.project ? { MessageGroupId: group ?? 'none', MessageDeduplicationId: `copy-${numbers}` } : {});
  }

  function observe(): Observed {
    const byPlace = <T>(look: (place: ConsumerPlace) => T) => new Map(Object.values(places).map((place) => [place.name, look(place)]));
    const keys = new Set(model.units.flatMap(({ messages }) => messages.flatMap(({ key }) => key ?? [])));
    const rows = world.rows();
    const isParked = ({ state }: (typeof rows)[number]) => state?.S.startsWith('PARKED') === true;
    const [replies, messages] = [gate.accepted.filter(isReply), gate.accepted.filter((one) => !isReply(one))];
    return {
      written: (world.dynamodb.scanTable('orders') as unknown as readonly { id: { S: string } }[]).map(({ id }) => id.S),
      publications: messages,
      parked: rows.filter(isParked).map(({ body }) => idIn(body?.S ?? '')),
      pending: rows.filter((row) => !isParked(row)).length,
      applied: byPlace(({ name }) => world.applied(name)),
      queued: byPlace(({ queueUrl }) => world.peek(queueUrl).map(({ body }) => idIn(body))),
      letters: byPlace((place) =>
        world.letters(place).map(({ body, attributes }) => {
          return { body, id: idIn(body), reason: decodeFailureRecord(attributes['posthaste.failure'] ?? '')?.reason };
        }),
      ),
      order: new Map([...keys].map((key) => [key, world.order(PROJECT, key)])),
      replies: replies.map(({ id, messageId }) => ({ to: id, messageId })),
    };
  }

  function judge(): Observed {
    const seen = observe();
    const found = [...wrong, ...violations(model, seen)];
    if (found.length > 0) throw new Error(found.join('\n'));
    return seen;
  }

  /** Lets time pass until everything is as the model says, and then some more. */
  async function settle(withinMs: number): Promise<Observed> {
    const end = world.clock.now() + withinMs;
    let seen = judge();
    while (unsettled(model, seen).length > 0 && world.clock.now() < end) {
      await world.run(5 * MINUTE);
      seen = judge();
    }
    await world.run(20 * MINUTE);
    seen = judge();
    const left = unsettled(model, seen);
    if (left.length > 0) throw new Error(`after ${withinMs / MINUTE} minutes without faults:\n${left.join('\n')}`);
    return seen;
  }

  /** Everything works again: what is ill is given up or waits. Then it is cured and moved back: everything is done, once. */
  async function finish(): Promise<void> {
    for (const what of SWITCHES) rig.flip(what, 'on');
    world.heal();
    await settle(8 * HOUR);
    rig.deploy(true);
    for (const place of Object.values(places)) rig.redrive(place);
    const seen = await settle(2 * HOUR);
    for (const [name, letters] of seen.letters) {
      // A second copy of what is done may be left: who parks and dies before the answer parks again.
      const undone = letters.filter(({ id }) => isKnown(id) && !seen.applied.get(name)?.includes(id));
      if (undone.length > 0) throw new Error(`G7 ${name} gave up ${undone.map(({ id }) => id)} again, after it was repaired`);
    }
  }

  function isKnown(id: string): boolean {
    return model.units.some(({ messages }) => messages.some((message) => message.id === id));
  }
}

/** How a unit is committed. */
interface Commitment {
  /** Whether under an idempotency key. */
  readonly guarded: boolean;
  /** What the write of it meets. */
  readonly fault?: FaultKind;
  /** Whether its condition cannot hold. */
  readonly doomed?: boolean;
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  UNIT_CONDITION_FAILED: 'refused',
  UNIT_CONTENDED: 'refused',
  UNIT_DENIED: 'refused',
  UNIT_UNKNOWN: 'unknown',
  IDEMPOTENCY_KEY_REUSED: 'reused',
};

function fill(work: OutboxUnit, { messages }: ModelUnit, doomed: boolean): void {
  for (const { id, key } of messages) {
    work.put(orders, { id }, ...(doomed ? [{ expression: 'attribute_exists(id)' }] : []));
    if (key === undefined) work.publish(OrderNoted, { orderId: id });
    else work.publish(OrderPlaced, { orderId: id, customer: key });
  }
}

const isReply = ({ topic }: Accepted) => topic === 'shipments';
const idIn = (body: string) => /"orderId":"([^"]*)"/.exec(body)?.[1] ?? '';

/** What services may do at any time; a filter that is late or a process that stands still would leave open what is to be expected. */
const LEGAL: readonly SwarmFeature[] = [
  ...(['deploy', 'restart', 'smallBatch', 'skip', 'duplicate', 'delay', 'loseResponse', 'queueOrder', 'queueCopy', 'queueShort'] as const),
  ...(['queueLate', 'queueCount', 'topicCopy', 'topicLate', 'indexLag', 'staleRead', 'tornQuery', 'leftOver', 'shortPage'] as const),
  ...(['lateExpiry', 'recordOrder', 'shardSplit', 'emptyRead', 'shortIterator', 'trim'] as const),
];

function legalSwarm(seed: number): Swarm {
  const { rates } = drawSwarm(seed);
  return { rates: Object.fromEntries(Object.entries(rates).filter(([name]) => LEGAL.includes(name as SwarmFeature))), kinds: [] };
}
