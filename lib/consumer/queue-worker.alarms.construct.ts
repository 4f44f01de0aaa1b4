import { type Alarm, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { ALARM_PERIOD, type AlarmProps, type AlarmSpec, createAlarm, runtimeMetric } from '../infra/alarms.ts';
import type { HandlerFunction } from '../infra/handler-function.construct.ts';
import { CONSUMER_METRICS } from './consumer.contract.ts';
import type { WorkerFacts } from './queue-worker.rules.construct.ts';

/** A worker, as its alarms need it. */
export interface AlarmedWorker {
  readonly name: string;
  readonly fn: HandlerFunction;
  readonly facts: WorkerFacts;
  /** Whether Lambda ends loops through its function. */
  readonly endsLoops: boolean;
  readonly shared: AlarmProps;
}

/** The alarms about what the code of a worker reports, and what Lambda reports about its function; only those that can fire. */
export function runtimeAlarms(scope: Construct, worker: AlarmedWorker): readonly Alarm[] {
  const { name, facts, fn, endsLoops, shared } = worker;
  const reported = (metricName: string) => runtimeMetric(fn, { metricName, statistic: Stats.SUM, dimensions: { consumer: name } });
  const specs: Readonly<Record<string, AlarmSpec | false>> = {
    RecursionStopped: endsLoops && {
      // The number of invocations that Lambda stopped in a loop (Lambda developer guide, types of metrics).
      metric: fn.metric('RecursiveInvocationsDropped', { statistic: Stats.SUM, period: ALARM_PERIOD }),
      threshold: 1,
      description: `Lambda stopped a chain of about 16 invocations that ran through ${name}; their messages come back and end in its dead-letter queue. Mend the loop, or set "recursiveLoop" where such chains are meant.`,
    },
    Blocked: facts.onExhausted === 'block' && {
      metric: reported(CONSUMER_METRICS.blocked),
      threshold: 1,
      description: `A message of ${name} used up its attempts and holds the order of its key until it succeeds. The log of ${name} says why.`,
    },
    LostWork: facts.delivery === 'at-most-once' && {
      metric: reported(CONSUMER_METRICS.lost),
      threshold: 1,
      description: `${name} gave a message to its handler, which may not be called again, and it was not finished. It waits in the dead-letter queue with the reason; find out what it did and archive it, or consent that it runs again: posthaste redrive --run-again.`,
    },
  };
  return Object.entries(specs).flatMap(([id, spec]) => (spec === false ? [] : [createAlarm(scope, id, { ...spec, ...shared })]));
}
