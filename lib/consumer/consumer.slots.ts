/** Runs at most so many things at once. */
export interface Slots {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Whether nothing is under way. */
  idle(): boolean;
}

/** `onIdle` is called whenever the last thing under way has ended and nothing waits. */
export function createSlots(limit: number, onIdle: () => void): Slots {
  const waiting: (() => void)[] = [];
  let active = 0;
  const enter = async () => {
    if (active < limit) active += 1;
    // A slot is handed over as it is, so that nobody can slip in between.
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = () => {
    const next = waiting.shift();
    if (next) return next();
    active -= 1;
    if (active === 0) onIdle();
  };
  return {
    idle: () => active === 0,
    async run(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
