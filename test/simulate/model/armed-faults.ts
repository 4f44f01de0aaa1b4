import type { Call, FaultKind, FaultSource } from '../../../lib/simulation/fault.ts';

/** A fault that waits for its call. */
export interface ArmedFault {
  readonly matches: (call: Call) => boolean;
  /** Matching calls that it lets pass. */
  readonly after: number;
  readonly kind: FaultKind;
}

/** Faults that commands put in place while the world runs; each strikes once. */
export function armedFaults(onStrike: (call: Call) => void) {
  const armed: { fault: ArmedFault; left: number }[] = [];
  const source: FaultSource = {
    decide(call) {
      const at = armed.findIndex(({ fault, left }) => fault.matches(call) && left === 0);
      for (const entry of armed) if (entry.fault.matches(call) && entry.left > 0) entry.left -= 1;
      if (at < 0) return undefined;
      const [struck] = armed.splice(at, 1);
      onStrike(call);
      return struck?.fault.kind;
    },
  };
  return { source, arm: (fault: ArmedFault) => void armed.push({ fault, left: fault.after }) };
}
