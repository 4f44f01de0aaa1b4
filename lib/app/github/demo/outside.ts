import { type Answer, AUDIENCE, deliveryOf, type FinalState, isAccepted } from './verdict.ts';

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
  const accepted = answers.filter((answer) => isAccepted(answer) && AUDIENCE['announce-release'](answer.event));
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
