import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Call, FAULT_KINDS } from '../../lib/simulation/fault.ts';
import { formatFault, type PlannedFault, parseFault, plannedFaults, recordFaults } from '../../lib/simulation/fault-plan.ts';

const faults: fc.Arbitrary<PlannedFault> = fc.record(
  {
    service: fc.constantFrom('sqs', 'sns', 'dynamodb'),
    action: fc.constantFrom('Publish', 'TransactWriteItems'),
    role: fc.constantFrom('relay', 'ship-order', 'ship-order-2'),
    nth: fc.nat(1_000),
    kind: fc.constantFrom(...FAULT_KINDS),
  },
  { requiredKeys: ['service', 'action', 'kind'] },
);

test('a fault is read as it was written', () => {
  fc.assert(
    fc.property(faults, (fault) => {
      expect(parseFault(formatFault(fault))).toEqual(fault);
    }),
  );
});

test('what is no fault is refused with what was given and how one is written', () => {
  for (const text of ['', 'crash@relay:sns:Publish#1', 'crashAfter@relay:sns:Publish', 'crashAfter@relay:sns#1']) {
    expect(() => parseFault(text)).toThrow(
      `not a fault: "${text}"; write kind@role:service:Action#number, where kind is one of crashBefore`,
    );
  }
});

test('the plan of a random run repeats its faults, whatever other roles call meanwhile', () => {
  const call = (role: string, visit: number, nth: number): Call => ({
    index: nth,
    process: `${role}/1`,
    role,
    service: 'sns',
    action: 'Publish',
    nth,
    visit,
  });
  const recorded = recordFaults({ decide: ({ role, visit }) => (role === 'relay' && visit === 1 ? 'throttle' : undefined) });
  for (const [index, role] of ['relay', 'sweeper', 'relay'].entries()) recorded.decide(call(role, Math.floor(index / 2), index));
  expect(recorded.injected.map(formatFault)).toEqual(['throttle@relay:sns:Publish#1']);
  const { decide } = plannedFaults(recorded.injected);
  expect([decide(call('relay', 0, 5)), decide(call('relay', 1, 9)), decide(call('sweeper', 1, 1))]).toEqual([
    undefined,
    'throttle',
    undefined,
  ]);
});
