import type { AttemptTally } from '../retry/attempts.ts';
import { unsettled } from '../retry/attempts.ts';
import { isFifo } from './consumer.event.ts';
import type { Delivery } from './consumer.reading.ts';

/** Deliveries that must not run at the same time, in their order: a message group of a FIFO queue, or the copies of one message. */
export interface Lane {
  readonly fifo: boolean;
  readonly deliveries: readonly Delivery[];
}

/** The order of work in a batch. */
export interface LanePlan {
  /** Run concurrently, first. */
  readonly calm: readonly Lane[];
  /** Run last, one at a time: each holds a message that was begun before without an outcome, and may take the process with it. */
  readonly suspects: readonly Lane[];
}

/**
 * Sorts a batch into lanes. Suspects come last and alone, those with the fewest unexplained ends first, so that what was only
 * near a crash gets done before what causes it returns.
 */
export function planLanes(deliveries: readonly Delivery[], attemptsOf: (messageId: string) => AttemptTally): LanePlan {
  const lanes = new Map<string, Delivery[]>();
  for (const delivery of deliveries) {
    const key = laneKey(delivery);
    lanes.set(key, [...(lanes.get(key) ?? []), delivery]);
  }
  const weighed = [...lanes.values()].map((members) => ({
    lane: { fifo: members.some(({ record }) => isFifo(record)), deliveries: members },
    suspicion: Math.max(...members.map((delivery) => suspicion(delivery, attemptsOf))),
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

function suspicion({ reading, seen }: Delivery, attemptsOf: (messageId: string) => AttemptTally): number {
  return reading.kind === 'run' && seen ? unsettled(attemptsOf(reading.message.id)) : 0;
}
