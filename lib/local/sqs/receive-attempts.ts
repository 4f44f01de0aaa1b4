import { createDeduplicationWindow } from './deduplication.ts';
import type { Message } from './message.ts';
import type { MessageStore } from './message-store.ts';

/** What one attempt of a receive took, as it was when it was taken. */
interface Taken {
  readonly message: Message;
  readonly nonce: string;
  availableAt: number;
}

/** What a FIFO queue gave to receives that named their attempt, for five minutes. */
export interface ReceiveAttempts {
  /**
   * The same messages again, hidden anew, with the same receipt handles; undefined when the attempt is new, or when one of its messages
   * was deleted, made visible, or received since ("ReceiveMessage" API reference, ReceiveRequestAttemptId).
   */
  again(
    store: MessageStore,
    attempt: string,
    hiding: { readonly now: number; readonly visibilityMs: number },
  ): readonly Message[] | undefined;
  remember(attempt: string, messages: readonly Message[], now: number): void;
}

/** Remembers no attempt yet. */
export function createReceiveAttempts(): ReceiveAttempts {
  const attempts = createDeduplicationWindow<{ taken: readonly Taken[] }>();
  return {
    again(store, attempt, { now, visibilityMs }) {
      const taken = attempts.find(attempt, now)?.taken;
      if (taken === undefined || !taken.every((one) => isUnchanged(store, one))) return undefined;
      for (const one of taken) {
        store.hideUntil(one.message, now + visibilityMs, now);
        one.availableAt = one.message.availableAt;
      }
      return taken.map(({ message }) => message);
    },
    remember(attempt, messages, now) {
      if (messages.length === 0) return;
      const taken = messages.map((message) => ({ message, nonce: message.nonce, availableAt: message.availableAt }));
      const known = attempts.find(attempt, now);
      if (known) known.taken = taken;
      else attempts.accept(attempt, { taken }, now);
    },
  };
}

function isUnchanged(store: MessageStore, { message, nonce, availableAt }: Taken): boolean {
  const isThere = store.get(message.id) === message && message.state === 'inFlight';
  return isThere && message.nonce === nonce && message.availableAt === availableAt;
}
