/** The most JSON that one invocation carries (Lambda guide, "Batching behavior": a batch is sent at 6 MB). */
const MAX_PAYLOAD_BYTES = 6 * 1_024 * 1_024;

/** Room for `{"Records":[]}` around the records. */
const ENVELOPE_BYTES = 16;

/** Collects records into batches that respect a count and the payload limit. */
export interface BatchBuffer<T> {
  add(record: T, bytes: number): void;
  /** Removes and returns the next batch: full ones first; the open one only when `flush` is true. */
  take(flush: boolean): T[] | undefined;
  readonly size: number;
  /** How many more records the open batch takes, at least one. */
  readonly room: number;
  /** Whether a record of that many bytes still goes into the open batch. */
  fits(bytes: number): boolean;
}

/** Makes an empty buffer for batches of at most `batchSize` records; `sizeOf` may make a batch smaller when it opens. */
export function createBatchBuffer<T>(batchSize: number, sizeOf = (size: number) => size): BatchBuffer<T> {
  const full: T[][] = [];
  let open: T[] = [];
  let openBytes = ENVELOPE_BYTES;
  const draw = () => Math.max(1, Math.min(batchSize, sizeOf(batchSize)));
  let limit = draw();
  const fits = (bytes: number) => open.length === 0 || openBytes + bytes + 1 <= MAX_PAYLOAD_BYTES;
  const close = () => {
    if (open.length > 0) full.push(open);
    open = [];
    openBytes = ENVELOPE_BYTES;
    limit = draw();
  };
  return {
    add(record, bytes) {
      if (!fits(bytes)) close();
      open.push(record);
      openBytes += bytes + 1;
      if (open.length >= limit) close();
    },
    take(flush) {
      if (full.length === 0 && flush) close();
      return full.shift();
    },
    get size() {
      return open.length + full.reduce((sum, batch) => sum + batch.length, 0);
    },
    get room() {
      return limit - open.length;
    },
    fits,
  };
}
