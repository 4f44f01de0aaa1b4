import { PosthasteError } from '../core/errors.ts';

/** What was asked is no request, or not one that can be done. Becomes a `Refusal`, never a stack. */
export class OperationError extends PosthasteError {
  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, { ...options, code });
  }
}
