import type { InvocationEvent } from '../lambda/executor.ts';
import { type MetricSink, reportOn } from './metric-sink.ts';

/** What the invocations of a function, or of an alias of it, were since the last report. */
interface Tally {
  readonly dimensions: Readonly<Record<string, string>>;
  invocations: number;
  errors: number;
  throttles: number;
  stopped: number;
  readonly durations: number[];
}

/** Counts invocations as they end, and reports them. */
export interface FunctionMetrics {
  invoked(event: InvocationEvent): void;
  sample(at: number): void;
}

/**
 * Reports `AWS/Lambda` by function, by alias and for the account (Lambda guide, "Types of metrics for Lambda functions"): a throttled
 * request and one that would run in a loop are no invocations, and concurrency is what runs at the moment of the report.
 */
export function createFunctionMetrics(busy: (functionName?: string) => number, sink: MetricSink): FunctionMetrics {
  const tallies = new Map<string, Tally>();

  function tallyOf(dimensions: Readonly<Record<string, string>>): Tally {
    const key = Object.values(dimensions).join(' ');
    const tally = tallies.get(key) ?? { dimensions, invocations: 0, errors: 0, throttles: 0, stopped: 0, durations: [] };
    tallies.set(key, tally);
    return tally;
  }

  return {
    invoked(event) {
      for (const dimensions of dimensionsOf(event)) count(tallyOf(dimensions), event);
    },
    sample(at) {
      for (const { dimensions, invocations, errors, throttles, stopped, durations } of tallies.values()) {
        const report = reportOn(sink, { namespace: 'AWS/Lambda', dimensions, at });
        report('Throttles', 'Count', throttles);
        if (stopped > 0) report('RecursiveInvocationsDropped', 'Count', stopped);
        if (dimensions['Resource'] === undefined) report('ConcurrentExecutions', 'Count', busy(dimensions['FunctionName']));
        if (invocations === 0) continue;
        report('Invocations', 'Count', invocations);
        report('Errors', 'Count', errors);
        report('Duration', 'Milliseconds', ...durations);
      }
      tallies.clear();
    },
  };
}

function dimensionsOf({ functionName: FunctionName, qualifier }: InvocationEvent): Readonly<Record<string, string>>[] {
  const alias = qualifier === undefined ? [] : [{ FunctionName, Resource: `${FunctionName}:${qualifier}` }];
  return [{}, { FunctionName }, ...alias];
}

function count(tally: Tally, { outcome, durationMs }: InvocationEvent): void {
  if (outcome === 'throttled' || outcome === 'recursive') {
    tally[outcome === 'throttled' ? 'throttles' : 'stopped'] += 1;
    return;
  }
  tally.invocations += 1;
  tally.durations.push(durationMs);
  if (outcome === 'error') tally.errors += 1;
}
