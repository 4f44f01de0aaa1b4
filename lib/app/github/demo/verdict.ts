import { type Consumer, isFor } from './audience.ts';
import { type Answer, appliedCounts, deliveryOf, type FinalState, isAccepted } from './evidence.ts';
import { judgeStrays } from './strays.ts';

/** The judgement over one run, with a sentence for everything that does not hold. */
export interface Verdict {
  /** Nothing is violated, and something was accepted. */
  readonly holds: boolean;
  /** Why there is nothing to judge; absent where there is. */
  readonly unusable?: string;
  readonly accepted: number;
  readonly refused: number;
  readonly violations: readonly string[];
}

/**
 * Judges a run from what was put in and what is there in the end: every DynamoDB effect exactly once, every notification at least once
 * under one key, every announcement at most once, everything else accounted for among the failures; and nothing of a delivery that nobody
 * accepted or that was for others. A run in which nothing was accepted keeps every promise by doing nothing: it is unusable, and does not
 * hold. What earlier runs on the same endpoint sent explains what is there, and is asked for no more: its stack may be gone. Uses no counter
 * that the runtime keeps of itself.
 */
export function judge(answers: readonly Answer[], state: FinalState, earlier: readonly Answer[] = []): Verdict {
  const { accepted, refused, unanswered } = sorted(answers);
  const violations = [...violationsIn({ accepted, unanswered }, state), ...judgeStrays(sorted([...earlier, ...answers]).accepted, state)];
  return {
    holds: violations.length === 0 && accepted.length > 0,
    ...(accepted.length === 0 && { unusable: nothingAccepted(refused.length + unanswered.length, refused.length) }),
    accepted: accepted.length,
    refused: refused.length,
    violations,
  };
}

/** The deliveries of a run, by what became of them at the door. */
interface Sorted {
  readonly accepted: readonly Answer[];
  readonly refused: readonly Answer[];
  readonly unanswered: readonly Answer[];
}

function sorted(answers: readonly Answer[]): Sorted {
  // A delivery that was sent again counts by its best answer: what was accepted once stays accepted, whatever a later one said.
  const byDelivery = new Map(
    answers.toSorted((a, b) => Number(isAccepted(a)) - Number(isAccepted(b))).map((answer) => [answer.deliveryId, answer]),
  );
  const accepted = [...byDelivery.values()].filter(isAccepted);
  const refused = [...byDelivery.values()].filter((answer) => answer.status >= 400 && answer.status < 500);
  const unanswered = [...byDelivery.values()].filter((answer) => !accepted.includes(answer) && !refused.includes(answer));
  return { accepted, refused, unanswered };
}

function violationsIn({ accepted, unanswered }: Omit<Sorted, 'refused'>, state: FinalState): readonly string[] {
  return [
    ...unanswered.map(
      (answer) => `${answer.event} ${answer.deliveryId}: the gateway answered ${answer.status}, neither committed nor refused`,
    ),
    ...(state.inFlight > 0 ? [`${state.inFlight} messages are still on their way`] : []),
    ...judgeEffects('record-audit-trail', accepted, state, state.audit),
    ...judgeEffects('project-activity', accepted, state, appliedCounts(state.activity)),
    ...judgeNotifications(accepted, state),
    ...judgeKeys(state),
    ...judgeAnnouncements(accepted, state),
    ...judgeWelcomes(accepted, state),
    ...judgeOrder(state.activity),
    ...judgeFailures(state),
  ];
}

function nothingAccepted(sent: number, refused: number): string {
  return `none of ${sent} deliveries was accepted (${refused} refused): the run proves nothing; see why they were refused, or give other input`;
}

/** Exactly one of: applied once, dead-lettered, parked. */
function judgeEffects(consumer: Consumer, accepted: readonly Answer[], state: FinalState, effects: ReadonlyMap<string, number>): string[] {
  return accepted
    .filter((answer) => isFor(consumer, answer))
    .flatMap((answer) => {
      const count = effects.get(answer.deliveryId) ?? 0;
      const aside = isAside(consumer, answer.deliveryId, state);
      if (count === 0) return aside ? [] : [`${consumer} lost ${answer.event} ${answer.deliveryId}`];
      if (count !== 1) return [`${consumer} applied ${answer.event} ${answer.deliveryId} ${count} times`];
      return aside ? [`${consumer} applied ${answer.event} ${answer.deliveryId} and dead-lettered it too`] : [];
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
    .filter((answer) => isFor('notify-maintainers', answer))
    .flatMap((answer) => {
      const used = keys.get(answer.deliveryId)?.size ?? 0;
      if (used > 1) return [`notify-maintainers called for ${answer.event} ${answer.deliveryId} under ${used} idempotency keys`];
      if (!taken.has(answer.deliveryId) && !isAside('notify-maintainers', answer.deliveryId, state)) {
        return [`notify-maintainers never called for ${answer.event} ${answer.deliveryId} with success`];
      }
      return [];
    });
}

/** A key is one notification's: an endpoint that recognises repetitions would take another one's call for its own. */
function judgeKeys({ notifications }: FinalState): string[] {
  return [...Map.groupBy(notifications, ({ idempotencyKey }) => idempotencyKey)].flatMap(([key, calls]) => {
    const deliveries = [...new Set(calls.map(deliveryOf))];
    return deliveries.length > 1 ? [`notify-maintainers called for ${deliveries.join(', ')} under one idempotency key, ${key}`] : [];
  });
}

/** One call at most, whatever it was answered; and one that was not plainly taken, or never made, is kept as a failure. */
function judgeAnnouncements(accepted: readonly Answer[], state: FinalState): string[] {
  const calls = Map.groupBy(state.announcements, deliveryOf);
  return accepted
    .filter((answer) => isFor('announce-release', answer))
    .flatMap((answer) => {
      const made = calls.get(answer.deliveryId) ?? [];
      if (made.length > 1) return [`announce-release announced ${answer.event} ${answer.deliveryId} ${made.length} times`];
      if (made.some(isAccepted) || isAside('announce-release', answer.deliveryId, state)) return [];
      return [`announce-release lost ${answer.event} ${answer.deliveryId}: not announced for certain, and not kept as a failure`];
    });
}

/** One welcome for each opened thing that the projection applied, or its failure, and nothing for one that it did not: it sends the command. */
function judgeWelcomes(accepted: readonly Answer[], state: FinalState): string[] {
  const applied = appliedCounts(state.activity);
  return accepted
    .filter((answer) => isFor('welcome-author', answer))
    .flatMap((answer) => {
      const count = state.welcomed.get(answer.deliveryId) ?? 0;
      const kept = isKept('welcome-author', answer.deliveryId, state);
      const did = `welcome-author ran ${count} times for ${answer.event} ${answer.deliveryId}`;
      if (!applied.has(answer.deliveryId)) return count > 0 || kept ? [`${did}, which project-activity did not apply`] : [];
      if (count === 1) return kept ? [`${did} and dead-lettered it too`] : [];
      return count === 0 && isAside('welcome-author', answer.deliveryId, state) ? [] : [did];
    });
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

function isAside(consumer: Consumer, deliveryId: string, state: FinalState): boolean {
  return isKept(consumer, deliveryId, state) || state.parked.includes(deliveryId);
}

function isKept(consumer: Consumer, deliveryId: string, { deadLettered }: FinalState): boolean {
  return (deadLettered.get(consumer) ?? []).includes(deliveryId);
}
