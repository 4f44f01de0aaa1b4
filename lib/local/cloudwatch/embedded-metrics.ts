import type { MetricName, Observation } from './metric-store.ts';

/** A metric and what was observed of it. */
export interface EmbeddedMetric {
  readonly metric: MetricName;
  readonly observation: Observation;
}

interface Directive {
  readonly Namespace?: string;
  readonly Dimensions?: readonly (readonly string[])[];
  readonly Metrics?: readonly { readonly Name?: string; readonly Unit?: string }[];
}

/**
 * The metrics in a log line of the embedded metric format; none for any other line (CloudWatch User Guide, "Specification: Embedded
 * metric format"). A metric is observed once for each of its dimension sets.
 */
export function embeddedMetrics(message: string): readonly EmbeddedMetric[] {
  if (!message.includes('"_aws"')) return [];
  const line = parse(message.slice(message.indexOf('{')));
  const { CloudWatchMetrics: directives = [], Timestamp: timestamp } = (line?.['_aws'] ?? {}) as {
    CloudWatchMetrics?: readonly Directive[];
    Timestamp?: number;
  };
  if (line === undefined || typeof timestamp !== 'number') return [];
  return directives.flatMap(({ Namespace = '', Dimensions = [[]], Metrics = [] }) =>
    Metrics.flatMap(({ Name = '', Unit = 'None' }) => {
      const values = [line[Name]].flat().filter((value) => typeof value === 'number');
      if (values.length === 0) return [];
      return Dimensions.map((names) => {
        const dimensions = names.map((name) => ({ Name: name, Value: String(line[name] ?? '') }));
        return { metric: { namespace: Namespace, name: Name, dimensions }, observation: { values, timestamp, unit: Unit } };
      });
    }),
  );
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
