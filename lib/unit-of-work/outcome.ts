import type { PosthasteError } from '../core/errors.ts';
import type { UnitConditionError } from './unit-of-work.errors.ts';
import type { Item } from './unit-of-work.ts';

/** What a commit came to. Only `committed` and `unknown` may have written anything. */
export type UnitOutcome =
  | { readonly status: 'committed' }
  /** A guard's condition failed, and the item in its place is not of this commit: usually a duplicate. */
  | { readonly status: 'guardFailed'; readonly guard: number; readonly existing: Item | undefined }
  /** The condition of one of the unit's own writes failed: run the work again on the present state. */
  | { readonly status: 'conditionFailed'; readonly error: UnitConditionError }
  /** Conflicts, throttles or the deadline: try again later; nobody is to blame. */
  | { readonly status: 'contended'; readonly error: PosthasteError }
  /** It cannot be told whether it was written; a later try, or the guard, will tell. */
  | { readonly status: 'unknown'; readonly error: PosthasteError }
  /** DynamoDB refused the caller (permission, missing table): the unit is not at fault. */
  | { readonly status: 'denied'; readonly error: PosthasteError }
  /** The unit can never be written as it is. */
  | { readonly status: 'invalid'; readonly error: PosthasteError };

/** What committing several units together came to. After anything but `committed`, commit each alone: its guard knows. */
export type PackOutcome = 'committed' | 'cancelled' | 'contended' | 'unknown';
