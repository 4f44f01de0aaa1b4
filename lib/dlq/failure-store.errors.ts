import { PosthasteError } from '../core/errors.ts';

/** A listing was asked to go on from something that no listing gave. */
export class CursorInvalidError extends PosthasteError {
  constructor(cursor: string) {
    super(`the cursor "${cursor.slice(0, 100)}" is none of a listing's; give back the cursor of the page before, unchanged, or none`, {
      code: 'CURSOR_INVALID',
    });
  }
}

/** A failure stands differently than what was to be done to it needs. */
export class FailureChangedError extends PosthasteError {
  constructor(id: string, standing: string) {
    super(`the failure ${id} ${standing}; look at it again before you decide`, { code: 'FAILURE_CHANGED' });
  }
}

/** The object that holds a large body is gone, is not what was written, or may not be read. */
export class FailureBodyError extends PosthasteError {
  constructor(key: string, problem: string, options: ErrorOptions = {}) {
    super(`the body in the object ${key} ${problem}; the failure cannot be sent back as it was received`, {
      ...options,
      code: 'FAILURE_BODY',
    });
  }
}
