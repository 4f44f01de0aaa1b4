import { GetMetricDataCommand, type GetMetricDataCommandOutput, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { GetEventSourceMappingCommand, type GetEventSourceMappingCommandOutput } from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand, type GetQueueAttributesCommandOutput } from '@aws-sdk/client-sqs';
import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import { retry } from '../retry/retry.ts';
import type { CommandSender } from '../topic/send-result.ts';
import type { QueueAddress } from '../topology/topology.contract.ts';
import type { QueueStatus } from './operations.ts';

/** What looking at queues works with: clients made with `maxAttempts: 1`. */
export interface QueueStatusDeps {
  readonly sqs: CommandSender;
  readonly cloudwatch: CommandSender;
  readonly lambda: CommandSender;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** Metrics in one GetMetricData ("up to 500 MetricDataQuery structures", API_GetMetricData). */
const MAX_QUERIES = 500;
/** SQS sends its metrics once a minute, and CloudWatch may be some minutes behind ("Available CloudWatch metrics for Amazon SQS"). */
const LOOK_BACK_MS = 600_000;

/** Messages in a queue, approximately, as SQS says. */
export async function countsOf({ sqs, clock, rng }: QueueStatusDeps, { url }: QueueAddress): Promise<QueueStatus> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: url,
    AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'],
  });
  const { Attributes = {} }: GetQueueAttributesCommandOutput = await retry(() => sqs.send(command), { clock, rng });
  return {
    visible: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
    inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
    delayed: Number(Attributes['ApproximateNumberOfMessagesDelayed'] ?? 0),
  };
}

/** Ages of the oldest messages in seconds by the queues' ARNs; those that CloudWatch has no figure of are absent. */
export async function agesOf(deps: QueueStatusDeps, queues: readonly QueueAddress[]): Promise<ReadonlyMap<string, number>> {
  const ages = new Map<string, number>();
  for (let at = 0; at < queues.length; at += MAX_QUERIES) {
    const some = queues.slice(at, at + MAX_QUERIES);
    const values = await latestOf(deps, some.map(ageQuery));
    some.forEach(({ arn }, index) => {
      const age = values.get(`q${index}`);
      if (age !== undefined) ages.set(arn, age);
    });
  }
  return ages;
}

function ageQuery({ arn }: QueueAddress, index: number): MetricDataQuery {
  const Dimensions = [{ Name: 'QueueName', Value: arn.slice(arn.lastIndexOf(':') + 1) }];
  const Metric = { Namespace: 'AWS/SQS', MetricName: 'ApproximateAgeOfOldestMessage', Dimensions };
  return { Id: `q${index}`, MetricStat: { Metric, Period: 60, Stat: 'Maximum' } };
}

async function latestOf({ cloudwatch, clock, rng }: QueueStatusDeps, queries: readonly MetricDataQuery[]): Promise<Map<string, number>> {
  const latest = new Map<string, number>();
  let NextToken: string | undefined;
  do {
    const command = new GetMetricDataCommand({
      MetricDataQueries: [...queries],
      StartTime: new Date(clock.now() - LOOK_BACK_MS),
      EndTime: new Date(clock.now()),
      ScanBy: 'TimestampDescending',
      ...(NextToken !== undefined && { NextToken }),
    });
    const output: GetMetricDataCommandOutput = await retry(() => cloudwatch.send(command), { clock, rng });
    for (const { Id = '', Values = [] } of output.MetricDataResults ?? []) {
      const [value] = Values;
      if (value !== undefined && !latest.has(Id)) latest.set(Id, value);
    }
    NextToken = output.NextToken;
  } while (NextToken !== undefined && NextToken !== '');
  return latest;
}

/** Whether an event source mapping delivers, in Lambda's words. */
export async function mappingState({ lambda, clock, rng }: QueueStatusDeps, UUID: string): Promise<string> {
  const command = new GetEventSourceMappingCommand({ UUID });
  const { State }: GetEventSourceMappingCommandOutput = await retry(() => lambda.send(command), { clock, rng });
  return State ?? 'unknown';
}
