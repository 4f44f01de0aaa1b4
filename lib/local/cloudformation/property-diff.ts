import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../aws.ts';

/** The names of the top-level properties that differ between two resolved states of a resource. */
export function changedProperties(before: Json, after: Json): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name]));
}
