/** Anything that sorts by a text. */
export interface Keyed {
  readonly key: string;
}

/** An ordered collection: entries by key, in code unit order. */
export interface SortedMap<V extends Keyed> {
  readonly size: number;
  get(key: string): V | undefined;
  /** Adds or replaces the entry of that key. */
  set(entry: V): void;
  delete(key: string): boolean;
  /** Entries with `from <= key < to`, ascending or descending. The collection must not change meanwhile. */
  between(from: string, to: string, descending?: boolean): Iterable<V>;
}

/** Above every key that this engine builds. */
export const END = '\uffff\uffff\uffff';
const MAX_CHUNK = 512;

/**
 * A list of sorted chunks of up to 512 entries: lookups are two binary searches, an insertion moves at most one chunk, so a
 * partition of a hundred thousand items still takes a write in microseconds.
 */
export function createSortedMap<V extends Keyed>(): SortedMap<V> {
  const chunks: V[][] = [[]];
  let size = 0;

  function insert(chunkAt: number, chunk: V[], at: number, entry: V): void {
    // Ascending inserts, the usual case, fill chunks completely instead of leaving halves behind.
    if (chunk.length >= MAX_CHUNK) {
      const middle = at === chunk.length ? chunk.length : chunk.length >> 1;
      const tail = chunk.splice(middle);
      chunks.splice(chunkAt + 1, 0, tail);
      if (at >= middle) tail.splice(at - middle, 0, entry);
      else chunk.splice(at, 0, entry);
    } else if (at === chunk.length) chunk.push(entry);
    else chunk.splice(at, 0, entry);
    size++;
  }

  return {
    get size() {
      return size;
    },
    get(key) {
      const chunk = chunks[chunkOf(chunks, key)] as V[];
      const entry = chunk[lowerBound(chunk, key)];
      return entry?.key === key ? entry : undefined;
    },
    set(entry) {
      const chunkAt = chunkOf(chunks, entry.key);
      const chunk = chunks[chunkAt] as V[];
      const at = lowerBound(chunk, entry.key);
      if (chunk[at]?.key === entry.key) chunk[at] = entry;
      else insert(chunkAt, chunk, at, entry);
    },
    delete(key) {
      const chunkAt = chunkOf(chunks, key);
      const chunk = chunks[chunkAt] as V[];
      const at = lowerBound(chunk, key);
      if (chunk[at]?.key !== key) return false;
      chunk.splice(at, 1);
      if (chunk.length === 0 && chunks.length > 1) chunks.splice(chunkAt, 1);
      size--;
      return true;
    },
    between: (from, to, descending = false) => (descending ? walkDown(chunks, from, to) : walkUp(chunks, from, to)),
  };
}

/** The last chunk whose first key is not above `key`. */
function chunkOf(chunks: readonly Keyed[][], key: string): number {
  let low = 0;
  let high = chunks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (((chunks[middle] as Keyed[])[0] as Keyed).key <= key) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The first position whose key is not below `key`. */
function lowerBound(chunk: readonly Keyed[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((chunk[middle] as Keyed).key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function* walkUp<V extends Keyed>(chunks: readonly V[][], from: string, to: string): Iterable<V> {
  let chunkAt = chunkOf(chunks, from);
  let at = lowerBound(chunks[chunkAt] as V[], from);
  for (; chunkAt < chunks.length; chunkAt++, at = 0) {
    const chunk = chunks[chunkAt] as V[];
    for (; at < chunk.length; at++) {
      const entry = chunk[at] as V;
      if (entry.key >= to) return;
      yield entry;
    }
  }
}

function* walkDown<V extends Keyed>(chunks: readonly V[][], from: string, to: string): Iterable<V> {
  let chunkAt = chunkOf(chunks, to);
  let at = lowerBound(chunks[chunkAt] as V[], to) - 1;
  for (; chunkAt >= 0; chunkAt--, at = (chunks[chunkAt]?.length ?? 0) - 1) {
    const chunk = chunks[chunkAt] as V[];
    for (; at >= 0; at--) {
      const entry = chunk[at] as V;
      if (entry.key < from) return;
      yield entry;
    }
  }
}
