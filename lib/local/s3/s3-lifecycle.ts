import { type Bucket, currentOf, deleteMarker, type ObjectVersion, removeVersion, type S3World, type Tag } from './s3-state.ts';

const DAY = 86_400;

interface Filter {
  readonly Prefix?: string;
  readonly Tag?: Tag;
  readonly ObjectSizeGreaterThan?: number;
  readonly ObjectSizeLessThan?: number;
  readonly And?: { Prefix?: string; Tags?: Tag[]; ObjectSizeGreaterThan?: number; ObjectSizeLessThan?: number };
}

interface Rule {
  readonly Status: string;
  readonly Prefix?: string;
  readonly Filter?: Filter;
  readonly Expiration?: { Days?: number; Date?: number; ExpiredObjectDeleteMarker?: boolean };
  readonly NoncurrentVersionExpiration?: { NoncurrentDays?: number; NewerNoncurrentVersions?: number };
  readonly AbortIncompleteMultipartUpload?: { DaysAfterInitiation?: number };
}

/**
 * Applies a bucket's lifecycle rules, once a UTC day, when the bucket is next used. An age counts from the midnight after it is reached
 * (Amazon S3 User Guide, "Lifecycle configuration elements": rounding up to the next day at midnight UTC).
 */
export function runLifecycle(world: S3World, bucket: Bucket): void {
  const today = Math.floor(world.now() / DAY);
  if (bucket.lifecycleDay === today) return;
  bucket.lifecycleDay = today;
  const rules = (bucket.configuration.get('LifecycleConfiguration') as { Rules?: Rule[] } | undefined)?.Rules ?? [];
  for (const rule of rules) if (rule.Status === 'Enabled') apply(world, bucket, rule);
}

const isOlder = (since: number, days: number, now: number): boolean => Math.ceil((since + days * DAY) / DAY) * DAY <= now;

function apply(world: S3World, bucket: Bucket, rule: Rule): void {
  const now = world.now();
  for (const key of [...bucket.objects.keys()]) {
    expireNoncurrent(bucket, key, { rule, now });
    const current = currentOf(bucket, key);
    const { Days, Date: date } = rule.Expiration ?? {};
    const due = current && ((Days !== undefined && isOlder(current.lastModified, Days, now)) || (date !== undefined && date <= now));
    if (!current || !due || !matches(rule, current)) continue;
    if (bucket.versioning === undefined) removeVersion(bucket, current);
    else deleteMarker(world, bucket, key);
  }
  const abortAfter = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
  for (const upload of [...bucket.uploads.values()]) {
    if (abortAfter !== undefined && upload.key.startsWith(prefixOf(rule)) && isOlder(upload.initiated, abortAfter, now))
      bucket.uploads.delete(upload.id);
  }
}

/** A version is noncurrent since its successor was made. */
function expireNoncurrent(bucket: Bucket, key: string, { rule, now }: { rule: Rule; now: number }): void {
  const { NoncurrentDays, NewerNoncurrentVersions = 0 } = rule.NoncurrentVersionExpiration ?? {};
  const versions = bucket.objects.get(key) ?? [];
  if (NoncurrentDays !== undefined) {
    const noncurrent = versions.slice(0, -1).map((version, index) => ({ version, since: versions[index + 1]?.lastModified ?? now }));
    for (const { version, since } of noncurrent.slice(0, Math.max(0, noncurrent.length - NewerNoncurrentVersions))) {
      if (isOlder(since, NoncurrentDays, now) && matches(rule, version)) removeVersion(bucket, version);
    }
  }
  const [only, another] = bucket.objects.get(key) ?? [];
  if (rule.Expiration?.ExpiredObjectDeleteMarker && only?.isDeleteMarker && another === undefined && matches(rule, only))
    removeVersion(bucket, only);
}

const prefixOf = ({ Prefix, Filter }: Rule): string => Filter?.And?.Prefix ?? Filter?.Prefix ?? Prefix ?? '';

function matches(rule: Rule, version: ObjectVersion): boolean {
  const { Filter } = rule;
  const tags = Filter?.And?.Tags ?? (Filter?.Tag ? [Filter.Tag] : []);
  const above = Filter?.And?.ObjectSizeGreaterThan ?? Filter?.ObjectSizeGreaterThan ?? -1;
  const below = Filter?.And?.ObjectSizeLessThan ?? Filter?.ObjectSizeLessThan ?? Number.POSITIVE_INFINITY;
  const size = version.body.byteLength;
  const hasTag = (wanted: Tag): boolean => version.tags.some((tag) => tag.Key === wanted.Key && tag.Value === wanted.Value);
  return version.key.startsWith(prefixOf(rule)) && size > above && size < below && tags.every(hasTag);
}
