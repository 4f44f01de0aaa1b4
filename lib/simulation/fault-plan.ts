import type { ServiceName } from '../local/aws.ts';
import { type Call, FAULT_KINDS, type FaultKind, type FaultSource } from './fault.ts';

/** A named fault of a plan: at the nth call of an action. */
export interface PlannedFault {
  readonly service: ServiceName;
  readonly action: string;
  /** Whose calls are hit, e.g. `relay`. @default - everybody's */
  readonly role?: string;
  /** From 0, among the calls of the role if there is one, of everybody otherwise. @default - every call */
  readonly nth?: number;
  readonly kind: FaultKind;
}

/** Exactly the faults of a plan. Small plans are what a failure shrinks to. */
export function plannedFaults(plan: readonly PlannedFault[]): FaultSource {
  return { decide: (call) => plan.find((fault) => hits(fault, call))?.kind };
}

function hits({ service, action, role, nth }: PlannedFault, call: Call): boolean {
  if (service !== call.service || action !== call.action) return false;
  if (role !== undefined && role !== call.role) return false;
  return nth === undefined || nth === (role === undefined ? call.nth : call.visit);
}

/** A source whose decisions are kept as a plan that repeats them. */
export interface RecordedFaults extends FaultSource {
  readonly injected: readonly PlannedFault[];
}

/** Writes down what a source decides. */
export function recordFaults(source: FaultSource): RecordedFaults {
  const injected: PlannedFault[] = [];
  return {
    injected,
    decide(call) {
      const kind = source.decide(call);
      if (kind) injected.push({ role: call.role, service: call.service, action: call.action, nth: call.visit, kind });
      return kind;
    },
  };
}

/**
 * A planned fault as text: `crashAfter@relay:sns:PublishBatch#2`, where a role or a number that is not given is `*`.
 *
 * @example
 * formatFault({ service: 'sns', action: 'PublishBatch', nth: 2, kind: 'crashAfter' }); // => 'crashAfter@*:sns:PublishBatch#2'
 */
export function formatFault({ role = '*', service, action, nth, kind }: PlannedFault): string {
  return `${kind}@${role}:${service}:${action}#${nth ?? '*'}`;
}

const FAULT_TEXT = /^(?<kind>\w+)@(?<role>[^:]+):(?<service>\w+):(?<action>\w+)#(?<nth>\d+|\*)$/;

/** Reads what `formatFault` wrote. Throws a `RangeError` that says what was given and how a fault is written. */
export function parseFault(text: string): PlannedFault {
  const { kind, role, service, action, nth } = FAULT_TEXT.exec(text)?.groups ?? {};
  const known = FAULT_KINDS.find((name) => name === kind);
  if (!known || !service || !action) {
    throw new RangeError(`not a fault: "${text}"; write kind@role:service:Action#number, where kind is one of ${FAULT_KINDS.join(', ')}`);
  }
  return {
    ...(role !== '*' && role !== undefined && { role }),
    service: service as ServiceName,
    action,
    ...(nth !== '*' && { nth: Number(nth) }),
    kind: known,
  };
}
