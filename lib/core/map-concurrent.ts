/**
 * Runs `work` over every item, at most `limit` at a time, and returns the results in the order of the items.
 * Rejects with the first rejection; items that have not begun by then never begin.
 *
 * @example
 * const sizes = await mapConcurrent(keys, 8, (key) => sizeOf(key));
 */
export async function mapConcurrent<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      const index = next;
      next += 1;
      try {
        results[index] = await work(items[index] as Item, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers: Promise<void>[] = [];
  for (let started = Math.min(limit, items.length); started > 0; started -= 1) workers.push(worker());
  await Promise.all(workers);
  return results;
}
