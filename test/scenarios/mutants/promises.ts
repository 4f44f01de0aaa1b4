import type { Mutant } from './mutant.ts';

/** Defects that no scenario is about: a promise must be broken for them to show. */
export const PROMISES: readonly Mutant[] = [
  {
    scenario: 'G1',
    defect: 'a record that had no outcome when the time was up passes for handled',
    file: 'lib/consumer/consumer.batch.ts',
    find: '?? cutOff(batch, delivery));',
    replace: "?? ({ kind: 'done' } as const) ?? cutOff(batch, delivery));",
  },
  {
    scenario: 'G2',
    defect: 'messages are stored before it is known whether the unit commits',
    file: 'lib/unit-of-work/commit.ts',
    find: ': transact(client, plan.all, token);',
    replace:
      ': (plan.rows.length > 0 ? transact(client, plan.rows, deriveId(token)) : Promise.resolve()).then(() => transact(client, [...plan.guards, ...plan.own], token));',
  },
  {
    scenario: 'G3',
    defect: 'a message that was handed out before is run without its marker',
    file: 'lib/consumer/consumer.unit.ts',
    find: '{ unit, guards: [guard], token:',
    replace: '{ unit, guards: run.delivery.receiveCount > 1 ? [] : [guard], token:',
  },
  {
    scenario: 'G3',
    defect: 'each run hands another idempotency key to what it calls',
    file: 'lib/consumer/consumer.unit.ts',
    find: 'unitId: unitIdOf(handled.consumer, handled.messageId),',
    replace: 'unitId: unitIdOf(handled.consumer, handled.token),',
  },
  {
    scenario: 'G4',
    defect: 'a failed message of a group does not hold back those behind it',
    file: 'lib/consumer/consumer.batch.ts',
    find: 'const outcome: Outcome = stop ??',
    replace: 'const outcome: Outcome =',
  },
  {
    scenario: 'G5',
    defect: 'attempts are counted and never used up',
    file: 'lib/consumer/consumer.batch-state.ts',
    find: "(settings.onExhausted === 'byQueue' && !isFifo(record))",
    replace: "(settings.onExhausted === 'byQueue' && settings.maxAttempts < 0)",
  },
  {
    scenario: 'G5',
    defect: 'a message has one attempt more than it should',
    file: 'lib/consumer/consumer.failure.ts',
    find: 'const spent = attempt >= most;',
    replace: 'const spent = attempt > most;',
  },
  {
    scenario: 'G6',
    defect: 'what could not be sent to the dead-letter queue is acknowledged all the same',
    file: 'lib/consumer/consumer.parking.ts',
    find: 'error: errorText(cause) });\n    return busy(batch, delivery);',
    replace: "error: errorText(cause) });\n    return { kind: 'parked' };",
  },
  {
    scenario: 'G7',
    defect: 'the attempts of a parked message are kept, and its redriven copy has none left',
    file: 'lib/consumer/consumer.parking.ts',
    find: 'if (message && delivery.seen) {',
    replace: 'if (message && delivery.receiveCount > 1_000) {',
  },
  {
    scenario: 'G12',
    defect: 'rows of a key are published by the stream or not at all',
    file: 'lib/outbox/outbox.sweeper.ts',
    find: 'if (key === undefined || pass.keys.has(key)) continue;',
    replace: "if (key !== undefined || pass.keys.has('')) continue;",
  },
  {
    scenario: 'G12',
    defect: 'a lease that has run out still blocks',
    file: 'lib/inbox/inbox.ts',
    find: ' OR (#state = :running AND leaseUntil < :now)`;',
    replace: ' OR (#state = :never AND leaseUntil < :now)`.replace(":never", ":now");',
  },
  {
    scenario: 'G13',
    defect: 'one destination that is out puts all out',
    file: 'lib/topic/breaker.ts',
    find: '() => void openUntil.set(destination, clock.now() + COOL_DOWN_MS),',
    replace: '() => void Object.assign(openUntil.set(destination, 0), { get: () => clock.now() + COOL_DOWN_MS }),',
  },
  {
    scenario: 'G14',
    defect: 'what is no message is acknowledged and forgotten',
    file: 'lib/consumer/consumer.reading.ts',
    find: "    return { kind: 'park', reason, error: error as Error, ...(envelope && { message: envelope }) };",
    replace:
      "    return envelope ? { kind: 'park', reason, error: error as Error, message: envelope } : { kind: 'ignore', message: {} as Envelope };",
  },
];
