import fc from 'fast-check';
import { encodeEnvelope } from '../../../lib/message/envelope.ts';
import { FAULT_KINDS, type FaultKind } from '../../../lib/simulation/fault.ts';
import { HEALTHS, type Health } from '../../../lib/simulation/reference-model.ts';
import { HOUR, MINUTE, OrderNoted } from '../../scenarios/order-stack.ts';
import { type Part, type Rig, ROLES, SWITCHES } from './rig.ts';

/** A step that somebody takes. The model is part of the rig, beside the pipeline. */
export type Command = fc.AsyncCommand<Rig, Rig>;

interface Step {
  readonly text: string;
  /** How long the world goes on before the next step. */
  readonly thenMs: number;
  readonly act: (rig: Rig) => void;
}

/** A message that kills its process is given up by SQS after a thousand receives, 17 hours, and what waits behind it with it. */
const LONGEST_MS = 12 * HOUR;

function command({ text, thenMs, act }: Step): Command {
  return {
    check: (rig) => rig.age() + thenMs <= LONGEST_MS,
    async run(rig) {
      act(rig);
      await rig.run(thenMs);
    },
    toString: () => `${text}, ${thenMs} ms`,
  };
}

const thenMs = fc.constantFrom(0, 20, 3_000, MINUTE);
const customer = fc.constantFrom('ada', 'bob');
const consumer = fc.constantFrom('audit' as const, 'project' as const);
const nth = fc.nat(99);

/** Half of what is sent can be handled; the other half cannot, in equal parts. */
const health = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Health>('well') },
  { weight: 6, arbitrary: fc.constantFrom<Health>(...HEALTHS) },
);

// A key whose first message no topic takes waits until an operator decides: nothing could be expected of it.
const part: fc.Arbitrary<Part> = fc
  .record({ health, customer: fc.option(customer, { nil: undefined }) })
  .map((drawn) =>
    drawn.customer === undefined || drawn.health === 'unpublishable' ? { health: drawn.health } : { ...drawn, customer: drawn.customer },
  );
const parts = fc.array(part, { minLength: 1, maxLength: 3 });

const told = (list: readonly Part[]) => list.map(({ health: state, customer: key }) => `${state}${key ? ` for ${key}` : ''}`).join(' + ');

const commit = fc.record({ parts, guarded: fc.boolean(), thenMs }).map(({ thenMs: ms, ...commitment }) =>
  command({
    text: `commit ${told(commitment.parts)}${commitment.guarded ? ' under a key' : ''}`,
    thenMs: ms,
    act: (rig) => rig.commit(commitment),
  }),
);

/** The write happens or not, and its caller dies or gets no answer. */
const AMBIGUOUS: readonly FaultKind[] = [
  'crashBefore',
  'crashAfter',
  'errorAfterEffect',
  'effectAfterError',
  'slow',
  'conflict',
  'throttle',
  'deny',
];

const commitAmbiguous = fc
  .record({ parts, guarded: fc.boolean(), fault: fc.constantFrom(...AMBIGUOUS), thenMs })
  .map(({ thenMs: ms, ...commitment }) =>
    command({
      text: `commit ${told(commitment.parts)}${commitment.guarded ? ' under a key' : ''} and meet ${commitment.fault}`,
      thenMs: ms,
      act: (rig) => rig.commit(commitment),
    }),
  );

const abort = fc.record({ parts, guarded: fc.boolean(), thenMs }).map(({ thenMs: ms, ...commitment }) =>
  command({
    text: `commit ${told(commitment.parts)} under a condition that does not hold`,
    thenMs: ms,
    act: (rig) => rig.commit({ ...commitment, doomed: true }),
  }),
);

const forget = fc
  .record({ parts, thenMs })
  .map(({ parts: list, thenMs: ms }) =>
    command({ text: `fill a unit with ${told(list)} and forget it`, thenMs: ms, act: (rig) => rig.forget(list) }),
  );

const commitAgain = fc
  .record({ nth, sameContent: fc.boolean(), fault: fc.option(fc.constantFrom(...AMBIGUOUS), { nil: undefined, freq: 3 }), thenMs })
  .map(({ nth: number, sameContent, fault, thenMs: ms }) =>
    command({
      text: `commit request ${number} again with ${sameContent ? 'the same' : 'another'} content${fault ? ` and meet ${fault}` : ''}`,
      thenMs: ms,
      act(rig) {
        const unit = nthOf(rig.repeatable(), number);
        if (unit && sameContent) rig.commitAgain(unit, fault);
        else if (unit) rig.commitOther(unit);
      },
    }),
  );

