import { PosthasteError } from '../core/errors.ts';

/** An inbox cannot be what its options or its environment say. Code `INBOX_CONFIG`; thrown when the module loads, never for a message. */
export class InboxConfigError extends PosthasteError {
  constructor(message: string) {
    super(message, { code: 'INBOX_CONFIG' });
  }
}
