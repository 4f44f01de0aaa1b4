import { s3Error } from './s3-errors.ts';
import type { ObjectVersion, S3Input } from './s3-state.ts';

/** Whether a list of entity tags, quoted or not, names this one; `*` names any. */
export function namesEtag(header: string, etag: string): boolean {
  return header.split(',').some((one) => {
    const tag = one.trim().replace(/^W\//, '');
    return tag === '*' || tag === etag || `"${tag}"` === etag;
  });
}

/** Refuses a write whose condition does not hold (Amazon S3 User Guide, "How to prevent object overwrites with conditional writes"). */
export function checkWrite(input: S3Input, current: ObjectVersion | undefined): void {
  if (input.IfNoneMatch !== undefined && current !== undefined && namesEtag(input.IfNoneMatch, current.etag)) {
    throw s3Error('PreconditionFailed', { Condition: 'If-None-Match' });
  }
  if (input.IfMatch === undefined) return;
  if (current === undefined) throw s3Error('NoSuchKey', { Key: input.Key });
  if (!namesEtag(input.IfMatch, current.etag)) throw s3Error('PreconditionFailed', { Condition: 'If-Match' });
}

/** Refuses a read whose condition does not hold; an entity tag wins over a date (RFC 9110 §13.2.2). */
export function checkRead(input: S3Input, version: ObjectVersion): void {
  if (input.IfMatch !== undefined) {
    if (!namesEtag(input.IfMatch, version.etag)) throw s3Error('PreconditionFailed', { Condition: 'If-Match' });
  } else if (input.IfUnmodifiedSince !== undefined && version.lastModified > input.IfUnmodifiedSince) {
    throw s3Error('PreconditionFailed', { Condition: 'If-Unmodified-Since' });
  }
  if (input.IfNoneMatch !== undefined) {
    if (namesEtag(input.IfNoneMatch, version.etag)) throw s3Error('NotModified');
  } else if (input.IfModifiedSince !== undefined && version.lastModified <= input.IfModifiedSince) {
    throw s3Error('NotModified');
  }
}

/** The bytes `[start, end)` that a Range header asks for; undefined for a header that asks for nothing understandable, which is ignored. */
export function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '')) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (start >= size || (first === '' && Number(last) === 0))
    throw s3Error('InvalidRange', { ActualObjectSize: size, RangeRequested: header });
  return { start, end };
}
