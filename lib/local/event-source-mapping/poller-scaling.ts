import type { MappingConfig } from './mapping-config.ts';

/** How many invocations an SQS mapping may run at a time, and how fast that grows under a backlog. */
export interface PollerScaling {
  /** Concurrency with which a mapping starts after idleness. */
  readonly initial: number;
  /** Concurrency added for each minute of continuous work. */
  readonly perMinute: number;
  /** Concurrency that a mapping never exceeds. */
  readonly maximum: number;
}

/** AWS's own figures for standard mode (Lambda guide, "Configuring scaling behavior for SQS event source mappings"). */
export const AWS_POLLER_SCALING: PollerScaling = { initial: 5, perMinute: 300, maximum: 1_250 };

/** Invocations that one provisioned poller carries (same page, "provisioned mode"). */
const INVOCATIONS_PER_POLLER = 10;

/** The concurrency that a mapping may use after `busyMs` milliseconds of continuous work. */
export function concurrencyLimit(config: MappingConfig, scaling: PollerScaling, busyMs: number): number {
  if (config.maximumPollers !== undefined) return config.maximumPollers * INVOCATIONS_PER_POLLER;
  const ramped = scaling.initial + Math.floor((busyMs / 60_000) * scaling.perMinute);
  return Math.min(ramped, scaling.maximum, config.maximumConcurrency ?? Number.POSITIVE_INFINITY);
}

/** How long until the limit grows by one, for a mapping that has more work than its limit allows; undefined when it never grows. */
export function rampStepMs(config: MappingConfig, scaling: PollerScaling, limit: number): number | undefined {
  const most = Math.min(scaling.maximum, config.maximumConcurrency ?? Number.POSITIVE_INFINITY);
  if (config.maximumPollers !== undefined || scaling.perMinute <= 0 || limit >= most) return undefined;
  return Math.ceil(60_000 / scaling.perMinute);
}
