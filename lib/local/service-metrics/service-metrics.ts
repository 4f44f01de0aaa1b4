import type { Clock } from '../../core/clock.ts';
import type { EventSourceMappings } from '../event-source-mapping/event-source-mappings.ts';
import type { InvocationEvent } from '../lambda/executor.ts';
import type { LambdaEngine } from '../lambda/lambda.ts';
import type { Sns } from '../sns/sns.ts';
import type { Sqs } from '../sqs/sqs.ts';
import { createFunctionMetrics } from './function-metrics.ts';
import type { MetricSink } from './metric-sink.ts';
import { createQueueMetrics } from './queue-metrics.ts';
import { createStreamMetrics } from './stream-metrics.ts';
import { createTopicMetrics } from './topic-metrics.ts';

/** Whose metrics, and where they go. */
export interface ServiceMetricsDeps {
  readonly clock: Clock;
  readonly sqs: Sqs;
  readonly sns: Sns;
  readonly mappings: EventSourceMappings;
  /** Tells what runs at the moment. @default - nothing does */
  readonly lambda?: Pick<LambdaEngine, 'count'>;
  readonly sink: MetricSink;
}

/** The metrics that the services report of themselves. */
export interface ServiceMetrics {
  /** An invocation ended or was refused. */
  invoked(event: InvocationEvent): void;
  /** Reports what has become of everything since the last time. The first time in a minute closes the minute before. */
  collect(): void;
}

const MINUTE_MS = 60_000;

/** Nothing is done as messages pass: the engines count, and whoever collects asks them. */
export function createServiceMetrics({ clock, sqs, sns, mappings, lambda, sink }: ServiceMetricsDeps): ServiceMetrics {
  const functions = createFunctionMetrics((name) => lambda?.count(name).busy ?? 0, sink);
  const reports = [createQueueMetrics(sqs, sink), createTopicMetrics(sns, sink), createStreamMetrics(mappings, sink), functions.sample];
  let collectedAt = clock.now();
  return {
    invoked: functions.invoked,
    collect() {
      const now = clock.now();
      const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS;
      const at = collectedAt < minute ? minute - 1 : now;
      collectedAt = now;
      for (const report of reports) report(at);
    },
  };
}
