import { isFor } from './audience.ts';
import { type Answer, appliedCounts, deliveryOf, type FinalState } from './evidence.ts';

/** Something that is there in the end, of one delivery. */
interface Trace {
  /** Who left it there, and what: the beginning of a sentence that the delivery ends. */
  readonly left: string;
  /** Absent when it is no consumer's. */
  readonly consumer?: string;
  readonly deliveryIds: Iterable<string>;
}

/** Whatever is there of a delivery that nobody accepted, or that was not for the consumer that left it. */
export function judgeStrays(accepted: readonly Answer[], state: FinalState): string[] {
  const byId = new Map(accepted.map((answer) => [answer.deliveryId, answer]));
  return tracesIn(state).flatMap(({ left, consumer, deliveryIds }) =>
    [...new Set(deliveryIds)].flatMap((id) => {
      const answer = byId.get(id);
      if (!answer) return [`${left} ${id}, but that delivery was never accepted`];
      return consumer === undefined || isFor(consumer, answer) ? [] : [`${left} ${answer.event} ${id}, which is not for it`];
    }),
  );
}

function tracesIn({ audit, activity, welcomed, notifications, announcements, deadLettered, parked }: FinalState): readonly Trace[] {
  const effects: readonly (readonly [consumer: string, deliveryIds: Iterable<string>])[] = [
    ['record-audit-trail', audit.keys()],
    ['project-activity', appliedCounts(activity).keys()],
    ['welcome-author', welcomed.keys()],
    ['notify-maintainers', notifications.map(deliveryOf)],
    ['announce-release', announcements.map(deliveryOf)],
  ];
  return [
    ...effects.map(([consumer, deliveryIds]) => ({ left: `${consumer} has an effect of`, consumer, deliveryIds })),
    ...[...deadLettered].map(([consumer, deliveryIds]) => ({ left: `${consumer} has a failure of`, consumer, deliveryIds })),
    { left: 'the outbox has parked a message of', deliveryIds: parked },
  ];
}
