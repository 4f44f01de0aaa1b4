/** Tells by how much counters grew since they were last asked about. */
export type Growth = (counter: string, total: number) => number;

/** Starts with every counter at zero. A counter that shrank began anew with its resource. */
export function createGrowth(): Growth {
  const totals = new Map<string, number>();
  return (counter, total) => {
    const before = totals.get(counter) ?? 0;
    totals.set(counter, total);
    return total >= before ? total - before : total;
  };
}
