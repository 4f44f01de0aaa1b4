import { receiptHandleIsInvalid } from './sqs-errors.ts';

/** What a receipt handle says: which message of which queue, and which of its receives. */
export interface Receipt {
  readonly queueName: string;
  readonly messageId: string;
  /** The receive that gave the handle, counted within the queue. */
  readonly receive: number;
  /** Tells this receive from one of the same number in an earlier life of the queue. */
  readonly nonce: string;
}

/** The opaque text that a client gets for a receive. */
export function formatReceiptHandle(receipt: Receipt): string {
  return Buffer.from(`${receipt.queueName}\n${receipt.messageId}\n${receipt.receive}\n${receipt.nonce}`).toString('base64');
}

/** Reads a handle back. Throws `ReceiptHandleIsInvalid` for anything that this queue did not give out. */
export function parseReceiptHandle(handle: unknown, queueName: string): Receipt {
  if (typeof handle !== 'string') throw receiptHandleIsInvalid(handle);
  const parts = Buffer.from(handle, 'base64').toString().split('\n');
  const [name, messageId, receive, nonce] = parts;
  if (parts.length !== 4 || name !== queueName || !messageId || !nonce || !/^\d+$/.test(receive ?? '')) {
    throw receiptHandleIsInvalid(handle);
  }
  return { queueName, messageId, receive: Number(receive), nonce };
}
