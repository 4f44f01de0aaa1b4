import type { Json } from '../aws.ts';
import { s3Error } from './s3-errors.ts';
import { type Bucket, currentOf, type ObjectVersion, type S3Input, type S3World, sortedKeys } from './s3-state.ts';

const MAX_KEYS = 1_000;

interface Page<T> {
  readonly items: readonly T[];
  readonly prefixes: readonly string[];
  /** The last key or prefix of the page; undefined when nothing is left. */
  readonly next: string | undefined;
}

/** Walks keys in order, folding those that share a prefix up to the delimiter into one. */
function page<T>(bucket: Bucket, input: S3Input, ask: { after: string; itemsOf: (key: string) => readonly T[] }): Page<T> {
  const limit = Math.min(input.MaxKeys ?? MAX_KEYS, MAX_KEYS);
  if (!Number.isInteger(limit) || limit < 0) throw s3Error('InvalidArgument', { ArgumentName: 'max-keys', ArgumentValue: input.MaxKeys });
  const { Prefix = '', Delimiter = '' } = input;
  const items: T[] = [];
  const prefixes: string[] = [];
  let last = '';
  for (const key of sortedKeys(bucket)) {
    const folded = key.startsWith(Prefix) ? foldedPrefix(key, Prefix, Delimiter) : undefined;
    if (!key.startsWith(Prefix) || isBefore(folded ?? key, ask.after)) continue;
    if (folded !== undefined && (folded === prefixes.at(-1) || ask.itemsOf(key).length === 0)) continue;
    const found = folded === undefined ? ask.itemsOf(key) : [];
    if (folded === undefined && found.length === 0) continue;
    if (items.length + prefixes.length >= limit) return { items, prefixes, next: limit === 0 ? undefined : last };
    if (folded === undefined) items.push(...found);
    else prefixes.push(folded);
    last = folded ?? key;
  }
  return { items, prefixes, next: undefined };
}

const isBefore = (key: string, after: string): boolean => after !== '' && Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0;

function foldedPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

const entryOf = (version: ObjectVersion): Json => ({
  Key: version.key,
  LastModified: version.lastModified,
  ETag: version.etag,
  Size: version.body.byteLength,
  StorageClass: version.headers['StorageClass'] ?? 'STANDARD',
});

function common(input: S3Input, { prefixes, next }: Page<unknown>): Json {
  return {
    Name: input.Bucket,
    Prefix: input.Prefix ?? '',
    ...(input.Delimiter !== undefined && { Delimiter: input.Delimiter }),
    MaxKeys: Math.min(input.MaxKeys ?? MAX_KEYS, MAX_KEYS),
    IsTruncated: next !== undefined,
    ...(prefixes.length > 0 && { CommonPrefixes: prefixes.map((Prefix) => ({ Prefix })) }),
  };
}

const currentEntries = (bucket: Bucket) => (key: string) => {
  const version = currentOf(bucket, key);
  return version === undefined ? [] : [entryOf(version)];
};

function listV2(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  const after =
    input.ContinuationToken === undefined ? (input.StartAfter ?? '') : Buffer.from(input.ContinuationToken, 'base64url').toString();
  const found = page(bucket, input, { after, itemsOf: currentEntries(bucket) });
  return {
    ...common(input, found),
    KeyCount: found.items.length + found.prefixes.length,
    ...(found.items.length > 0 && { Contents: found.items }),
    ...(input.StartAfter !== undefined && { StartAfter: input.StartAfter }),
    ...(input.ContinuationToken !== undefined && { ContinuationToken: input.ContinuationToken }),
    ...(found.next !== undefined && { NextContinuationToken: Buffer.from(found.next).toString('base64url') }),
  };
}

function listV1(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  const found = page(bucket, input, { after: input.Marker ?? '', itemsOf: currentEntries(bucket) });
  return {
    ...common(input, found),
    Marker: input.Marker ?? '',
    ...(found.items.length > 0 && { Contents: found.items }),
    ...(found.next !== undefined && { NextMarker: found.next }),
  };
}

/** Pages at whole keys: all versions of a key are on one page, so a page may be longer than MaxKeys. */
function listVersions(world: S3World, input: S3Input): Json {
  const bucket = world.bucket(input);
  const found = page(bucket, input, { after: input.KeyMarker ?? '', itemsOf: (key) => [...(bucket.objects.get(key) ?? [])].reverse() });
  const shown = found.items.map((version) => {
    const IsLatest = bucket.objects.get(version.key)?.at(-1) === version;
    return {
      ...(version.isDeleteMarker ? { Key: version.key, LastModified: version.lastModified } : entryOf(version)),
      VersionId: version.versionId,
      IsLatest,
      version,
    };
  });
  const pick = (markers: boolean) =>
    shown.filter(({ version }) => version.isDeleteMarker === markers).map(({ version: _, ...entry }) => entry);
  return {
    ...common(input, found),
    KeyMarker: input.KeyMarker ?? '',
    Versions: pick(false),
    DeleteMarkers: pick(true),
    ...(found.next !== undefined && { NextKeyMarker: found.next, NextVersionIdMarker: 'null' }),
  };
}

/** Actions that list a bucket's objects. */
export const LISTING_ACTIONS: Readonly<Record<string, (world: S3World, input: S3Input) => Json>> = {
  ListObjectsV2: listV2,
  ListObjects: listV1,
  ListObjectVersions: listVersions,
};
