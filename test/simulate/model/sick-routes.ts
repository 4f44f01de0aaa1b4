import type { HandlerContext, Route } from '../../../lib/consumer/consumer.routes.ts';
import type { Message } from '../../../lib/message/message.ts';
import { Permanent } from '../../../lib/retry/retry.errors.ts';
import type { SimProcess } from '../../../lib/simulation/process.ts';
import { FLAKY_FAILURES, type Health, type ReferenceModel, wearOut } from '../../../lib/simulation/reference-model.ts';
import { countEffects, OrderNoted, OrderShipped } from '../../scenarios/order-stack.ts';

/** A message's id says what is wrong with it: `failing-3`. */
export const healthOf = (id: string) => id.slice(0, id.indexOf('-')) as Health;

/** Handlers that are as ill as their messages, but for those that were cured when their process started; notes are answered by the audit. */
export function sickRoutes(model: ReferenceModel, effect: Route['effect']) {
  const flaws = new Map<string, number>();
  return (consumer: string, process: SimProcess): readonly Route[] => {
    const cured = new Set(model.cured);
    return countEffects(consumer).map((route) => ({
      ...route,
      effect,
      handle(message: Message<{ readonly orderId: string }>, context: HandlerContext) {
        const { orderId } = message.data;
        const health = cured.has(orderId) ? 'well' : healthOf(orderId);
        const work = () => {
          if (route.definition?.name === OrderNoted.name) context.unit.publish(OrderShipped, { orderId });
          return route.handle(message, context);
        };
        if (health === 'well') return work();
        // Whoever else was at work in the process pays for it, too.
        if ((health === 'killer' || health === 'slow') && context.attempt === 1) wearOut(model, consumer);
        const name = `${consumer} ${orderId}`;
        flaws.set(name, (flaws.get(name) ?? 0) + 1);
        if (health === 'flaky' && (flaws.get(name) ?? 0) > FLAKY_FAILURES) return work();
        return suffer(health, process);
      },
    }));
  };
}

function suffer(health: Health, process: SimProcess): Promise<void> {
  if (health === 'refused') throw new Permanent('the card has expired');
  if (health === 'killer') process.kill('the message did it');
  if (health === 'killer' || health === 'slow') return new Promise(() => {});
  throw new Error('the ledger is closed');
}
