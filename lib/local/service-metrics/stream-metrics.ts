import type { EventSourceMappings } from '../event-source-mapping/event-source-mappings.ts';
import { createGrowth } from './growth.ts';
import { type MetricSink, reportOn } from './metric-sink.ts';

/**
 * Reports `IteratorAge` of the functions that read streams: the age of the oldest record taken and not passed, zero when a run passed them
 * all. A mapping that neither runs nor waits reports nothing.
 */
export function createStreamMetrics(mappings: Pick<EventSourceMappings, 'list' | 'stats'>, sink: MetricSink): (at: number) => void {
  const growth = createGrowth();
  return (at) => {
    for (const { UUID, EventSourceArn, FunctionArn } of mappings.list({})) {
      if (!String(EventSourceArn).includes('/stream/')) continue;
      const { invocations, iteratorAgeMs } = mappings.stats(String(UUID));
      if (growth(String(UUID), invocations) === 0 && iteratorAgeMs === undefined) continue;
      const dimensions = { FunctionName: String(FunctionArn).split(':')[6] ?? String(FunctionArn) };
      reportOn(sink, { namespace: 'AWS/Lambda', dimensions, at })('IteratorAge', 'Milliseconds', iteratorAgeMs ?? 0);
    }
  };
}
