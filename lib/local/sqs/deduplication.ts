// SQS Developer Guide, "Using the message deduplication ID": the interval is five minutes and cannot be changed. SNS FIFO topics use the same.
const WINDOW_MS = 5 * 60 * 1_000;

/** Remembers what was accepted under a key for five minutes, delivered and deleted or not. */
export interface DeduplicationWindow<T> {
  /** What was accepted under the key within the window. */
  find(key: string, now: number): T | undefined;
  /** Opens a window for the key; a repeat inside it does not extend it. */
  accept(key: string, value: T, now: number): void;
}

/** Makes an empty window. Time must not go backwards between calls. */
export function createDeduplicationWindow<T>(): DeduplicationWindow<T> {
  const accepted = new Map<string, T>();
  // Acceptances oldest first, from `head` on. (Deleting a Map's first entry again and again makes its iteration slow.)
  let ends: { readonly key: string; readonly until: number }[] = [];
  let head = 0;

  function forget(now: number): void {
    for (let end = ends[head]; end !== undefined && end.until <= now; end = ends[head]) {
      accepted.delete(end.key);
      head += 1;
    }
    if (head > 1_000 && head * 2 > ends.length) {
      ends = ends.slice(head);
      head = 0;
    }
  }

  return {
    find(key, now) {
      forget(now);
      return accepted.get(key);
    },
    accept(key, value, now) {
      accepted.set(key, value);
      ends.push({ key, until: now + WINDOW_MS });
    },
  };
}
