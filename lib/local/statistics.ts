import type { Interceptor } from './aws.ts';
import { embeddedMetrics } from './cloudwatch/embedded-metrics.ts';

/** What one metric of one set of dimensions added up to. */
export interface MetricTotal {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly sum: number;
  /** Single values, as far as they were kept: latencies need them. */
  readonly values: readonly number[];
}

/** What functions counted of themselves and what they asked of AWS. */
export interface Statistics {
  /** Metrics that functions wrote in CloudWatch's embedded metric format. */
  readonly metrics: readonly MetricTotal[];
  /** `service:Action` → calls by functions and on their behalf, pollers included. */
  readonly calls: Readonly<Record<string, number>>;
  /** Runs of functions, by name. */
  readonly invocations: Readonly<Record<string, number>>;
  /** Runs that ended in an error, by name. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Collects statistics from what passes by. */
export interface StatisticsCollector {
  readonly interceptor: Interceptor;
  /** A call that was made within a tick, past the interceptors. */
  called(service: string, action: string): void;
  /** A line that a function logged. */
  logged(line: string): void;
  invoked(functionName: string, failed: boolean): void;
  read(): Statistics;
}

/** Values kept of one metric; a long-lived stack must not grow without end. */
const MAX_VALUES = 100_000;

/** Starts with nothing counted. */
export function collectStatistics(): StatisticsCollector {
  const calls = new Map<string, number>();
  const invocations = new Map<string, number>();
  const errors = new Map<string, number>();
  const metrics = new Map<string, { name: string; dimensions: Record<string, string>; sum: number; values: number[] }>();

  const called = (service: string, action: string) => add(calls, `${service}:${action}`);
  return {
    called,
    interceptor: (request, next) => {
      if (request.caller.kind === 'role') called(request.service, request.action);
      return next();
    },
    logged(line) {
      for (const { metric: named, observation } of embeddedMetrics(line)) {
        const dimensions = Object.fromEntries(named.dimensions.map(({ Name, Value }) => [Name, Value]));
        const key = JSON.stringify([named.name, dimensions]);
        const metric = metrics.get(key) ?? { name: named.name, dimensions, sum: 0, values: [] };
        for (const value of observation.values) {
          metric.sum += value;
          if (metric.values.length < MAX_VALUES) metric.values.push(value);
        }
        metrics.set(key, metric);
      }
    },
    invoked(functionName, failed) {
      add(invocations, functionName);
      if (failed) add(errors, functionName);
    },
    read: () => ({
      metrics: [...metrics.values()],
      calls: Object.fromEntries([...calls].sort()),
      invocations: Object.fromEntries(invocations),
      errors: Object.fromEntries(errors),
    }),
  };
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
