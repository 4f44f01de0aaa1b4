import { isFor } from './audience.ts';
import { type Answer, deliveryOf, type FinalState, isAccepted } from './evidence.ts';
import { BUSY_SECONDS } from './troubles.ts';

/** How the consumers with effects outside of DynamoDB and their endpoints got on, as the endpoints saw it. */
export interface Outside {
  /** Deliveries that were due to be announced. */
  readonly releases: number;
  /** Of them, called out once. */
  readonly announced: number;
  /** Of them, kept as failures of the announcer. */
  readonly kept: number;
  /** Of those kept, announced all the same, as far as the endpoint knows. */
  readonly inDoubt: number;
  /** Calls for notifications, and those of them that came while the endpoint had too much to do. */
  readonly calls: number;
  readonly busyCalls: number;
}

/** Puts it into numbers. */
export function outsideOf(answers: readonly Answer[], state: FinalState): Outside {
  const accepted = answers.filter((answer) => isAccepted(answer) && isFor('announce-release', answer));
  const due = new Set(accepted.map(({ deliveryId }) => deliveryId));
  const called = new Set(state.announcements.map(deliveryOf));
  const kept = (state.deadLettered.get('announce-release') ?? []).filter((delivery) => due.has(delivery));
  return {
    releases: due.size,
    announced: [...due].filter((delivery) => called.has(delivery)).length,
    kept: kept.length,
    inDoubt: kept.filter((delivery) => called.has(delivery)).length,
    calls: state.notifications.length,
    busyCalls: state.notifications.filter(({ status }) => status === 429).length,
  };
}

/** What the notifier counts of itself. */
export interface Pauses {
  readonly pauses: number;
  /** Attempts that it charged. */
  readonly charged: number;
}

/** A sentence for each endpoint, where there is something to say. */
export function outsideLines({
  releases,
  announced,
  kept,
  inDoubt,
  calls,
  busyCalls,
  pauses,
  charged,
}: Outside & Pauses): readonly string[] {
  const doubt = inDoubt > 0 ? `, ${inDoubt} of them announced without an answer` : '';
  const announcements = `announce-release announced ${announced} of ${releases} releases, at most once each; ${kept} kept as failures${doubt}`;
  const busy = `its endpoint answered 429 to ${busyCalls} of ${calls} calls and asked for ${BUSY_SECONDS} s`;
  const pausing = `notify-maintainers paused ${pauses === 1 ? 'once' : `${pauses} times`}: ${busy}; attempts charged: ${charged}`;
  return [...(releases > 0 ? [announcements] : []), ...(busyCalls > 0 ? [pausing] : [])];
}
