import { createRng } from '../core/rng.ts';
import { FAULT_KINDS, type FaultKind } from './fault.ts';

/**
 * What a world may do to the code in it, beyond the order in which things happen: each feature with its largest rate. A rate is a
 * probability per occasion; of `deploy` and `restart` it is the number per minute, of the rest what its comment says.
 */
export const SWARM_FEATURES = {
  /** A call of a service goes wrong, in one of the swarm's kinds. */
  fault: 0.25,
  /** A process's clock is wrong, by up to five minutes either way. */
  skew: 1,
  /** An invocation stands still for a while in its middle, as a paused machine does. */
  freeze: 0.1,
  /** New code is deployed: no instance serves another invocation, those at work end it beside the new ones. */
  deploy: 2,
  /** The pollers of a mapping are replaced and go on from an old checkpoint. */
  restart: 1,
  /** A batch is smaller than it could be. */
  smallBatch: 1,
  /** A batch is received and no function runs. */
  skip: 0.15,
  /** A batch is delivered twice. */
  duplicate: 0.3,
  /** A batch waits before its function runs. */
  delay: 0.2,
  /** The answer of a function is ignored. */
  loseResponse: 0.15,
  /** A standard queue hands out its messages at random. */
  queueOrder: 1,
  /** A message of a standard queue is there again after it was received or deleted. */
  queueCopy: 0.15,
  /** A receive gets less than there is, or nothing. */
  queueShort: 0.5,
  /** A message takes time to arrive in its queue. */
  queueLate: 0.3,
  /** A queue's counts are wrong. */
  queueCount: 1,
  /** A standard topic delivers a message twice. */
  topicCopy: 0.2,
  /** A topic's delivery takes time. */
  topicLate: 0.3,
  /** A changed filter policy takes effect later, up to a quarter of an hour at the largest rate. */
  lateFilter: 1,
  /** A write takes time to reach an index. */
  indexLag: 0.5,
  /** An eventually consistent read sees an older state. */
  staleRead: 0.5,
  /** A query sees of a transaction that commits meanwhile only what lies behind the place that it had reached. */
  tornQuery: 0.5,
  /** A part of a batch comes back unprocessed. */
  leftOver: 0.3,
  /** A page of a query or scan is short. */
  shortPage: 0.5,
  /** Expired items stay, up to two days at the largest rate. */
  lateExpiry: 1,
  /** The records of one transaction enter the stream in any order. */
  recordOrder: 1,
  /** A shard rolls over or splits at a record. */
  shardSplit: 0.1,
  /** A stream's reader finds nothing where something is. */
  emptyRead: 0.4,
  /** Iterators expire after seconds in place of minutes. */
  shortIterator: 1,
  /** A stream's day is short: its records are trimmed after a minute or two, read or not. */
  trim: 1,
} as const;

/** A way in which a world is bad. */
export type SwarmFeature = keyof typeof SWARM_FEATURES;

/** What goes wrong in one world, as plain data: a feature that is not named is off. */
export interface Swarm {
  readonly rates: Readonly<Partial<Record<SwarmFeature, number>>>;
  /** The kinds of fault that calls meet. */
  readonly kinds: readonly FaultKind[];
}

/** Nothing goes wrong. */
export const CALM: Swarm = { rates: {}, kinds: [] };

const FEATURES = Object.keys(SWARM_FEATURES) as readonly SwarmFeature[];
const isFeature = (name: string): name is SwarmFeature => Object.hasOwn(SWARM_FEATURES, name);

/**
 * A seed's own swarm: every feature and every kind of fault is in it or not, with even odds, at a rate of its own. Runs that are bad in
 * all ways at once hide what a few of them together would show.
 */
export function drawSwarm(seed: number): Swarm {
  const rng = createRng(seed ^ 0x3c6ef372);
  const rates: Partial<Record<SwarmFeature, number>> = {};
  for (const feature of FEATURES) {
    const [isOn, share] = [rng.next() < 0.5, rng.next()];
    if (isOn) rates[feature] = Math.ceil(share * SWARM_FEATURES[feature] * 1_000) / 1_000;
  }
  return { rates, kinds: FAULT_KINDS.filter(() => rng.next() < 0.5) };
}

/**
 * A swarm in one line, for a replay: features with their rates, kinds of fault behind theirs.
 *
 * @example
 * formatSwarm({ rates: { fault: 0.1, trim: 1 }, kinds: ['slow', 'deny'] }); // => 'fault=0.1:slow.deny,trim=1'
 */
export function formatSwarm({ rates, kinds }: Swarm): string {
  const named = FEATURES.filter((feature) => rates[feature] !== undefined);
  const texts = named.map((feature) => `${feature}=${rates[feature]}${feature === 'fault' ? `:${kinds.join('.')}` : ''}`);
  return texts.length === 0 ? 'calm' : texts.join(',');
}

/** Reads what `formatSwarm` wrote. Throws a `RangeError` that says what is no feature, rate or kind. */
export function parseSwarm(line: string): Swarm {
  const rates: Partial<Record<SwarmFeature, number>> = {};
  let kinds: readonly FaultKind[] = [];
  for (const text of line === 'calm' ? [] : line.split(',')) {
    const [name = '', value = ''] = text.split('=');
    const [rate = '', names = ''] = value.split(':');
    if (!isFeature(name)) throw new RangeError(`not a feature of a swarm: "${text}"; one of ${FEATURES.join(', ')}`);
    if (!/^\d+(\.\d+)?$/.test(rate)) throw new RangeError(`not a rate of a swarm: "${text}"; write ${name}=0.1`);
    rates[name] = Number(rate);
    if (name === 'fault') kinds = names.split('.').filter(Boolean).map(kindOf);
  }
  return { rates, kinds };
}

function kindOf(text: string): FaultKind {
  const kind = FAULT_KINDS.find((name) => name === text);
  if (!kind) throw new RangeError(`not a kind of fault: "${text}"; one of ${FAULT_KINDS.join(', ')}`);
  return kind;
}
