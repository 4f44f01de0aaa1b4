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
}

/** Makes an empty buffer for batches of at most `batchSize` records; `sizeOf` may make a batch smaller when it opens. */
export function createBatchBuffer<T>(batchSize: number, sizeOf = (size: number) => size): BatchBuffer<T> {
  const full: T[][] = [];
  let open: T[] = [];
  let openBytes = ENVELOPE_BYTES;
  let room = batchSize;
  const close = () => {
    if (open.length > 0) full.push(open);
    open = [];
    openBytes = ENVELOPE_BYTES;
  };
  return {
    add(record, bytes) {
      if (openBytes + bytes + 1 > MAX_PAYLOAD_BYTES) close();
      if (open.length === 0) room = Math.max(1, Math.min(batchSize, sizeOf(batchSize)));
      open.push(record);
      openBytes += bytes + 1;
      if (open.length >= room) close();
    },
    take(flush) {
      if (full.length === 0 && flush) close();
      return full.shift();
    },
    get size() {
      return open.length + full.reduce((sum, batch) => sum + batch.length, 0);
    },
  };
}
