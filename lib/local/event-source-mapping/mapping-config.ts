import { AwsError, type Json } from '../aws.ts';
import { compileFilterCriteria } from './filter-criteria.ts';

/** What kind of source a mapping reads, from its ARN. */
type SourceKind = 'sqs' | 'sqs-fifo' | 'dynamodb';

/** The settings of a mapping with every default filled in. */
export interface MappingConfig {
  readonly functionArn: string;
  readonly eventSourceArn: string;
  readonly source: SourceKind;
  readonly enabled: boolean;
  readonly batchSize: number;
  readonly windowSeconds: number;
  readonly reportsItemFailures: boolean;
  readonly filterCriteria: unknown;
  /** SQS: the most invocations at a time, when set. */
  readonly maximumConcurrency: number | undefined;
  /** SQS: provisioned pollers; each carries ten invocations. */
  readonly maximumPollers: number | undefined;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST' | undefined;
  readonly parallelizationFactor: number;
  /** −1 means until the record expires. */
  readonly maximumRetryAttempts: number;
  /** −1 means until the record expires. */
  readonly maximumRecordAgeSeconds: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly onFailureArn: string | undefined;
}

/** Reads the input of CreateEventSourceMapping, or of UpdateEventSourceMapping laid over the stored input, and refuses what AWS refuses. */
export function readMappingConfig(functionArn: string, input: Json): MappingConfig {
  const eventSourceArn = String(input['EventSourceArn'] ?? '');
  const source = sourceKind(eventSourceArn);
  const config: MappingConfig = {
    functionArn,
    eventSourceArn,
    source,
    enabled: input['Enabled'] !== false,
    batchSize: integer(input, { name: 'BatchSize', fallback: source === 'dynamodb' ? 100 : 10, least: 1, most: 10_000 }),
    windowSeconds: integer(input, { name: 'MaximumBatchingWindowInSeconds', fallback: 0, least: 0, most: 300 }),
    reportsItemFailures: ((input['FunctionResponseTypes'] as string[] | undefined) ?? []).includes('ReportBatchItemFailures'),
    filterCriteria: input['FilterCriteria'],
    maximumConcurrency: maximumConcurrency(input),
    maximumPollers: maximumPollers(input),
    startingPosition: input['StartingPosition'] as MappingConfig['startingPosition'],
    parallelizationFactor: integer(input, { name: 'ParallelizationFactor', fallback: 1, least: 1, most: 10 }),
    maximumRetryAttempts: integer(input, { name: 'MaximumRetryAttempts', fallback: -1, least: -1, most: 10_000 }),
    maximumRecordAgeSeconds: integer(input, { name: 'MaximumRecordAgeInSeconds', fallback: -1, least: -1, most: 604_800 }),
    bisectBatchOnFunctionError: input['BisectBatchOnFunctionError'] === true,
    onFailureArn: (input['DestinationConfig'] as { OnFailure?: { Destination?: string } } | undefined)?.OnFailure?.Destination,
  };
  compileFilterCriteria(config.filterCriteria);
  if (source === 'dynamodb') checkStream(config, input);
  else checkQueue(config, input);
  return config;
}

function sourceKind(arn: string): SourceKind {
  if (/^arn:[^:]+:sqs:[^:]*:\d{12}:[\w-]+\.fifo$/.test(arn)) return 'sqs-fifo';
  if (/^arn:[^:]+:sqs:[^:]*:\d{12}:[\w-]+$/.test(arn)) return 'sqs';
  if (/^arn:[^:]+:dynamodb:[^:]*:\d{12}:table\/[^/]+\/stream\/.+$/.test(arn)) return 'dynamodb';
  throw invalid(`Unrecognized event source, must be an Amazon SQS queue or a DynamoDB stream here: ${arn}`);
}

function checkQueue(config: MappingConfig, input: Json): void {
  if (config.source === 'sqs-fifo' && config.windowSeconds > 0) throw invalid('Batching window is not supported for FIFO queues');
  if (config.source === 'sqs-fifo' && config.batchSize > 10) throw invalid('Maximum batch size for FIFO queues is 10');
  if (config.batchSize > 10 && config.windowSeconds < 1) {
    throw invalid('Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10');
  }
  if (config.maximumConcurrency !== undefined && config.maximumPollers !== undefined) {
    throw invalid('ScalingConfig and ProvisionedPollerConfig cannot both be specified.');
  }
  const foreign = [
    'StartingPosition',
    'ParallelizationFactor',
    'MaximumRetryAttempts',
    'MaximumRecordAgeInSeconds',
    'TumblingWindowInSeconds',
  ];
  for (const name of [...foreign, 'BisectBatchOnFunctionError', 'DestinationConfig']) {
    if (isSet(input[name])) throw invalid(`Unsupported parameter for event source type SQS: ${name}`);
  }
}

/** An empty structure and `false` are how templates and clients spell "not set". */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return typeof value !== 'object' || Object.values(value).some(isSet);
}

function checkStream(config: MappingConfig, input: Json): void {
  if (config.startingPosition !== 'TRIM_HORIZON' && config.startingPosition !== 'LATEST') {
    throw invalid('StartingPosition must be TRIM_HORIZON or LATEST for a DynamoDB stream.');
  }
  if (Number(input['TumblingWindowInSeconds'] ?? 0) > 0) {
    throw invalid(
      'TumblingWindowInSeconds is not supported by the embedded Lambda: a function that keeps state between windows runs on AWS only.',
    );
  }
  if (config.maximumRecordAgeSeconds >= 0 && config.maximumRecordAgeSeconds < 60)
    throw invalid('MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.');
  if (config.windowSeconds < 1 && config.batchSize > 1_000) {
    throw invalid('Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 1000');
  }
  for (const name of ['ScalingConfig', 'ProvisionedPollerConfig']) {
    if (isSet(input[name])) throw invalid(`Unsupported parameter for event source type DynamoDB: ${name}`);
  }
}

function maximumConcurrency(input: Json): number | undefined {
  const scaling = (input['ScalingConfig'] ?? {}) as Json;
  if (scaling['MaximumConcurrency'] === undefined) return undefined;
  return integer(scaling, { name: 'MaximumConcurrency', fallback: 2, least: 2, most: 1_000 });
}

function maximumPollers(input: Json): number | undefined {
  const pollers = (input['ProvisionedPollerConfig'] ?? {}) as Json;
  if (!isSet(pollers)) return undefined;
  const minimum = integer(pollers, { name: 'MinimumPollers', fallback: 2, least: 2, most: 200 });
  const maximum = integer(pollers, { name: 'MaximumPollers', fallback: Math.max(200, minimum), least: 2, most: 10_000 });
  if (minimum > maximum) throw invalid('MinimumPollers must not be greater than MaximumPollers.');
  return maximum;
}

function integer(input: Json, rule: { name: string; fallback: number; least: number; most: number }): number {
  const value = input[rule.name];
  if (value === undefined || value === null) return rule.fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= rule.least && value <= rule.most) return value;
  throw invalid(
    `Value '${String(value)}' at '${rule.name}' failed to satisfy constraint: Member must be between ${rule.least} and ${rule.most}`,
  );
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}
