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
    find: "return { status: 'failed', failure: failureOf(likeError),",
    replace: "return { status: 'sent' } ?? { status: 'failed', failure: failureOf(likeError),",
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
    find: '  await publishLanes(deps, [...lanes.values()], pass);',
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
  {
    scenario: 'S15',
    defect: 'what SNS may not deliver is discarded',
    file: 'lib/consumer/consumer.subscription.construct.ts',
    find: '      deadLetterQueue: this.deadLetterQueue,\n',
    replace: '',
  },
  {
    scenario: 'S16',
    defect: 'the attribute that filters read has another name than the filters use',
    file: 'lib/message/attributes.ts',
    find: '[ENVELOPE_ATTRIBUTES.type]: message.type,',
    replace: 'kind: message.type,',
  },
  {
    scenario: 'S17',
    defect: 'a type that is declared as ignored is parked',
    file: 'lib/consumer/consumer.routes.ts',
    find: "      if (ignored.has(type)) return { kind: 'ignore' };\n",
    replace: '',
  },
  {
    scenario: 'S18',
    defect: 'a subscription to a FIFO topic is filtered',
    file: 'lib/consumer/consumer.subscription.construct.ts',
    find: 'if (topic.fifo || handles === HANDLES_ALL) return undefined;',
    replace: 'if (handles === HANDLES_ALL) return undefined;',
  },
  {
    scenario: 'S19',
    defect: 'a message may have eleven attributes',
    file: 'lib/message/message.contract.ts',
    find: 'const MAX_MESSAGE_ATTRIBUTES = 10;',
    replace: 'const MAX_MESSAGE_ATTRIBUTES = 11;',
  },
  {
    scenario: 'S20',
    defect: 'the deduplication id is what the message is about',
    file: 'lib/topic/destination.ts',
    find: 'MessageDeduplicationId: parcel.id }',
    replace: 'MessageDeduplicationId: groupOf(parcel.key ?? parcel.id) }',
  },
  {
    scenario: 'S21',
    defect: 'the marker is looked for and then written without a condition',
    file: 'lib/inbox/inbox.ts',
    find: "    condition: { expression: FREE_AT, names: { '#state': 'state' }, values: freeAtValues(now) },\n",
    replace: '',
  },
  {
    scenario: 'S22',
    defect: 'a lease is completed by whoever comes, not by its owner',
    file: 'lib/inbox/inbox.ts',
    find: "expression: '#state = :running AND #owner = :me',",
    replace: "expression: '#state = :running OR #owner = :me OR attribute_exists(#state)',",
  },
  {
    scenario: 'S23',
    defect: 'a lease is given back by deleting the marker, whatever it says',
    file: 'lib/inbox/create-inbox.ts',
    find: "condition: '#state = :running AND #owner = :me'",
    replace: "condition: '#state = :running OR #owner = :me OR attribute_exists(#state)'",
  },
  {
    scenario: 'S24',
    defect: 'the marker is written after the effect',
    file: 'lib/unit-of-work/commit.ts',
    find: ': transact(client, plan.all, token);',
    replace:
      ": transact(client, [...plan.own, ...plan.rows], token).then((first) => (first.status === 'committed' && only !== undefined ? writeOne(client, only) : first));",
  },
  {
    scenario: 'S25',
    defect: 'a lease without time left ends before it begins',
    file: 'lib/inbox/create-inbox.ts',
    find: 'Math.max(1, Math.ceil(leaseMs))',
    replace: 'leaseMs',
  },
  {
    scenario: 'S26',
    defect: 'the consumer is no part of the marker’s key',
    file: 'lib/inbox/inbox.ts',
    find: 'export function markerKey(consumer: string, messageId: string): string {',
    replace: "export function markerKey(consumer: string, messageId: string): string {\n  if (consumer !== '') return messageId;",
  },
  {
    scenario: 'S27',
    defect: 'every body under a handled id passes for a duplicate',
    file: 'lib/inbox/inbox.ts',
    find: "marker['fingerprint'] === handling.fingerprint ? { kind: 'done' } : { kind: 'mismatch' }",
    replace: "{ kind: handling ? 'done' : 'mismatch' }",
  },
  {
    scenario: 'S28',
    defect: 'markers are kept for a day',
    file: 'lib/inbox/inbox.contract.ts',
    find: 'export const INBOX_RETENTION_DAYS = 60;',
    replace: 'export const INBOX_RETENTION_DAYS = 1;',
  },
  {
    scenario: 'S29',
    defect: 'the end of a lease decides who completes, not its owner',
    file: 'lib/inbox/inbox.ts',
    find: "condition: {\n      expression: '#state = :running AND #owner = :me',\n      names: { '#state': 'state', '#owner': 'owner' },\n      values: { ':running': 'RUNNING', ':me': handling.token },\n    },",
    replace:
      "condition: {\n      expression: 'leaseUntil > :now OR attribute_not_exists(leaseUntil)',\n      names: {},\n      values: { ':now': now },\n    },",
  },
  {
    scenario: 'S30',
    defect: 'what a handler sends is stored after its effect',
    file: 'lib/unit-of-work/commit.ts',
    find: 'return plan.all.length === 1 && only !== undefined ? writeOne(client, only) : transact(client, plan.all, token);',
    replace:
      "return transact(client, [...plan.guards, ...plan.own], token).then((first) => (first.status === 'committed' && plan.rows.length > 0 ? transact(client, plan.rows, deriveId(token)) : first));",
  },
  {
    scenario: 'S31',
    defect: 'handlers are stopped by the end of the process only',
    file: 'lib/consumer/consumer.deadline.ts',
    find: 'abortAt: endAt - reserveMs / 2,',
    replace: 'abortAt: endAt + reserveMs,',
  },
  {
    scenario: 'S32',
    defect: 'suspects run beside their neighbours, who are charged with them',
    file: 'lib/consumer/consumer.lanes.ts',
    find: "  return reading.kind === 'run' && receiveCount > 1 ? unsettled(attemptsOf(reading.message.id)) : 0;",
    replace: "  return reading.kind === 'run' && receiveCount > 1 ? 0 * unsettled(attemptsOf(reading.message.id)) : 0;",
  },
  {
    scenario: 'S33',
    defect: 'receives count as attempts',
    file: 'lib/consumer/consumer.run.ts',
    find: 'isExhausted(known, batch.ports.settings.maxAttempts)',
    replace: '(isExhausted(known, batch.ports.settings.maxAttempts) || delivery.receiveCount >= batch.ports.settings.maxAttempts)',
  },
  {
    scenario: 'S34',
    defect: 'a unit takes writes after its commit and forgets them',
    file: 'lib/unit-of-work/create-unit.ts',
    find: '    if (sealed) throw new UnitSealedError(context.unitId);\n',
    replace: '',
  },
  {
    scenario: 'S35',
    defect: 'the messages of a batch share a unit',
    file: 'lib/consumer/consumer.run.ts',
    find: 'const unit = openUnit(batch, run);',
    replace: 'const unit = ((batch as { shared?: ReturnType<typeof openUnit> }).shared ??= openUnit(batch, run));',
  },
  {
    scenario: 'S36',
    defect: 'duplicates are told by the id that SQS gave the copy',
    file: 'lib/consumer/consumer.run.ts',
    find: 'handled: batch.handledOf(reading),',
    replace: 'handled: { ...batch.handledOf(reading), messageId: delivery.record.messageId },',
  },
  {
    scenario: 'S37',
    defect: 'a group goes on after a failure',
    file: 'lib/consumer/consumer.batch.ts',
    find: "if (outcome.kind === 'again') stop ??=",
    replace: "if (outcome.kind === 'again' && !fifo) stop ??=",
  },
  {
    scenario: 'S38',
    defect: 'an exhausted message of a FIFO queue leaves, and those behind it overtake it',
    file: 'lib/consumer/consumer.batch-state.ts',
    find: "(settings.onExhausted === 'byQueue' && !isFifo(record))",
    replace: "settings.onExhausted === 'byQueue'",
  },
  {
    scenario: 'S43',
    defect: 'dead letters are kept no longer than messages',
    file: 'lib/consumer/queue-worker.construct.ts',
    find: 'props.deadLetterRetention ?? MAX_QUEUE_RETENTION',
    replace: 'props.deadLetterRetention ?? Duration.days(5)',
  },
  {
    scenario: 'S55',
    defect: 'hops are not counted',
    file: 'lib/unit-of-work/create-unit.ts',
    find: 'cause.hops + 1;',
    replace: 'cause.hops;',
  },
  {
    scenario: 'S56',
    defect: 'what cannot be read throws, and the batch with it',
    file: 'lib/consumer/consumer.reading.ts',
    find: "    return { kind: 'park', reason, error: error as Error, ...(envelope && { message: envelope }) };",
    replace: '    throw Object.assign(error as Error, { reason });',
  },
];
