import type { Rng } from '../core/rng.ts';
import type { ServiceName } from '../local/aws.ts';

/**
 * What can go wrong at one call of a service, as a process sees it.
 * `crashBefore` and `crashAfter` kill the caller around the effect, `throttle` refuses without effect, `errorAfterEffect` applies the
 * effect and loses the answer (the ambiguous timeout), `effectAfterError` lets the caller time out and applies the effect later, `slow`
 * answers after every function has timed out, `conflict` is a cancelled transaction (of calls that are no transaction: nothing).
 */
export const FAULT_KINDS = ['crashBefore', 'crashAfter', 'throttle', 'errorAfterEffect', 'effectAfterError', 'slow', 'conflict'] as const;

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

/** A named fault of a plan: at the nth call of an action, of all processes or of one function's. */
export interface PlannedFault {
  readonly service: ServiceName;
  readonly action: string;
  /** From 0; undefined for every call. */
  readonly nth?: number;
  /** The start of the process's name, e.g. `relay/`; then only its calls are hit, and `nth` still counts everybody's. */
  readonly process?: string;
  readonly kind: FaultKind;
}

/** No faults: the reference run, and the healing phase of every other. */
export const noFaults: FaultSource = { decide: () => undefined };

/** Exactly the faults of a plan. Small plans are what a failure shrinks to. */
export function plannedFaults(plan: readonly PlannedFault[]): FaultSource {
  return { decide: (call) => plan.find((fault) => hits(fault, call))?.kind };
}

function hits(fault: PlannedFault, call: Call): boolean {
  if (fault.service !== call.service || fault.action !== call.action) return false;
  return (fault.nth === undefined || fault.nth === call.nth) && (fault.process === undefined || call.process.startsWith(fault.process));
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

/** Whether a fault of this kind does anything at this action. */
export function applies(kind: FaultKind, action: string): boolean {
  return kind !== 'conflict' || action === 'TransactWriteItems';
}
