import type { AttemptTally } from '../retry/attempts.ts';
import { unsettled } from '../retry/attempts.ts';
import { isFifo } from './consumer.event.ts';
import type { Delivery } from './consumer.reading.ts';

/** Deliveries that must not run at the same time, in their order: a message group of a FIFO queue, or the copies of one message. */
export interface Lane {
  readonly fifo: boolean;
  readonly deliveries: readonly Delivery[];
}

/** The lanes of a batch. */
export interface Lanes {
  /** All of them are seen for the first time: there is nothing to be known about them. */
  readonly fresh: readonly Lane[];
  readonly returning: readonly Lane[];
}

/** Sorts a batch into lanes. */
export function lanesOf(deliveries: readonly Delivery[]): Lanes {
  const lanes = new Map<string, Delivery[]>();
  for (const delivery of deliveries) {
    const key = laneKey(delivery);
    lanes.set(key, [...(lanes.get(key) ?? []), delivery]);
  }
  const all = [...lanes.values()].map((members) => ({ fifo: members.some(({ record }) => isFifo(record)), deliveries: members }));
  return {
    fresh: all.filter((lane) => !lane.deliveries.some(needsLook)),
    returning: all.filter((lane) => lane.deliveries.some(needsLook)),
  };
}

/** Whether something may be known about it: it was seen before, and could have run. */
export function needsLook({ seen, reading }: Delivery): boolean {
  return seen && reading.kind === 'run';
}

/** The order of work of what was handed out before. */
export interface LanePlan {
  /** Run concurrently, beside what is fresh. */
  readonly calm: readonly Lane[];
  /** Run last, one at a time: each holds a message that was begun before without an outcome, and may take the process with it. */
  readonly suspects: readonly Lane[];
}

/**
 * Tells the suspects from the others. They come last and alone, those with the fewest unexplained ends first, so that what was only
 * near a crash gets done before what causes it returns.
 */
export function planLanes(lanes: readonly Lane[], attemptsOf: (messageId: string) => AttemptTally): LanePlan {
  const weighed = lanes.map((lane) => ({
    lane,
    suspicion: Math.max(...lane.deliveries.map((delivery) => suspicion(delivery, attemptsOf))),
  }));
  return {
    calm: weighed.filter(({ suspicion }) => suspicion === 0).map(({ lane }) => lane),
    suspects: weighed
      .filter(({ suspicion }) => suspicion > 0)
      .sort((left, right) => left.suspicion - right.suspicion)
      .map(({ lane }) => lane),
  };
}

function laneKey({ index, record, reading }: Delivery): string {
  if (isFifo(record)) return `group ${record.attributes.MessageGroupId ?? index}`;
  return reading.message ? `message ${reading.message.id}` : `record ${index}`;
}

function suspicion(delivery: Delivery, attemptsOf: (messageId: string) => AttemptTally): number {
  const { message } = delivery.reading;
  return message && needsLook(delivery) ? unsettled(attemptsOf(message.id)) : 0;
}
