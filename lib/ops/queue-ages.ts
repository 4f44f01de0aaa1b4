import { GetMetricDataCommand, type GetMetricDataCommandOutput, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import { retry } from '../retry/retry.ts';
import type { CommandSender } from '../topic/send-result.ts';
import type { QueueAddress } from '../topology/topology.contract.ts';

/** What asking for ages works with: a client made with `maxAttempts: 1`. */
export interface QueueAgesDeps {
  readonly cloudwatch: CommandSender;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** Ages of the oldest messages of queues, remembered for a minute. */
export interface QueueAges {
  /** Seconds by the queues' ARNs; those that CloudWatch has no figure of are absent. `fresh` asks again for each. */
  read(queues: readonly QueueAddress[], options: { readonly fresh: boolean }): Promise<ReadonlyMap<string, number>>;
}

/** Metrics in one GetMetricData ("up to 500 MetricDataQuery structures", API_GetMetricData). */
const MAX_QUERIES = 500;
/** SQS sends its metrics once a minute, and CloudWatch may be some minutes behind ("Available CloudWatch metrics for Amazon SQS"). */
const LOOK_BACK_MS = 600_000;
/** Each figure that is asked for costs (CloudWatch pricing, GetMetricData), and changes once a minute. */
const KEPT_MS = 60_000;

/** Remembers ages for as long as its process lives. */
export function createQueueAges(deps: QueueAgesDeps): QueueAges {
  const known = new Map<string, { readonly seconds: number | undefined; readonly at: number }>();
  const isOld = ({ arn }: QueueAddress) => deps.clock.now() - (known.get(arn)?.at ?? Number.NEGATIVE_INFINITY) >= KEPT_MS;
  return {
    async read(queues, { fresh }) {
      const due = queues.filter((queue) => fresh || isOld(queue));
      const at = deps.clock.now();
      const ages = await agesOf(deps, due);
      for (const { arn } of due) known.set(arn, { seconds: ages.get(arn), at });
      return new Map(
        queues.flatMap(({ arn }) => {
          const seconds = known.get(arn)?.seconds;
          return seconds === undefined ? [] : [[arn, seconds] as const];
        }),
      );
    },
  };
}

async function agesOf(deps: QueueAgesDeps, queues: readonly QueueAddress[]): Promise<ReadonlyMap<string, number>> {
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

async function latestOf({ cloudwatch, clock, rng }: QueueAgesDeps, queries: readonly MetricDataQuery[]): Promise<Map<string, number>> {
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
