import { decodeFailureRecord } from '../../lib/dlq/failure-record.ts';
import type { Violation } from '../../lib/simulation/conservation.ts';
import type { ConsumerPlace } from '../scenarios/order-stack.ts';
import type { OrderWorld } from '../scenarios/order-world.ts';

/**
 * Where nothing is wrong with any message or handler, no consumer and no outbox gives one up, whatever happens around them. To
 * conservation a dead letter is an end like another: a message that was applied and whose copy was dead-lettered would pass there.
 */
export function checkNothingGivenUp(world: OrderWorld): readonly Violation[] {
  const parked = world.rows().filter(({ state }) => state?.S.startsWith('PARKED'));
  return [
    ...world.consumers.flatMap((place) => givenUpBy(world, place)),
    ...parked.map(({ body, parkedReason }) => violation('the outbox', parkedReason?.S, body?.S)),
  ];
}

function givenUpBy(world: OrderWorld, { name, deadLetterQueueUrl, undeliveredUrl }: ConsumerPlace): readonly Violation[] {
  const letters = [deadLetterQueueUrl, undeliveredUrl].flatMap((url) => world.peek(url));
  return letters.map(({ body, attributes }) => violation(name, decodeFailureRecord(attributes['posthaste.failure'] ?? '')?.reason, body));
}

function violation(who: string, reason = 'for no reason that was noted', body = ''): Violation {
  return { guarantee: 'G13', message: `${who} gave up a message that nothing is wrong with, ${reason}: ${body.slice(0, 120)}` };
}
