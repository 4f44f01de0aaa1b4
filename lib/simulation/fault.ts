import type { Rng } from '../core/rng.ts';
import type { ServiceName } from '../local/aws.ts';
import { isBatch } from './partial-batch.ts';
import { canConflict } from './sdk-errors.ts';

/**
 * What can go wrong at one call of a service, as a process sees it.
 * `crashBefore` and `crashAfter` kill the caller around the effect, `throttle` refuses without effect, `errorAfterEffect` applies the
 * effect and loses the answer (the ambiguous timeout), `errorWithoutEffect` looks the same to the caller and never reaches the service,
 * `effectAfterError` lets the caller time out and applies the effect later, `slow` answers after every function has timed out, `deny`
 * refuses as a broken permission does. Of some calls only: `conflict` is a cancelled transaction or a mapping that is being changed, `partialBatch` applies a part of a batch
 * and reports the rest inside a successful answer.
 */
export const FAULT_KINDS = [
  'crashBefore',
  'crashAfter',
  'throttle',
  'errorAfterEffect',
  'effectAfterError',
  'slow',
  'deny',
  'conflict',
  'partialBatch',
  'errorWithoutEffect',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** One call site in a run. */
export interface Call {
  /** Its place among all calls of the run, from 0. */
  readonly index: number;
  readonly process: string;
  /** The process's name without its number: what all instances of one function, and all producers, have in common. */
  readonly role: string;
  readonly service: ServiceName;
  readonly action: string;
  /** Its place among the calls of the same action, from 0. */
  readonly nth: number;
  /** Its place among the calls of the same action by the same role, from 0: what a plan names, because other roles do not move it. */
  readonly visit: number;
}

/** Decides, call by call, what goes wrong. */
export interface FaultSource {
  decide(call: Call): FaultKind | undefined;
}

/** No faults: the reference run, and the healing phase of every other. */
export const noFaults: FaultSource = { decide: () => undefined };

/** One fault at one call, by index: the unit of an exhaustive sweep. */
export function faultAt(index: number, kind: FaultKind): FaultSource {
  return { decide: (call) => (call.index === index ? kind : undefined) };
}

/** Random faults at a rate, of a subset of kinds that the seed draws (swarm testing): a run that never crashes finds what crashes hide. */
export function randomFaults(rng: Rng, rate: number): FaultSource {
  const kinds = FAULT_KINDS.filter(() => rng.next() < 0.6);
  return {
    decide: ({ action }) => {
      if (kinds.length === 0 || rng.next() >= rate) return undefined;
      const kind = kinds[Math.floor(rng.next() * kinds.length)] as FaultKind;
      return applies(kind, action) ? kind : undefined;
    },
  };
}

/** Whether a fault of this kind does anything at this action. */
export function applies(kind: FaultKind, action: string): boolean {
  if (kind === 'conflict') return canConflict(action);
  return kind !== 'partialBatch' || isBatch(action);
}
