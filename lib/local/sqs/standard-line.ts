import type { Rng } from '../../core/rng.ts';
import type { Line } from './line.ts';
import { createLinkedList } from './linked-list.ts';
import type { Message } from './message.ts';

/**
 * The order of a standard queue: first visible, first served. A message that returns goes behind the others, so that one that
 * fails again and again does not starve them.
 *
 * A standard queue promises no order. With a `shuffle` of n above 1, each message is picked at random among the first n, so that
 * code which relies on order fails early.
 */
export function createStandardLine(rng: Rng, shuffle: number): Line {
  const visible = createLinkedList<Message>();

  function remove(message: Message): void {
    if (message.lineNode === undefined) return;
    visible.remove(message.lineNode);
    message.lineNode = undefined;
  }

  function first(limit: number): Message[] {
    const messages: Message[] = [];
    for (let node = visible.first; node !== undefined && messages.length < limit; node = node.next) messages.push(node.value);
    return messages;
  }

  function picked(limit: number): Message[] {
    const candidates = first(Math.max(limit, shuffle));
    const messages: Message[] = [];
    while (messages.length < limit && candidates.length > 0) {
      messages.push(...candidates.splice(Math.floor(rng.next() * candidates.length), 1));
    }
    return messages;
  }

  const show = (message: Message) => {
    message.lineNode = visible.append(message);
  };
  return {
    get hasNext() {
      return visible.size > 0;
    },
    join(message, isVisible) {
      if (isVisible) show(message);
    },
    show,
    hide: remove,
    leave: remove,
    next: (limit) => (shuffle > 1 ? picked(limit) : first(limit)),
    clear: () => visible.clear(),
  };
}
