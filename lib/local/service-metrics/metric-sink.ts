import type { MetricName, Observation } from '../cloudwatch/metric-store.ts';

/** Files an observation under a metric. */
export type MetricSink = (metric: MetricName, observation: Observation) => void;

/** Whose metrics, and when they were observed. */
interface Subject {
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Files the metrics of one resource at one time: name, unit and what was seen; nothing seen files nothing. */
export function reportOn(sink: MetricSink, { namespace, dimensions, at }: Subject) {
  const named = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return (name: string, unit: string, ...values: readonly number[]): void => {
    if (values.length > 0) sink({ namespace, name, dimensions: named }, { values, timestamp: at, unit });
  };
}
