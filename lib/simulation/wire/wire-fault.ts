import type { Rng } from '../../core/rng.ts';
import { applies, type Call, FAULT_KINDS, type FaultKind } from '../fault.ts';
import { type PlannedFault, plannedFaults } from '../fault-plan.ts';

/**
 * What goes wrong only where there is a wire. `refuse` closes the connection before the service hears of the call, `delay` keeps the call
 * back for a while, `twice` sends it two times and answers what the second was told, `serverError` is a 500 without effect. The others have
 * their effect and spoil the answer: `truncate` cuts its body in half, `reset` resets the connection in the middle of it.
 */
export const WIRE_KINDS = ['refuse', 'delay', 'twice', 'serverError', 'truncate', 'reset'] as const;

/** A fault of the simulator, or one of the wire. */
export type WireFaultKind = FaultKind | (typeof WIRE_KINDS)[number];

/** Decides, call by call, what goes wrong on the wire; every source of the simulator is one. */
export interface WireFaultSource {
  decide(call: Call): WireFaultKind | undefined;
}

/** A planned fault of the simulator with the kinds of the wire. */
export interface PlannedWireFault extends Omit<PlannedFault, 'kind'> {
  readonly kind: WireFaultKind;
}

/** Exactly the faults of a plan. */
export function plannedWireFaults(plan: readonly PlannedWireFault[]): WireFaultSource {
  // What a plan hits does not depend on its kinds.
  return plannedFaults(plan as readonly PlannedFault[]);
}

const KINDS: readonly WireFaultKind[] = [...FAULT_KINDS, ...WIRE_KINDS];

/** Random faults at a rate, of a subset of kinds that the seed draws. */
export function randomWireFaults(rng: Rng, rate: number): WireFaultSource {
  const kinds = KINDS.filter(() => rng.next() < 0.6);
  return {
    decide({ action }) {
      if (kinds.length === 0 || rng.next() >= rate) return undefined;
      const kind = kinds[Math.floor(rng.next() * kinds.length)] as WireFaultKind;
      return appliesOnWire(kind, action) ? kind : undefined;
    },
  };
}

/** Whether a fault of this kind does anything at this action. */
export function appliesOnWire(kind: WireFaultKind, action: string): boolean {
  return (WIRE_KINDS as readonly string[]).includes(kind) || applies(kind as FaultKind, action);
}
