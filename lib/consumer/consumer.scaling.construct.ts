import { Alias, type CfnEventSourceMapping, type IVersion, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Rule } from '../infra/rules.ts';

/** A range that a quantity moves in. */
export interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

/** Instances kept warm, and when to keep more. */
export interface ProvisionedConcurrency extends Range {
  /**
   * The share of warm instances in use that target tracking aims for, 0.1 to 0.9. Lower is faster under bursts and dearer.
   *
   * @default 0.7
   */
  readonly targetUtilization?: number;
}

/** How a consumer scales. Lambda has no policy of its own for queues: these four are all there is. */
export interface Scaling {
  /**
   * Batches in work at a time, 2 to 1,000. The event source mapping stops fetching at it, so messages wait in the queue instead of being
   * received and throttled. On FIFO the number of keys in flight is a second limit. Excludes `provisionedPollers`.
   *
   * @default - `reservedConcurrency` when that is set; 100 otherwise, a tenth of a fresh account's concurrency, so that one backlog starves
   * nobody
   */
  readonly maxConcurrency?: number;
  /**
   * Pollers that are kept ready, each fetching up to 1 MB/s and invoking up to 10 batches at a time: for queues that must scale in seconds.
   * Minimum 2 to 200, maximum 2 to 10,000. Billed by the hour. Excludes `maxConcurrency`.
   *
   * @default - none: Lambda adds 300 concurrent batches a minute as it sees fit, up to 1,250
   */
  readonly provisionedPollers?: Range;
  /**
   * Instances that are initialized before they are needed, with target tracking between the bounds, on an alias of the current version.
   *
   * @default - none: the first message after a quiet time waits for a cold start
   */
  readonly provisionedConcurrency?: ProvisionedConcurrency;
  /**
   * Concurrency taken out of the account's pool for this function, which it never exceeds.
   *
   * @default - none: it shares the account's pool
   */
  readonly reservedConcurrency?: number;
}

/** A fresh account has 1,000 concurrent executions in a region (Lambda quotas). */
const DEFAULT_MAX_CONCURRENCY = 100;

/** Batches that one provisioned poller invokes at a time (Lambda developer guide, SQS event source scaling: provisioned mode). */
const BATCHES_PER_POLLER = 10;

const isOutside = (value: number | undefined, least: number, most: number) =>
  value !== undefined && (!Number.isInteger(value) || value < least || value > most);

/** The concurrency that a mapping is limited to, or undefined where pollers limit it. */
function maxConcurrencyOf(scaling: Scaling): number | undefined {
  if (scaling.provisionedPollers) return undefined;
  return scaling.maxConcurrency ?? Math.min(scaling.reservedConcurrency ?? DEFAULT_MAX_CONCURRENCY, 1_000);
}

/** The batches that a mapping may have in work at a time. */
function mostBatches(scaling: Scaling): number {
  return maxConcurrencyOf(scaling) ?? (scaling.provisionedPollers?.maximum ?? 0) * BATCHES_PER_POLLER;
}

