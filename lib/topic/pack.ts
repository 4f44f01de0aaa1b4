/** The limits of one batch. */
export interface BatchLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** One thing to pack. */
export interface Packable {
  readonly bytes: number;
  /** Entries of one lane never share a batch and stay in order: a batch may succeed in part. */
  readonly lane?: string | undefined;
}

/**
 * Packs entries into batches that never exceed the limits, dropping none. Entries of one lane land in successive batches, in their
 * order. An entry that is larger than a whole batch travels alone: the service then says what is wrong with it.
 *
 * @example
 * packBatches([{ bytes: 30_000 }, { bytes: 240_000 }], { maxEntries: 10, maxBytes: 262_144 }).length // => 2
 */
export function packBatches<Entry extends Packable>(entries: readonly Entry[], { maxEntries, maxBytes }: BatchLimits): Entry[][] {
  const batches: Entry[][] = [];
  const bytesOf: number[] = [];
  // The first batch that the next entry of a lane may join.
  const lanes = new Map<string, number>();
  let open = 0;

  for (const entry of entries) {
    const start = Math.max(open, entry.lane === undefined ? 0 : (lanes.get(entry.lane) ?? 0));
    let index = start;
    while (index < batches.length && ((batches[index]?.length ?? 0) >= maxEntries || (bytesOf[index] ?? 0) + entry.bytes > maxBytes))
      index += 1;
    const batch = batches[index] ?? [];
    batches[index] = batch;
    batch.push(entry);
    bytesOf[index] = (bytesOf[index] ?? 0) + entry.bytes;
    if (entry.lane !== undefined) lanes.set(entry.lane, index + 1);
    // Batches at the front that are full are not looked at again.
    while ((batches[open]?.length ?? 0) >= maxEntries) open += 1;
  }
  return batches;
}
