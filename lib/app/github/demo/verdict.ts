import type { EndpointCall } from './endpoints.ts';

/** How the gateway answered one delivery. */
export interface Answer {
  readonly deliveryId: string;
  readonly event: string;
  readonly action: string | undefined;
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

/** Which consumers must see an event, by GitHub's name of it. Said again here on purpose: the verdict shares no code with what it judges. */
export const AUDIENCE = {
  'record-audit-trail': () => true,
  'notify-maintainers': (event: string) =>
    /^(release|security_advisory|repository_vulnerability_alert|dependabot_alert|code_scanning_alert|sponsorship|installation)$/.test(
      event,
    ),
  'announce-release': (event: string) => event === 'release',
  'project-activity': (event: string) =>
    /^(issues|issue_comment|pull_request|pull_request_review|pull_request_review_comment|pull_request_review_thread|discussion|discussion_comment)$/.test(
      event,
    ),
} as const;

/** The judgement over one run, with a sentence for everything that does not hold. */
export interface Verdict {
  readonly holds: boolean;
  readonly accepted: number;
  readonly refused: number;
  readonly violations: readonly string[];
}

/**
 * Judges a run from what was put in and what is there in the end: every DynamoDB effect exactly once, every notification at least once
 * under one key, every announcement at most once, everything else accounted for among the failures. Uses no counter that the runtime keeps of itself.
 */
export function judge(answers: readonly Answer[], state: FinalState): Verdict {
  // A delivery that was sent again counts by its best answer: what was accepted once stays accepted, whatever a later one said.
  const byDelivery = new Map(
    answers.toSorted((a, b) => Number(isAccepted(a)) - Number(isAccepted(b))).map((answer) => [answer.deliveryId, answer]),
  );
  const accepted = [...byDelivery.values()].filter(isAccepted);
  const refused = [...byDelivery.values()].filter((answer) => answer.status >= 400 && answer.status < 500);
  const unanswered = [...byDelivery.values()].filter((answer) => !accepted.includes(answer) && !refused.includes(answer));
  const acceptedIds = new Set(accepted.map((answer) => answer.deliveryId));

  const violations = [
    ...unanswered.map(
      (answer) => `${answer.event} ${answer.deliveryId}: the gateway answered ${answer.status}, neither committed nor refused`,
    ),
    ...(state.inFlight > 0 ? [`${state.inFlight} messages are still on their way`] : []),
    ...judgeEffects('record-audit-trail', accepted, state, state.audit),
    ...judgeEffects('project-activity', accepted, state, appliedCounts(state.activity)),
    ...judgeNotifications(accepted, state),
    ...judgeAnnouncements(accepted, state),
    ...judgeWelcomes(accepted, state),
    ...judgeOrder(state.activity),
    ...judgeFailures(state),
    ...strangers(acceptedIds, state),
  ];
  return { holds: violations.length === 0, accepted: accepted.length, refused: refused.length, violations };
}

/** Whether it was taken: a delivery by the gateway, or a call by an endpoint. */
export const isAccepted = ({ status }: { readonly status: number }): boolean => status >= 200 && status < 300;

type Consumer = keyof typeof AUDIENCE;

/** Exactly one of: applied once, dead-lettered, parked. */
function judgeEffects(consumer: Consumer, accepted: readonly Answer[], state: FinalState, effects: ReadonlyMap<string, number>): string[] {
  return accepted
    .filter((answer) => AUDIENCE[consumer](answer.event))
    .flatMap((answer) => {
      const count = effects.get(answer.deliveryId) ?? 0;
      const aside = isAside(consumer, answer.deliveryId, state);
      if (count > 1) return [`${consumer} applied ${answer.event} ${answer.deliveryId} ${count} times`];
      if (count === 1 && aside) return [`${consumer} applied ${answer.event} ${answer.deliveryId} and dead-lettered it too`];
      if (count === 0 && !aside) return [`${consumer} lost ${answer.event} ${answer.deliveryId}`];
      return [];
    });
}

/** At least one call that was taken, and all under one key, the refused ones too; or dead-lettered. */
function judgeNotifications(accepted: readonly Answer[], state: FinalState): string[] {
  const keys = new Map<string, Set<string>>();
  const taken = new Set<string>();
  for (const call of state.notifications) {
    const delivery = deliveryOf(call);
    keys.set(delivery, (keys.get(delivery) ?? new Set()).add(call.idempotencyKey));
    if (isAccepted(call)) taken.add(delivery);
  }
  return accepted
    .filter((answer) => AUDIENCE['notify-maintainers'](answer.event))
    .flatMap((answer) => {
      const used = keys.get(answer.deliveryId)?.size ?? 0;
      if (used > 1) return [`notify-maintainers called for ${answer.event} ${answer.deliveryId} under ${used} idempotency keys`];
      if (!taken.has(answer.deliveryId) && !isAside('notify-maintainers', answer.deliveryId, state)) {
        return [`notify-maintainers never called for ${answer.event} ${answer.deliveryId} with success`];
      }
      return [];
    });
}

/** The delivery that a call is about. */
export const deliveryOf = ({ body }: EndpointCall): string => (JSON.parse(body) as { delivery: string }).delivery;

/** One call at most, whatever it was answered; and one that was not plainly taken, or never made, is kept as a failure. */
function judgeAnnouncements(accepted: readonly Answer[], state: FinalState): string[] {
  const calls = Map.groupBy(state.announcements, deliveryOf);
  return accepted
    .filter((answer) => AUDIENCE['announce-release'](answer.event))
    .flatMap((answer) => {
      const made = calls.get(answer.deliveryId) ?? [];
      if (made.length > 1) return [`announce-release announced ${answer.event} ${answer.deliveryId} ${made.length} times`];
      if (made.some(isAccepted) || isAside('announce-release', answer.deliveryId, state)) return [];
      return [`announce-release lost ${answer.event} ${answer.deliveryId}: not announced for certain, and not kept as a failure`];
    });
}

/** One welcome for each opened thing that the projection applied, from a command that the projection sent. */
function judgeWelcomes(accepted: readonly Answer[], state: FinalState): string[] {
  const applied = appliedCounts(state.activity);
  return accepted
    .filter((answer) => isOpening(answer) && applied.has(answer.deliveryId))
    .flatMap((answer) => {
      const count = state.welcomed.get(answer.deliveryId) ?? 0;
      if (count === 1 || (count === 0 && isAside('welcome-author', answer.deliveryId, state))) return [];
      return [`welcome-author ran ${count} times for ${answer.event} ${answer.deliveryId}`];
    });
}

function isOpening({ event, action }: Answer): boolean {
  return (event === 'discussion' && action === 'created') || ((event === 'issues' || event === 'pull_request') && action === 'opened');
}

/** A key's applied events stand in the order in which they were committed. */
function judgeOrder(activity: FinalState['activity']): string[] {
  return [...activity].flatMap(([key, applied]) =>
    applied.flatMap((event, index) => {
      const previous = applied[index - 1];
      return previous && previous.sequence >= event.sequence
        ? [`project-activity applied ${key} out of order: ${previous.sequence} before ${event.sequence}`]
        : [];
    }),
  );
}

/** A failure is kept once, and not at all any more where its cause was mended and it was sent back. */
function judgeFailures({ deadLettered, unworked }: FinalState): string[] {
  const twice = [...deadLettered].flatMap(([consumer, ids]) =>
    ids.filter((id, place) => ids.indexOf(id) !== place).map((id) => `the failure of ${consumer} on ${id} is kept twice`),
  );
  return [
    ...twice,
    ...(unworked > 0 ? [`${unworked} failures are still there although their cause was mended and they were sent back`] : []),
  ];
}

/** Effects of something that nobody committed. */
function strangers(acceptedIds: ReadonlySet<string>, state: FinalState): string[] {
  const seen = new Set([
    ...state.audit.keys(),
    ...appliedCounts(state.activity).keys(),
    ...state.welcomed.keys(),
    ...state.announcements.map(deliveryOf),
  ]);
  return [...seen].filter((id) => !acceptedIds.has(id)).map((id) => `an effect of ${id} exists, but that delivery was never accepted`);
}

function isAside(consumer: string, deliveryId: string, state: FinalState): boolean {
  return (state.deadLettered.get(consumer) ?? []).includes(deliveryId) || state.parked.includes(deliveryId);
}

function appliedCounts(activity: FinalState['activity']): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const applied of activity.values()) for (const { delivery } of applied) counts.set(delivery, (counts.get(delivery) ?? 0) + 1);
  return counts;
}
