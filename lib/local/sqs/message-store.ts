import { createIndexedHeap } from './indexed-heap.ts';
import type { Line } from './line.ts';
import type { Message } from './message.ts';

/** Why a message left a queue for good. */
export type Departure = 'deleted' | 'expired' | 'deadLettered' | 'redriven' | 'purged';

/** How many messages are in each state. */
export interface MessageCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/**
 * The messages of a queue and what time does to them. Every change costs O(log n) at most, so a backlog of any size does not slow
 * a receive.
 */
export interface MessageStore {
  readonly counts: MessageCounts;
  /** How many messages left, by reason, since the queue was made. */
  readonly departures: Readonly<Record<Departure, number>>;
  get(id: string): Message | undefined;
  /** A new message, hidden until `visibleAt` when that is in the future. */
  add(message: Message, visibleAt: number, now: number): void;
  /** A visible message is received and hidden until `until`. */
  take(message: Message, until: number): void;
  /** A hidden message becomes visible at another time; at once when that has come. */
  hideUntil(message: Message, at: number, now: number): void;
  remove(message: Message, departure: Departure): void;
  /** Removes what is older than the retention and shows what is due. */
  settle(now: number, retentionMs: number): void;
  /** When the next hidden message becomes visible. */
  readonly nextVisibleAt: number | undefined;
  /** The message that was sent first. */
  readonly oldest: Message | undefined;
  all(): IterableIterator<Message>;
  purge(): void;
}

/** Makes an empty store that hands out messages in the order of `line`. */
export function createMessageStore(line: Line): MessageStore {
  const messages = new Map<string, Message>();
  const hidden = createIndexedHeap<Message>(
    (message) => message.availableAt,
    (message) => message.hiddenSlot,
  );
  const retention = createIndexedHeap<Message>(
    (message) => message.sentAt,
    (message) => message.retentionSlot,
  );
  const departures = { deleted: 0, expired: 0, deadLettered: 0, redriven: 0, purged: 0 };
  let inFlight = 0;
  let delayed = 0;

  function setState(message: Message, state: Message['state']): void {
    inFlight += Number(state === 'inFlight') - Number(message.state === 'inFlight');
    delayed += Number(state === 'delayed') - Number(message.state === 'delayed');
    message.state = state;
  }

  function show(message: Message): void {
    hidden.remove(message);
    setState(message, 'visible');
    line.show(message);
  }

  function remove(message: Message, departure: Departure): void {
    messages.delete(message.id);
    hidden.remove(message);
    retention.remove(message);
    setState(message, 'visible');
    line.leave(message);
    departures[departure] += 1;
  }

  return {
    get counts() {
      return { visible: messages.size - inFlight - delayed, inFlight, delayed };
    },
    departures,
    get: (id) => messages.get(id),
    add(message, visibleAt, now) {
      const visible = visibleAt <= now;
      messages.set(message.id, message);
      retention.push(message);
      message.availableAt = visibleAt;
      if (!visible) {
        setState(message, 'delayed');
        hidden.push(message);
      }
      line.join(message, visible);
    },
    take(message, until) {
      message.availableAt = until;
      setState(message, 'inFlight');
      line.hide(message);
      hidden.push(message);
    },
    hideUntil(message, at, now) {
      hidden.remove(message);
      message.availableAt = at;
      if (at <= now) show(message);
      else hidden.push(message);
    },
    remove,
    settle(now, retentionMs) {
      for (let old = retention.peek(); old !== undefined && old.sentAt + retentionMs <= now; old = retention.peek()) remove(old, 'expired');
      for (let due = hidden.peek(); due !== undefined && due.availableAt <= now; due = hidden.peek()) show(due);
    },
    get nextVisibleAt() {
      return hidden.peek()?.availableAt;
    },
    get oldest() {
      return retention.peek();
    },
    all: () => messages.values(),
    purge() {
      departures.purged += messages.size;
      messages.clear();
      hidden.clear();
      retention.clear();
      line.clear();
      inFlight = 0;
      delayed = 0;
    },
  };
}
