import type { Line } from './line.ts';
import { createLinkedList } from './linked-list.ts';
import type { FifoGroup, Message } from './message.ts';

/**
 * The order of a FIFO queue. A group is walked from its oldest message and the walk stops at the first that is hidden: while a
 * message is in flight nothing behind it is handed out. One receive may take many messages of a group, and groups do not wait
 * for each other (SQS Developer Guide, "FIFO queue delivery logic").
 */
export function createFifoLine(): Line {
  const groups = new Map<string, FifoGroup>();
  const open = createLinkedList<FifoGroup>();

  function groupOf(id: string): FifoGroup {
    let group = groups.get(id);
    if (group === undefined) {
      group = { id, messages: createLinkedList(), openNode: undefined };
      groups.set(id, group);
    }
    return group;
  }

  /** Keeps the list of open groups true after the group's messages changed. */
  function refresh(group: FifoGroup): void {
    const isOpen = group.messages.first?.value.state === 'visible';
    if (isOpen && group.openNode === undefined) group.openNode = open.append(group);
    if (!isOpen && group.openNode !== undefined) {
      open.remove(group.openNode);
      group.openNode = undefined;
    }
    if (group.messages.size === 0) groups.delete(group.id);
  }

  function refreshGroupOf(message: Message): void {
    if (message.group !== undefined) refresh(message.group);
  }

  return {
    get hasNext() {
      return open.size > 0;
    },
    join(message) {
      message.group = groupOf(message.content.groupId ?? '');
      message.lineNode = message.group.messages.append(message);
      refresh(message.group);
    },
    show: refreshGroupOf,
    hide: refreshGroupOf,
    leave(message) {
      if (message.lineNode === undefined || message.group === undefined) return;
      message.group.messages.remove(message.lineNode);
      message.lineNode = undefined;
      refresh(message.group);
    },
    next(limit) {
      const messages: Message[] = [];
      for (let group = open.first; group !== undefined && messages.length < limit; group = group.next) {
        let node = group.value.messages.first;
        for (; node?.value.state === 'visible' && messages.length < limit; node = node.next) messages.push(node.value);
      }
      return messages;
    },
    clear() {
      groups.clear();
      open.clear();
    },
  };
}
