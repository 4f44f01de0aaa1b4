import { applies, type Call, FAULT_KINDS, type FaultKind, type FaultSource } from '../fault.ts';

/** How much of what could go wrong at calls has gone wrong. */
export interface Coverage {
  /** Faults by kind. */
  readonly faults: Readonly<Record<FaultKind, number>>;
  /** Pairs of a call site (role, service, action) and a kind that does something there. */
  readonly possible: number;
  /** Those of them that were injected at least once. */
  readonly covered: number;
  /** The pairs that were not, e.g. `slow@relay:sns:PublishBatch`. */
  readonly missing: readonly string[];
}

/** Counts over many runs. */
export interface CoverageCounter {
  /** The same source, observed. */
  observe(source: FaultSource): FaultSource;
  /** Adds what another counter has seen, e.g. one of another process. */
  add(seen: SeenSites): void;
  readonly seen: SeenSites;
  readonly coverage: Coverage;
}

/** Injected faults by `role:service:action`, as plain data. */
export type SeenSites = Record<string, Partial<Record<FaultKind, number>>>;

/** Starts with nothing seen. */
export function countCoverage(): CoverageCounter {
  const seen: SeenSites = {};
  const site = (name: string) => {
    seen[name] ??= {};
    return seen[name];
  };
  const count = (name: string, kind: FaultKind, times: number) => {
    const kinds = site(name);
    kinds[kind] = (kinds[kind] ?? 0) + times;
  };
  return {
    seen,
    observe: (source) => ({
      decide(call) {
        const kind = source.decide(call);
        const name = siteOf(call);
        if (kind === undefined || !applies(kind, call.action)) site(name);
        else count(name, kind, 1);
        return kind;
      },
    }),
    add: (others) => {
      for (const [name, kinds] of Object.entries(others)) {
        site(name);
        for (const [kind, times] of Object.entries(kinds)) count(name, kind as FaultKind, times);
      }
    },
    get coverage() {
      return summarize(seen);
    },
  };
}

const siteOf = ({ role, service, action }: Call) => `${role}:${service}:${action}`;

function summarize(seen: SeenSites): Coverage {
  const faults = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  const missing: string[] = [];
  let possible = 0;
  for (const [name, kinds] of Object.entries(seen)) {
    const action = name.slice(name.lastIndexOf(':') + 1);
    for (const kind of FAULT_KINDS.filter((each) => applies(each, action))) {
      const times = kinds[kind] ?? 0;
      possible += 1;
      faults[kind] += times;
      if (times === 0) missing.push(`${kind}@${name}`);
    }
  }
  return { faults, possible, covered: possible - missing.length, missing };
}
