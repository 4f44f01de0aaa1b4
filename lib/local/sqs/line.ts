import type { Message } from './message.ts';

/** In which order a queue hands out its messages: the one difference between a standard and a FIFO queue. */
export interface Line {
  /** Whether a receive would find a message. */
  readonly hasNext: boolean;
  /** A message joins the queue at the end; `visible` tells whether it can be received at once. */
  join(message: Message, visible: boolean): void;
  /** A hidden message can be received again. */
  show(message: Message): void;
  /** A visible message was received. */
  hide(message: Message): void;
  /** A message left the queue for good, from whatever state. */
  leave(message: Message): void;
  /** The next messages to receive, at most `limit`, without changing anything. */
  next(limit: number): Message[];
  clear(): void;
}
