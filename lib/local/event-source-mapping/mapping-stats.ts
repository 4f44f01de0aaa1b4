/** What a mapping did since it was created. */
export interface MappingStats {
  /** Records taken from the source, repeated deliveries included. */
  readonly received: number;
  /** Records that the filter criteria kept from the function. */
  readonly filtered: number;
  /** Invocations that ran, whatever their outcome. */
  readonly invocations: number;
  /** Invocations refused for lack of concurrency. */
  readonly throttled: number;
  /** SQS: messages deleted after success. Streams: records that the checkpoint passed after success. */
  readonly deleted: number;
  /** Records whose processing failed, once per failed delivery. */
  readonly failed: number;
  /** SQS: messages given up after throttling outlasted their visibility. Streams: records discarded or trimmed. */
  readonly dropped: number;
  /** Invocations running now. */
  readonly inFlight: number;
  /** Streams: age of the oldest record taken and not yet passed; undefined when there is none. */
  readonly iteratorAgeMs: number | undefined;
}

/** The counters behind `MappingStats`, written by one mapping only. */
export type MappingCounters = { -readonly [K in Exclude<keyof MappingStats, 'iteratorAgeMs'>]: MappingStats[K] };

/** All zeros. */
export function createCounters(): MappingCounters {
  return { received: 0, filtered: 0, invocations: 0, throttled: 0, deleted: 0, failed: 0, dropped: 0, inFlight: 0 };
}

/** Both together; the age is nobody's. */
export function addStats(one: MappingStats, other: MappingStats): MappingStats {
  return {
    received: one.received + other.received,
    filtered: one.filtered + other.filtered,
    invocations: one.invocations + other.invocations,
    throttled: one.throttled + other.throttled,
    deleted: one.deleted + other.deleted,
    failed: one.failed + other.failed,
    dropped: one.dropped + other.dropped,
    inFlight: one.inFlight + other.inFlight,
    iteratorAgeMs: undefined,
  };
}
