import type { StoredBody } from './failure.ts';

/** Where bodies are that are too large for an item. */
export interface FailureBodies {
  /** Keeps a body; once it resolves, it is durable. The same body twice is one object. */
  put(text: string): Promise<ObjectBody>;
  /** The body, byte for byte. Throws `FailureBodyError` (code `FAILURE_BODY`) when it is gone, or is not what was put. */
  get(body: ObjectBody): Promise<string>;
}

/** A body that is an object. */
export type ObjectBody = Extract<StoredBody, { readonly kind: 'object' }>;
