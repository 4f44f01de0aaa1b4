import type { Ids } from '../../core/ids.ts';
import type { Json } from '../aws.ts';

/** IAM's unique ids: a four-letter prefix for the kind and 17 upper-case characters. */
export function iamId(prefix: 'AROA' | 'ANPA', ids: Ids): string {
  return `${prefix}${ids.next().replaceAll('-', '').slice(0, 17).toUpperCase()}`;
}

/** A timestamp as engines answer it: seconds since the epoch. */
export function createDate(ms: number): number {
  return Math.floor(ms / 1000);
}

/** Policy documents travel URL-encoded in answers (IAM API Reference: GetRole). */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document);
}

/** The tags of an input as entries. */
export function readTags(tags: unknown): [string, string][] {
  return ((tags ?? []) as readonly Json[]).map((tag) => [String(tag['Key']), String(tag['Value'])]);
}

/** Tags as answers list them. */
export function tagList(tags: ReadonlyMap<string, string>): Json[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}