const copy = fc.record({ nth, to: consumer, stampedAnew: fc.boolean(), thenMs }).map(({ nth: number, to, stampedAnew, thenMs: ms }) =>
  command({
    text: `deliver message ${number} of ${to} again${stampedAnew ? ', stamped anew' : ''}`,
    thenMs: ms,
    act(rig) {
      const message = nthOf(rig.delivered(rig.places[to]), number);
      if (message) rig.copy(rig.places[to], message, stampedAnew);
    },
  }),
);

const advance = fc
  .constantFrom(1_000, 10_000, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR)
  .map((ms) => command({ text: 'wait', thenMs: ms, act: () => {} }));

const flip = fc
  .record({ what: fc.constantFrom(...SWITCHES), thenMs })
  .map(({ what, thenMs: ms }) =>
    command({ text: `switch ${what} off or on`, thenMs: ms, act: (rig) => rig.flip(what, rig.off.has(what) ? 'on' : 'off') }),
  );

const redrive = fc
  .record({ of: consumer, thenMs })
  .map(({ of, thenMs: ms }) =>
    command({ text: `move the dead letters of ${of} back`, thenMs: ms, act: (rig) => rig.redrive(rig.places[of]) }),
  );

const deploy = fc
  .record({ cures: fc.boolean(), thenMs })
  .map(({ cures, thenMs: ms }) =>
    command({ text: `deploy${cures ? ' what can do all that failed so far' : ''}`, thenMs: ms, act: (rig) => rig.deploy(cures) }),
  );

const filter = fc
  .record({ takesNotes: fc.boolean(), thenMs })
  .map(({ takesNotes, thenMs: ms }) =>
    command({ text: `filter ${takesNotes ? 'nothing' : 'notes'}`, thenMs: ms, act: (rig) => rig.filter(takesNotes) }),
  );

const skew = fc
  .record({ minutes: fc.integer({ min: -5, max: 5 }), thenMs })
  .map(({ minutes, thenMs: ms }) =>
    command({ text: `set new clocks ${minutes} minutes ahead`, thenMs: ms, act: (rig) => rig.skew(minutes * MINUTE) }),
  );

const strange = fc.record({ to: consumer, nth, thenMs }).map(({ to, nth: number, thenMs: ms }) => {
  const { body, reason } = nthOf(STRANGERS, number) as (typeof STRANGERS)[number];
  return command({ text: `put ${reason} into the queue of ${to}`, thenMs: ms, act: (rig) => rig.strange(rig.places[to], body, reason) });
});

const fault = fc
  .record({ role: fc.constantFrom(...ROLES), after: fc.nat(4), kind: fc.constantFrom(...FAULT_KINDS), thenMs })
  .map(({ role, after, kind, thenMs: ms }) =>
    command({ text: `${kind} at ${role}'s call ${after} from now`, thenMs: ms, act: (rig) => rig.arm(role, after, kind) }),
  );

const nthOf = <T>(list: readonly T[], number: number): T | undefined => list[number % Math.max(1, list.length)];

function stranger(type: string, version: number, data: object): string {
  const time = new Date(Date.UTC(2030, 0, 1)).toISOString();
  const id = `${type}-${version}-${JSON.stringify(data).length}`;
  return encodeEnvelope({ id, type, version, source: 'urn:strangers', correlationId: id, hops: 0, time, data });
}

const STRANGERS = [
  { reason: 'BODY_INVALID', body: '{"specversion":"1.0", ' },
  { reason: 'UNKNOWN_TYPE', body: stranger('orders.order-lost', 1, { orderId: 'stranger-1' }) },
  { reason: 'UNKNOWN_VERSION', body: stranger(OrderNoted.name, 9, { orderId: 'stranger-2' }) },
  { reason: 'MESSAGE_INVALID', body: stranger(OrderNoted.name, 1, { orderId: 3 }) },
] as const;

/** Everything that can happen, most often what there must be for the rest to matter. */
export const anyCommand: fc.Arbitrary<Command>[] = [
  ...[commit, commit, commit, commitAmbiguous, commitAgain, abort, forget],
  ...[copy, advance, advance, flip, flip, redrive, deploy, filter, skew, strange, fault, fault],
];
