import type { Mutant } from './mutant.ts';

/** Defects of error rules and pauses. */
export const RULING: readonly Mutant[] = [
  {
    scenario: 'S57',
    defect: 'rules are not asked',
    file: 'lib/consumer/consumer.remedy.ts',
    find: 'isNotTheMessage(error) ? undefined : findRule(rules, diagnosis, onBroken)',
    replace: 'isNotTheMessage(error) || rules.length > 0 ? undefined : findRule(rules, diagnosis, onBroken)',
  },
  {
    scenario: 'S57',
    defect: 'a message that was set aside looks like a failure',
    file: 'lib/consumer/consumer.parking.ts',
    find: "    ...(aside === true && { disposition: 'parked' }),\n",
    replace: '',
  },
  {
    scenario: 'S57',
    defect: 'a retry in process never ends',
    file: 'lib/consumer/consumer.remedy.ts',
    find: 'diagnosis.turn < outcome.times',
    replace: 'diagnosis.turn < 100 * outcome.times',
  },
  {
    scenario: 'S58',
    defect: 'what is discarded is acknowledged without a marker',
    file: 'lib/consumer/consumer.discard.ts',
    find: 'const outcome = await committer.commit(commitRequestOf(batch, run, openUnit(batch, run)));',
    replace:
      "const outcome = { status: committer ? ('committed' as const) : ('guardFailed' as const), existing: commitRequestOf(batch, run, openUnit(batch, run)) as never };",
  },
  {
    scenario: 'S58',
    defect: 'what is discarded is counted as handled',
    file: 'lib/consumer/consumer.counts.ts',
    find: 'discarded: CONSUMER_METRICS.discarded,',
    replace: 'discarded: CONSUMER_METRICS.processed,',
  },
  {
    scenario: 'S59',
    defect: 'deliveries are stopped before anything is there to start them again',
    file: 'lib/consumer/consumer.pausing.ts',
    find: '      await retry(() => schedule(options, resumeInput(options, uuid, time)), bounds);\n',
    replace:
      '      await retry(() => lambda.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: false })), bounds);\n      await retry(() => schedule(options, resumeInput(options, uuid, time)), bounds);\n',
  },
  {
    scenario: 'S59',
    defect: 'a pause whose end is refused lasts until somebody looks',
    file: 'lib/consumer/consumer.pausing.ts',
    find: 'forMs: 16 * 60_000',
    replace: 'forMs: 60_000',
  },
  {
    scenario: 'S59',
    defect: 'deliveries go on during a pause',
    file: 'lib/consumer/consumer.pausing.ts',
    find: 'if (time - clock.now() < MIN_STOP_MS) return;',
    replace: 'if (time - clock.now() < 10_000 * MIN_STOP_MS) return;',
  },
  {
    scenario: 'S72',
    defect: 'a pause is what the rule says, whatever was asked',
    file: 'lib/consumer/consumer.pause.ts',
    find: 'if (askedMs === undefined) return ms;',
    replace: 'if (askedMs === undefined || askedMs >= 0) return ms;',
  },
  {
    scenario: 'S72',
    defect: 'a pause lasts as long as anybody asks',
    file: 'lib/consumer/consumer.pause.ts',
    find: 'Math.min(Math.max(askedMs, PAUSE_LIMITS.leastMs), PAUSE_LIMITS.mostMs)',
    replace: 'Math.min(Math.max(askedMs, PAUSE_LIMITS.leastMs), 1_000 * PAUSE_LIMITS.mostMs)',
  },
  {
    scenario: 'S72',
    defect: 'a pause that was in vain is followed by one as short',
    file: 'lib/consumer/consumer.pause.ts',
    find: 'asked * 2 ** inVain',
    replace: 'asked',
  },
];
