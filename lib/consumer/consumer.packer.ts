import type { Cancel, Clock } from '../core/clock.ts';
import type { CommitRequest, Committer } from '../unit-of-work/commit.ts';
import type { UnitOutcome } from '../unit-of-work/outcome.ts';
import { isFull, type Pack, withUnit } from './consumer.pack.ts';

/** Commits units together where nothing speaks against it. */
export interface Packer {
  /** Resolves with what became of this unit, whoever it shared a transaction with. */
  submit(request: CommitRequest): Promise<UnitOutcome>;
  /** Commits what waits. */
  flush(): void;
}

/** What packing depends on. */
export interface PackerOptions {
  readonly committer: Committer;
  readonly clock: Clock;
  /** Milliseconds that a finished unit waits for others, at most. */
  readonly lingerMs: number;
}

type Answer = (outcome: UnitOutcome | Promise<UnitOutcome>) => void;

/**
 * Collects units into packs. A pack commits when it is full, when nothing else is under way, or when its first unit has waited long enough.
 * A pack that did not commit falls back to one transaction each, so that one unit's condition or conflict costs its neighbours nothing but time.
 */
export function createPacker({ committer, clock, lingerMs }: PackerOptions): Packer {
  let open: Pack[] = [];
  let cancelLinger: Cancel | undefined;
  const answers = new Map<CommitRequest, Answer>();

  async function commit({ requests }: Pack): Promise<void> {
    const [first] = requests;
    if (requests.length === 1 && first) return settle(first, committer.commit(first));
    // Whatever became of the pack, each unit of it is answered.
    const outcome = await committer.commitPack(requests).catch(() => 'unknown');
    if (outcome === 'committed') for (const request of requests) settle(request, { status: 'committed' });
    else await Promise.all(requests.map((request) => settle(request, committer.commit(request))));
  }

  async function settle(request: CommitRequest, outcome: UnitOutcome | Promise<UnitOutcome>): Promise<void> {
    const answer = answers.get(request);
    answers.delete(request);
    answer?.(outcome);
    await Promise.resolve(outcome).catch(() => {});
  }

  async function flush(): Promise<void> {
    cancelLinger?.();
    cancelLinger = undefined;
    const packs = open;
    open = [];
    // One after the other: packs that wait side by side do so because their units touch the same items.
    for (const pack of packs) await commit(pack);
  }

  function place(request: CommitRequest): void {
    for (const [at, pack] of open.entries()) {
      const grown = withUnit(pack, request);
      if (!grown) continue;
      if (!isFull(grown)) open[at] = grown;
      else {
        open.splice(at, 1);
        void commit(grown);
      }
      return;
    }
    const fresh = withUnit(undefined, request);
    if (fresh) open.push(fresh);
  }

  return {
    submit(request) {
      request.unit.seal();
      const outcome = new Promise<UnitOutcome>((resolve) => answers.set(request, resolve));
      place(request);
      if (open.length > 0) cancelLinger ??= clock.after(lingerMs, () => void flush());
      return outcome;
    },
    flush: () => void flush(),
  };
}
