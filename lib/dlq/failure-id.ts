import { createHash } from 'node:crypto';

/** What makes two letters copies of one. */
export interface LetterIdentity {
  readonly consumer: string;
  /** The message's own id; where the body cannot be read, the id that SQS gave the copy that was received. */
  readonly messageId: string;
  /** Byte for byte. */
  readonly body: string;
}

/** The id of a failure: equal for copies of one letter, and for the same message failing again; another for a body that was edited. */
export function failureIdOf({ consumer, messageId, body }: LetterIdentity): string {
  return digest(JSON.stringify([consumer, messageId, digest(body)])).slice(0, 32);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
