import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import type { Stack, StackEvent } from './stack.ts';

/** The type under which a stack reports about itself. */
export const STACK_TYPE = 'AWS::CloudFormation::Stack';

/** Adds an event to a stack's history. */
export function recordEvent(
  deps: { readonly clock: Clock; readonly ids: Ids },
  stack: Stack,
  event: Omit<StackEvent, 'id' | 'at' | 'token'>,
): void {
  // A tool that sorts events by time must see them in the order in which they happened, so no two share a millisecond.
  const at = Math.max(deps.clock.now(), (stack.events.at(-1)?.at ?? 0) + 1);
  stack.events.push({ ...event, id: deps.ids.next(), at, token: stack.options.token });
}

/** Moves a stack to a status and says so in its history. */
export function setStatus(
  deps: { readonly clock: Clock; readonly ids: Ids },
  stack: Stack,
  [status, reason]: readonly [string, string?],
): void {
  stack.status = status;
  stack.statusReason = reason;
  recordEvent(deps, stack, { logicalId: stack.name, physicalId: stack.id, type: STACK_TYPE, status, reason });
}
