import type { Rng } from '../core/rng.ts';
import type { ServiceName } from '../local/aws.ts';

/**
 * What can go wrong at one call of a service, as a process sees it.
 * `crashBefore` and `crashAfter` kill the caller around the effect, `throttle` refuses without effect, `errorAfterEffect` applies the
 * effect and loses the answer (the ambiguous timeout), `slow` answers after the caller's deadline, `conflict` is a cancelled transaction.
 */
export const FAULT_KINDS = ['crashBefore', 'crashAfter', 'throttle', 'errorAfterEffect', 'slow', 'conflict'] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** One call site in a run. */
export interface Call {
  /** Its place among all calls of the run, from 0. */
  readonly index: number;
  readonly process: string;
  readonly service: ServiceName;
  readonly action: string;
  /** Its place among the calls of the same action, from 0. */
  readonly nth: number;
}

/** Decides, call by call, what goes wrong. */
export interface FaultSource {
  decide(call: Call): FaultKind | undefined;
}

/** A named fault of a plan: at the nth call of an action. */
export interface PlannedFault {
  readonly service: ServiceName;
  readonly action: string;
  readonly nth: number;
  readonly kind: FaultKind;
}

/** No faults: the reference run, and the healing phase of every other. */
export const noFaults: FaultSource = { decide: () => undefined };

/** Exactly the faults of a plan. Small plans are what a failure shrinks to. */
export function plannedFaults(plan: readonly PlannedFault[]): FaultSource {
  return {
    decide: (call) => plan.find((fault) => fault.service === call.service && fault.action === call.action && fault.nth === call.nth)?.kind,
  };
}

/** One fault at one call, by index: the unit of an exhaustive sweep. */
export function faultAt(index: number, kind: FaultKind): FaultSource {
  return { decide: (call) => (call.index === index ? kind : undefined) };
}

/** Random faults at a rate, of a subset of kinds that the seed draws (swarm testing): a run that never crashes finds what crashes hide. */
export function randomFaults(rng: Rng, rate: number): FaultSource {
  const kinds = FAULT_KINDS.filter(() => rng.next() < 0.6);
  return {
    decide: () => (kinds.length > 0 && rng.next() < rate ? kinds[Math.floor(rng.next() * kinds.length)] : undefined),
  };
}
