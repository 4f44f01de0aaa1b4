import type { Json } from '../aws.ts';

/** A name and value that tell metrics of one name apart. */
export interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

/** Which metric. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
}

/** One or several observations at one time. */
export interface Observation {
  readonly values: readonly number[];
  /** How often each value was seen; once each by default. */
  readonly counts?: readonly number[];
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly unit: string;
}

/** What was observed in one minute. */
interface Minute {
  count: number;
  sum: number;
  min: number;
  max: number;
  /** Value and how often, for percentiles; the first ones of a minute stand for all. */
  readonly samples: [value: number, count: number][];
  unit: string;
}

interface Series {
  readonly metric: MetricName;
  readonly minutes: Map<number, Minute>;
}

/** Metrics in memory, by the minute. */
export interface MetricStore {
  record(metric: MetricName, observation: Observation): void;
  list(): readonly MetricName[];
  /** A statistic for each period of `[start, end)` that saw something, oldest first; times in milliseconds since the epoch. */
  statistic(metric: MetricName, window: MetricWindow, statistic: string): { timestamp: number; value: number; unit: string }[];
}

/** From when to when, and in what steps; milliseconds. */
export interface MetricWindow {
  readonly start: number;
  readonly end: number;
  readonly period: number;
}

const MINUTE_MS = 60_000;
const MAX_MINUTES = 10_080;
const MAX_SAMPLES = 1_000;

const keyOf = ({ namespace, name, dimensions }: MetricName): string =>
  JSON.stringify([namespace, name, dimensions.map(({ Name, Value }) => [Name, Value]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1))]);

/** An empty store; it keeps the last week of each metric. */
export function createMetricStore(): MetricStore {
  const series = new Map<string, Series>();
  return {
    record(metric, observation) {
      const key = keyOf(metric);
      const found = series.get(key) ?? { metric, minutes: new Map() };
      series.set(key, found);
      observe(found.minutes, observation);
    },
    list: () => [...series.values()].map(({ metric }) => metric),
    statistic(metric, { start, end, period }, statistic) {
      const periods = new Map<number, Minute[]>();
      for (const [at, minute] of series.get(keyOf(metric))?.minutes ?? []) {
        if (at < Math.floor(start / MINUTE_MS) * MINUTE_MS || at >= end) continue;
        const bucket = Math.floor(at / period) * period;
        periods.set(bucket, [...(periods.get(bucket) ?? []), minute]);
      }
      return [...periods]
        .sort(([a], [b]) => a - b)
        .map(([timestamp, minutes]) => ({ timestamp, value: statisticOf(minutes, statistic), unit: minutes[0]?.unit ?? 'None' }));
    },
  };
}

function observe(minutes: Map<number, Minute>, { values, counts = [], timestamp, unit }: Observation): void {
  const at = Math.floor(timestamp / MINUTE_MS) * MINUTE_MS;
  const minute = minutes.get(at) ?? { count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, samples: [], unit };
  for (const [index, value] of values.entries()) {
    const count = counts[index] ?? 1;
    minute.count += count;
    minute.sum += value * count;
    minute.min = Math.min(minute.min, value);
    minute.max = Math.max(minute.max, value);
    if (minute.samples.length < MAX_SAMPLES) minute.samples.push([value, count]);
  }
  minutes.set(at, minute);
  const oldest = minutes.keys().next().value;
  if (minutes.size > MAX_MINUTES && oldest !== undefined) minutes.delete(oldest);
}

function statisticOf(minutes: readonly Minute[], statistic: string): number {
  const count = minutes.reduce((total, minute) => total + minute.count, 0);
  const sum = minutes.reduce((total, minute) => total + minute.sum, 0);
  if (statistic === 'SampleCount') return count;
  if (statistic === 'Sum') return sum;
  if (statistic === 'Average') return sum / count;
  if (statistic === 'Minimum') return Math.min(...minutes.map(({ min }) => min));
  if (statistic === 'Maximum') return Math.max(...minutes.map(({ max }) => max));
  const percent = Number(/^p(\d+(?:\.\d+)?)$/.exec(statistic)?.[1] ?? Number.NaN);
  return percentile(
    minutes.flatMap(({ samples }) => samples),
    percent / 100,
  );
}

function percentile(samples: readonly (readonly [number, number])[], share: number): number {
  const sorted = [...samples].sort(([a], [b]) => a - b);
  const wanted = share * sorted.reduce((total, [, count]) => total + count, 0);
  let seen = 0;
  for (const [value, count] of sorted) {
    seen += count;
    if (seen >= wanted) return value;
  }
  return sorted.at(-1)?.[0] ?? Number.NaN;
}

/** Whether a text names a statistic that this store computes. */
export const isStatistic = (text: string): boolean => /^(SampleCount|Sum|Average|Minimum|Maximum|p(100|\d{1,2}(\.\d+)?))$/.test(text);

/** The metric that an API input names. */
export function metricOf(input: Json): MetricName {
  return {
    namespace: String(input['Namespace'] ?? ''),
    name: String(input['MetricName'] ?? ''),
    dimensions: (input['Dimensions'] ?? []) as Dimension[],
  };
}
