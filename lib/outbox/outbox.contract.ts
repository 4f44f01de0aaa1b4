/** What the outbox's construct and its runtime must agree on. */
export const OUTBOX_ENV = {
  /** Name of the outbox table; on every producer, the relay and the sweeper. */
  table: 'POSTHASTE_OUTBOX_TABLE',
  /** The CloudEvents `source` of every message committed by this function, a URI reference such as `urn:posthaste:orders`. */
  source: 'POSTHASTE_SOURCE',
  /** JSON object from destination name to topic ARN or queue ARN; on the relay and the sweeper. */
  destinations: 'POSTHASTE_DESTINATIONS',
  /** Age in seconds from which the sweeper takes over a pending row. */
  sweepAfterSeconds: 'POSTHASTE_SWEEP_AFTER_SECONDS',
} as const;

/**
 * Item layout. Message rows exist only while they are pending or parked: the relay deletes them once every destination has
 * confirmed, so the oldest row of a key is the next to publish, read consistently from the base table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | message with an ordering key | `KEY#<ordering key>` | `SEQ#<16 digits>` |
 * | head of a key: last sequence given | `KEY#<ordering key>` | `HEAD` |
 * | message without a key | `UNIT#<unit id>` | `MSG#<4 digits>` |
 * | commit marker of a unit with an idempotency key | `UNIT#<unit id>` | `COMMIT` |
 */
export const OUTBOX_ATTRIBUTES = {
  pk: 'pk',
  sk: 'sk',
  /** Sparse index partition: `PENDING#<shard>` while waiting, `PARKED#<shard>` once parked. */
  state: 'state',
  /** Sparse index sort key: commit time in epoch milliseconds. */
  committedAt: 'committedAt',
  /** Epoch seconds; on commit markers only. Message rows never expire. */
  expiresAt: 'expiresAt',
  /** Message rows: the message's id, and its wire name. */
  id: 'id',
  type: 'type',
  /** Message rows: the encoded envelope, byte for byte what is published. */
  body: 'body',
  /** Message rows: a map of message attributes; strings and numbers. */
  attributes: 'attributes',
  /** Message rows: a list of destination names. */
  destinations: 'destinations',
  /** Message rows with an ordering key: the key. */
  key: 'key',
  /** Message rows with an ordering key: their number; heads: the last number given. */
  seq: 'seq',
  /** Message rows with an ordering key: the first number that their transaction gave on the key. */
  first: 'first',
  /** Parked rows: why (a code), what was said, and when (epoch milliseconds). */
  parkedReason: 'parkedReason',
  parkedDetail: 'parkedDetail',
  parkedAt: 'parkedAt',
  /** Commit markers: a digest of what was committed under the idempotency key. */
  fingerprint: 'fingerprint',
} as const;

/** The sparse index that the sweeper reads; keys only. */
export const OUTBOX_PENDING_INDEX = 'pending';

/** Index partitions per state, so that one hot partition key cannot throttle the commits behind it. */
export const OUTBOX_STATE_SHARDS = 4;

/**
 * Days that a commit marker is kept: a caller that repeats a request with its idempotency key within them commits nothing twice.
 * As long as the inbox remembers, so that neither is the weaker link.
 */
export const COMMIT_MARKER_RETENTION_DAYS = 60;

export const OUTBOX_METRICS = {
  published: 'OutboxPublished',
  parked: 'OutboxParked',
  publishFailed: 'OutboxPublishFailed',
  /** Age in seconds of the oldest row that a sweep found due and left pending, reported by every sweep (0 when there is none). */
  oldestPendingAge: 'OutboxOldestPendingAge',
  /** Rows that a sweep found due and left pending, reported by every sweep. */
  pending: 'OutboxPending',
  swept: 'OutboxSwept',
} as const;