/** What a consumer's scaling must not be. */
export const SCALING_RULES: readonly Rule<Scaling>[] = [
  {
    when: ({ maxConcurrency, provisionedPollers }) => maxConcurrency !== undefined && provisionedPollers !== undefined,
    message: ({ maxConcurrency, provisionedPollers }) =>
      `scaling has both maxConcurrency ${maxConcurrency} and provisionedPollers ${provisionedPollers?.minimum}–${provisionedPollers?.maximum}; Lambda accepts one of the two: ` +
      'keep provisionedPollers for bursts, maxConcurrency otherwise',
  },
  {
    when: ({ maxConcurrency }) => isOutside(maxConcurrency, 2, 1_000),
    message: ({ maxConcurrency }) =>
      `scaling.maxConcurrency is ${maxConcurrency}; Lambda takes a whole number from 2 to 1000: for one at a time, use an ordered queue with one key`,
  },
  {
    when: ({ provisionedPollers: pollers }) =>
      pollers !== undefined &&
      (isOutside(pollers.minimum, 2, 200) || isOutside(pollers.maximum, 2, 10_000) || pollers.minimum > pollers.maximum),
    message: ({ provisionedPollers: pollers }) =>
      `scaling.provisionedPollers is ${pollers?.minimum}–${pollers?.maximum}; Lambda takes 2 to 200 as the minimum, up to 10000 as the maximum, and the minimum must not be the larger`,
  },
  {
    when: ({ reservedConcurrency }) => isOutside(reservedConcurrency, 2, 1_000_000),
    message: ({ reservedConcurrency }) =>
      `scaling.reservedConcurrency is ${reservedConcurrency}; a mapping needs at least 2, and 0 would stop the consumer while its messages age: set 2 or more`,
  },
  {
    when: (scaling) => scaling.reservedConcurrency !== undefined && mostBatches(scaling) > scaling.reservedConcurrency,
    message: (scaling) =>
      `the event source mapping may have ${mostBatches(scaling)} batches in work but scaling.reservedConcurrency is ${scaling.reservedConcurrency}; the rest would be throttled, which ` +
      'spends their receives without running them: raise reservedConcurrency or lower maxConcurrency or provisionedPollers (10 batches each)',
  },
  {
    when: ({ provisionedConcurrency: range }) =>
      range !== undefined &&
      (isOutside(range.minimum, 1, 1_000_000) || isOutside(range.maximum, 1, 1_000_000) || range.minimum > range.maximum),
    message: ({ provisionedConcurrency: range }) =>
      `scaling.provisionedConcurrency is ${range?.minimum}–${range?.maximum}; give whole numbers from 1, the minimum not above the maximum`,
  },
  {
    when: ({ provisionedConcurrency: range, reservedConcurrency: reserved }) =>
      range !== undefined && reserved !== undefined && range.maximum > reserved,
    message: ({ provisionedConcurrency: range, reservedConcurrency: reserved }) =>
      `scaling.provisionedConcurrency goes up to ${range?.maximum} but scaling.reservedConcurrency is ${reserved}; warm instances come out of the reserved ones: raise reservedConcurrency`,
  },
  {
    when: ({ provisionedConcurrency: range }) =>
      range?.targetUtilization !== undefined && (range.targetUtilization < 0.1 || range.targetUtilization > 0.9),
    message: ({ provisionedConcurrency: range }) =>
      `scaling.provisionedConcurrency.targetUtilization is ${range?.targetUtilization}; it is a share from 0.1 to 0.9`,
  },
];

/** The scaling of an event source mapping, as its resource says it. */
export function mappingScaling(
  scaling: Scaling,
): Pick<ConstructorParameters<typeof CfnEventSourceMapping>[2], 'provisionedPollerConfig' | 'scalingConfig'> {
  const { provisionedPollers: pollers } = scaling;
  if (pollers) return { provisionedPollerConfig: { minimumPollers: pollers.minimum, maximumPollers: pollers.maximum } };
  return { scalingConfig: { maximumConcurrency: maxConcurrencyOf(scaling) as number } };
}

/** ARN of what the mapping invokes: the function, or with provisioned concurrency an alias of its current version, with target tracking. */
export function invocationTarget(fn: LambdaFunction, provisioned: ProvisionedConcurrency | undefined): string {
  if (!provisioned) return fn.functionArn;
  const alias = new Alias(fn, 'live', {
    aliasName: 'live',
    // The CDK's own class and interface disagree on optional members under exactOptionalPropertyTypes.
    version: fn.currentVersion as IVersion,
    // Target tracking has nothing to track until some concurrency is provisioned (Lambda developer guide, managing provisioned
    // concurrency).
    provisionedConcurrentExecutions: provisioned.minimum,
  });
  alias
    .addAutoScaling({ minCapacity: provisioned.minimum, maxCapacity: provisioned.maximum })
    .scaleOnUtilization({ utilizationTarget: provisioned.targetUtilization ?? 0.7 });
  return alias.functionArn;
}
