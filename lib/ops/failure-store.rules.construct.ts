import type { Duration } from 'aws-cdk-lib';
import type { Rule } from '../infra/rules.ts';

/** What the rules of a `FailureStore` look at. */
export interface FailureStoreFacts {
  /** The path of the store that the stack has already. */
  readonly other: string | undefined;
  readonly oldestAlarmAge: Duration;
}

/** What a failure store must not be. */
export const FAILURE_STORE_RULES: readonly Rule<FailureStoreFacts>[] = [
  {
    when: ({ other }) => other !== undefined,
    message: ({ other }) =>
      `the stack has a failure store already, ${other}; it drains every dead-letter queue of the stack, and a second one would get every other letter: remove one of the two`,
  },
  {
    when: ({ oldestAlarmAge }) => oldestAlarmAge.toMinutes({ integral: false }) < 1,
    message: ({ oldestAlarmAge }) =>
      `oldestAlarmAge is ${oldestAlarmAge.toHumanString()}; the age is measured once a minute: set it to a minute or more`,
  },
];

/** What the template says of a queue that is drained, once every escape hatch has been used. */
export interface DrainedQueueFacts {
  readonly name: string;
  readonly queue: Readonly<Record<string, unknown>>;
  readonly mapping: Readonly<Record<string, unknown>>;
  readonly timeoutSeconds: number;
}

const HOUR_SECONDS = 3_600;

/** The inequalities of draining, on what will be deployed. */
export const DRAINED_QUEUE_RULES: readonly Rule<DrainedQueueFacts>[] = [
  {
    when: ({ queue }) => Number(queue['MessageRetentionPeriod'] ?? 0) < 24 * HOUR_SECONDS,
    message: ({ name, queue }) =>
      `the dead-letter queue ${name} keeps letters for ${Number(queue['MessageRetentionPeriod'] ?? 0)} s; while the failure store is out of reach they wait there: keep them for a day at least`,
  },
  {
    when: ({ queue, timeoutSeconds }) => Number(queue['VisibilityTimeout'] ?? 30) < 6 * timeoutSeconds,
    message: ({ name, queue, timeoutSeconds }) =>
      `the visibility timeout of the dead-letter queue ${name} is ${Number(queue['VisibilityTimeout'] ?? 30)} s; six times the indexer's timeout are ${6 * timeoutSeconds} s: remove the change`,
  },
  {
    when: ({ mapping }) => !JSON.stringify(mapping['FunctionResponseTypes'] ?? []).includes('ReportBatchItemFailures'),
    message: ({ name }) =>
      `FunctionResponseTypes of the mapping that drains ${name} lacks ReportBatchItemFailures; a letter that was not kept would be deleted: remove the change`,
  },
];
