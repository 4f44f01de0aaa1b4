/** A deliberate defect: a textual change of one shipped file, which the scenario's test must notice. */
export interface Mutant {
  /** The number with which the test's name begins. */
  readonly scenario: `S${number}`;
  /** What somebody could have got wrong. */
  readonly defect: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** One at least for each scenario: a test that has never failed proves nothing. */
export const MUTANTS: readonly Mutant[] = [
  {
    scenario: 'S1',
    defect: 'the relay gives a message a new id at each publication',
    file: 'lib/outbox/row.ts',
    find: '    body: row.body,',
    replace: '    body: row.body.replace(row.id, deriveId(row.id, String(performance.now()))),',
  },
  {
    scenario: 'S2',
    defect: 'HTTP 200 passes for success of every entry',
    file: 'lib/topic/send-result.ts',
    find: 'results[Number(failure.Id)] = readFailure(failure);',
    replace: "results[Number(failure.Id)] = { status: 'sent' };",
  },
  {
    scenario: 'S3',
    defect: 'the last failed record is reported instead of the first',
    file: 'lib/outbox/outbox.relay.ts',
    find: 'const failed = entries.find(',
    replace: 'const failed = entries.findLast(',
  },
  {
    scenario: 'S4',
    defect: 'the response lists no failures',
    file: 'lib/consumer/consumer.batch.ts',
    find: ".filter((_, index) => ends[index]?.kind === 'again')",
    replace: '.filter(() => false)',
  },
  {
    scenario: 'S5',
    defect: 'what the destination refuses for good is tried for ever',
    file: 'lib/topic/deliver.ts',
    find: "isRejected(result) ? 'refused' : 'unavailable'",
    replace: "'unavailable'",
  },
  {
    scenario: 'S6',
    defect: 'the sweeper looks and does not publish',
    file: 'lib/outbox/outbox.sweeper.ts',
    find: '  await publishLanes(deps, [...lanes.values(), ...fresh.values()], deadline);',
    replace: '',
  },
  {
    scenario: 'S7',
    defect: 'the change of a row is published as if it were an insert',
    file: 'lib/outbox/outbox.relay.ts',
    find: "eventName !== 'INSERT' || ",
    replace: '',
  },
  {
    scenario: 'S8',
    defect: 'the newest row of a key is published first',
    file: 'lib/outbox/outbox.dynamodb.ts',
    find: '    Limit: limit,',
    replace: '    Limit: limit,\n    ScanIndexForward: false,',
  },
  {
    scenario: 'S9',
    defect: 'a row that failed does not hold back the next of its key',
    file: 'lib/outbox/publish-lanes.ts',
    find: '    else fail(deps, front, results);',
    replace: "    else {\n      front.lane.queue.shift();\n      published.push({ ...front, row: { ...front.row, sk: 'none' } });\n    }",
  },
  {
    scenario: 'S10',
    defect: 'each try of a transaction has its own token',
    file: 'lib/unit-of-work/commit.ts',
    find: 'deriveId(commit.token, String(plans))',
    replace: 'deriveId(commit.token, String(plans), String(attempt))',
  },
  {
    scenario: 'S11',
    defect: 'a transaction that meets a conflict passes for a duplicate',
    file: 'lib/consumer/consumer.run.ts',
    find: "  if (outcome.status !== 'committed') return failed(batch, run, outcome.error);",
    replace:
      "  if (outcome.status === 'contended') return { kind: 'duplicate' };\n  if (outcome.status !== 'committed') return failed(batch, run, outcome.error);",
  },
  {
    scenario: 'S12',
    defect: 'business writes and messages are two transactions',
    file: 'lib/unit-of-work/commit.ts',
    find: ': transact(client, plan.all, token);',
    replace:
      ": transact(client, [...plan.guards, ...plan.own], token).then((first) => (first.status === 'committed' && plan.rows.length > 0 ? transact(client, plan.rows, deriveId(token)) : first));",
  },
  {
    scenario: 'S13',
    defect: 'the total size of a batch is not looked at',
    file: 'lib/topic/pack.ts',
    find: ' || (bytesOf[index] ?? 0) + entry.bytes > maxBytes)',
    replace: ')',
  },
  {
    scenario: 'S14',
    defect: 'DynamoDB is left to say that a transaction is too long',
    file: 'lib/unit-of-work/transaction-plan.ts',
    find: 'export const MAX_TRANSACTION_ACTIONS = 100;',
    replace: 'export const MAX_TRANSACTION_ACTIONS = 101;',
  },
];
