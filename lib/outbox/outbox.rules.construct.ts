import { Duration, Token } from 'aws-cdk-lib';
import type { Rule } from '../infra/rules.ts';
import { OUTBOX_ATTRIBUTES } from './outbox.contract.ts';

/** How often the sweeper runs. */
export const SWEEP_PERIOD = Duration.minutes(1);

/** What the rules of an `Outbox` look at. */
export interface OutboxFacts {
  readonly source: string;
  readonly sweepAfter: Duration;
  readonly maxRecordAge: Duration;
  readonly retryAttempts: number;
  readonly parallelization: number;
  readonly pendingAlarmAge: Duration;
}

/** DynamoDB keeps a stream record for a day, then trims it any time (DynamoDB developer guide, Streams). */
const STREAM_LIFE = Duration.hours(24);

const outside = (value: number, least: number, most: number) => !Number.isInteger(value) || value < least || value > most;

/** What an outbox must not be. */
export const OUTBOX_RULES: readonly Rule<OutboxFacts>[] = [
  {
    when: ({ maxRecordAge }) => outside(maxRecordAge.toMinutes({ integral: false }), 1, 12 * 60),
    message: ({ maxRecordAge }) =>
      `maxRecordAge is ${maxRecordAge.toHumanString()}; a stream lives 24 hours, and the sweeper must come in good time before: set it between 1 minute and 12 hours`,
  },
  {
    when: ({ maxRecordAge, sweepAfter }) =>
      maxRecordAge.toSeconds() + sweepAfter.toSeconds() + SWEEP_PERIOD.toSeconds() >= STREAM_LIFE.toSeconds(),
    message: ({ maxRecordAge, sweepAfter }) =>
      `maxRecordAge ${maxRecordAge.toHumanString()} + sweepAfter ${sweepAfter.toHumanString()} + the sweep period ${SWEEP_PERIOD.toHumanString()} must stay under the ` +
      "stream's 24 hours, so that a row is tried by both before its record is trimmed: lower one of them",
  },
  {
    when: ({ sweepAfter }) => sweepAfter.toSeconds() < 10,
    message: ({ sweepAfter }) =>
      `sweepAfter is ${sweepAfter.toHumanString()}; rows that the relay is about to publish would be published twice: set it to 10 seconds or more`,
  },
  {
    when: ({ retryAttempts }) => outside(retryAttempts, 0, 1_000),
    message: ({ retryAttempts }) =>
      `retryAttempts is ${retryAttempts}; without an end a record that cannot be published blocks its shard for a day and is then trimmed: give a whole number from 0 to 1000`,
  },
  {
    when: ({ parallelization }) => outside(parallelization, 1, 10),
    message: ({ parallelization }) =>
      `parallelization is ${parallelization}; Lambda reads a shard in 1 to 10 concurrent batches: give a whole number from 1 to 10`,
  },
  {
    when: ({ pendingAlarmAge, sweepAfter }) => pendingAlarmAge.toSeconds() <= sweepAfter.toSeconds() + SWEEP_PERIOD.toSeconds(),
    message: ({ pendingAlarmAge, sweepAfter }) =>
      `pendingAlarmAge is ${pendingAlarmAge.toHumanString()}; a row may wait sweepAfter ${sweepAfter.toHumanString()} and a sweep of ${SWEEP_PERIOD.toHumanString()} without anything ` +
      'being wrong: set it above their sum',
  },
  {
    when: ({ source }) => !Token.isUnresolved(source) && !/^[\w:/?#@!$&'()*+,;=.~%-]+$/.test(source),
    message: ({ source }) => `source is "${source}"; CloudEvents asks for a URI reference: use something like urn:posthaste:orders`,
  },
];

/** What the table of an outbox says once every escape hatch has been used. */
export interface TableFacts {
  readonly ttlAttribute: string | undefined;
  readonly expected: string;
  readonly streamView: string | undefined;
}

/** What the table of an outbox must say. */
export const OUTBOX_TABLE_RULES: readonly Rule<TableFacts>[] = [
  {
    when: ({ streamView }) => streamView !== 'NEW_IMAGE' && streamView !== 'NEW_AND_OLD_IMAGES',
    message: ({ streamView }) =>
      `StreamViewType of the table is ${streamView ?? 'unset'}; the relay publishes from the image of a new row and would be shown none: remove the change`,
  },
  {
    when: ({ ttlAttribute, expected }) => ttlAttribute !== undefined && ttlAttribute !== expected,
    message: ({ ttlAttribute, expected }) =>
      `the table expires items by "${ttlAttribute}"; only commit markers may expire, and they carry "${expected}": a pending message that expires is lost. Remove the change`,
  },
];

/** What the relay's event source mapping says once every escape hatch has been used, in the template's own words. */
export interface MappingFacts {
  readonly MaximumRetryAttempts?: unknown;
  readonly MaximumRecordAgeInSeconds?: unknown;
  readonly FunctionResponseTypes?: unknown;
  readonly DestinationConfig?: unknown;
  readonly FilterCriteria?: unknown;
}

/** Inserts of waiting messages; everything else that happens to the table wakes nobody. */
export const PENDING_INSERTS: string = JSON.stringify({
  eventName: ['INSERT'],
  dynamodb: { NewImage: { [OUTBOX_ATTRIBUTES.state]: { S: [{ prefix: 'PENDING#' }] } } },
});

/** Whether a filter lets every waiting message through: ours, or none at all. */
function passesPending(criteria: unknown): boolean {
  const { Filters: filters = [] } = (criteria ?? {}) as { readonly Filters?: readonly { readonly Pattern?: unknown }[] };
  return filters.length === 0 || filters.some(({ Pattern: pattern }) => pattern === PENDING_INSERTS);
}

const isBetween = (value: unknown, least: number, most: number) => typeof value === 'number' && value >= least && value <= most;

/**
 * The mapping's own defaults would block a shard for a day behind one record, and lose it then (Lambda developer guide, DynamoDB
 * parameters).
 */
export const OUTBOX_MAPPING_RULES: readonly Rule<MappingFacts>[] = [
  {
    when: ({ MaximumRetryAttempts: attempts }) => !isBetween(attempts, 0, 10_000),
    message: ({ MaximumRetryAttempts: attempts }) =>
      `MaximumRetryAttempts of the stream mapping is ${attempts ?? 'unset'}, which means without end: use the prop "retryAttempts"`,
  },
  {
    when: ({ MaximumRecordAgeInSeconds: age }) => !isBetween(age, 60, 12 * 3600),
    message: ({ MaximumRecordAgeInSeconds: age }) =>
      `MaximumRecordAgeInSeconds of the stream mapping is ${age ?? 'unset'}; it must end by 12 hours, before the stream does: use the prop "maxRecordAge"`,
  },
  {
    when: ({ FunctionResponseTypes: types }) => !(Array.isArray(types) && types.includes('ReportBatchItemFailures')),
    message: () =>
      'FunctionResponseTypes of the stream mapping lacks ReportBatchItemFailures; Lambda would take every partial failure for success and skip it: remove the change',
  },
  {
    when: ({ DestinationConfig: destination }) => destination === undefined,
    message: () => 'the stream mapping has no on-failure destination; a batch that is given up would leave no trace: remove the change',
  },
  {
    when: ({ FilterCriteria: criteria }) => !passesPending(criteria),
    message: ({ FilterCriteria: criteria }) =>
      `FilterCriteria of the stream mapping is ${JSON.stringify(criteria)}; it must let every insert of a waiting row through, or only the sweeper would publish: remove the change`,
  },
];
