import type { EndpointCall } from './endpoints.ts';

/** How the gateway answered one delivery. */
export interface Answer {
  readonly deliveryId: string;
  readonly event: string;
  readonly action: string | undefined;
  /** Its payload names no sender. Default false: GitHub always names one. */
  readonly anonymous?: boolean;
  /** HTTP status of the last answer: 2xx means that the delivery is committed. */
  readonly status: number;
  /** Why it was refused, when it was. */
  readonly reason?: string;
}

/** One applied event of the ordered projection. */
export interface AppliedEvent {
  readonly delivery: string;
  readonly sequence: number;
}

/** What is in the stack when nothing moves any more, read from tables, queues and the endpoints of consumers. */
export interface FinalState {
  /** Delivery id → how often the audit trail recorded it. */
  readonly audit: ReadonlyMap<string, number>;
  /** Key → what the projection applied, in order. */
  readonly activity: ReadonlyMap<string, readonly AppliedEvent[]>;
  /** Delivery id → how often its author was welcomed. */
  readonly welcomed: ReadonlyMap<string, number>;
  readonly notifications: readonly EndpointCall[];
  readonly announcements: readonly EndpointCall[];
  /** Consumer → the delivery ids of its failures that wait for somebody, in the failure store or still in its dead-letter queue. */
  readonly deadLettered: ReadonlyMap<string, readonly string[]>;
  /** Failures that still wait, of the cause that was mended. */
  readonly unworked: number;
  /** Delivery ids that the outbox could not publish and parked. */
  readonly parked: readonly string[];
  /** Messages that are still on their way somewhere: none, when drained. */
  readonly inFlight: number;
}

/** Whether it was taken: a delivery by the gateway, or a call by an endpoint. */
export const isAccepted = ({ status }: { readonly status: number }): boolean => status >= 200 && status < 300;

/** The delivery that a call is about. */
export const deliveryOf = ({ body }: EndpointCall): string => (JSON.parse(body) as { delivery: string }).delivery;

/** Delivery id → how often the projection applied it, whatever the key. */
export function appliedCounts(activity: FinalState['activity']): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const applied of activity.values()) for (const { delivery } of applied) counts.set(delivery, (counts.get(delivery) ?? 0) + 1);
  return counts;
}
