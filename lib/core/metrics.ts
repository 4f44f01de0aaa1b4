/** Counts and measures as the runtime needs them; the composition root maps them to CloudWatch EMF through Powertools. */
export interface Metrics {
  /** Adds to a metric. `unit` defaults to a count. */
  add(name: string, value: number, options?: { readonly unit?: MetricUnit; readonly dimensions?: Readonly<Record<string, string>> }): void;
}

/** The CloudWatch units in use. */
export type MetricUnit = 'Count' | 'Milliseconds' | 'Seconds' | 'Bytes';

/** Measures nothing: for tests and simulations. */
export const silentMetrics: Metrics = { add() {} };
