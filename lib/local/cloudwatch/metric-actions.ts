import { AwsError, type Json } from '../aws.ts';
import { type Action, invalid, missing, texts, type World } from './cloudwatch-world.ts';
import { type Dimension, isStatistic, metricOf } from './metric-store.ts';

function putMetricData(world: World, input: Json): Json {
  const namespace = String(input['Namespace'] ?? '');
  if (namespace === '') throw missing('Namespace');
  for (const datum of (input['MetricData'] ?? []) as Json[]) {
    const metric = { ...metricOf(datum), namespace };
    const timestamp = datum['Timestamp'] === undefined ? world.clock.now() : Number(datum['Timestamp']) * 1000;
    const unit = String(datum['Unit'] ?? 'None');
    const set = datum['StatisticValues'] as Record<string, number> | undefined;
    if (set === undefined) {
      const values = (datum['Values'] as number[] | undefined) ?? [Number(datum['Value'])];
      if (values.some((value) => !Number.isFinite(value)))
        throw new AwsError('InvalidParameterValueException', `The value of ${metric.name} must be a finite number.`);
      world.store.record(metric, {
        values,
        timestamp,
        unit,
        ...(datum['Counts'] !== undefined && { counts: datum['Counts'] as number[] }),
      });
    } else {
      world.store.record(metric, { values: spread(set), timestamp, unit });
    }
  }
  return {};
}

/** Values that have a statistic set's count, sum, minimum and maximum. */
function spread({ SampleCount: count = 0, Sum: sum = 0, Minimum: min = 0, Maximum: max = 0 }: Record<string, number>): number[] {
  if (count <= 2) return count === 2 ? [min, max] : count === 1 ? [sum] : [];
  return [min, max, ...Array.from({ length: count - 2 }, () => (sum - min - max) / (count - 2))];
}

/** Reads what the services have reported up to now. */
const collected =
  (action: Action): Action =>
  (world, input) => {
    world.collect?.();
    return action(world, input);
  };

const windowOf = (input: Json, period: unknown) => ({
  start: Number(input['StartTime']) * 1000,
  end: Number(input['EndTime']) * 1000,
  period: Number(period) * 1000,
});

function getMetricStatistics(world: World, input: Json): Json {
  const statistics = [...texts(input['Statistics']), ...texts(input['ExtendedStatistics'])];
  if (statistics.length === 0) throw missing('Statistics');
  const points = new Map<number, Json>();
  for (const statistic of statistics) {
    if (!isStatistic(statistic)) throw invalid(`The statistic ${statistic} is not supported.`);
    for (const { timestamp, value, unit } of world.store.statistic(metricOf(input), windowOf(input, input['Period']), statistic)) {
      const point = points.get(timestamp) ?? { Timestamp: timestamp / 1000, Unit: unit };
      if (statistic.startsWith('p')) point['ExtendedStatistics'] = { ...(point['ExtendedStatistics'] as Json), [statistic]: value };
      else point[statistic] = value;
      points.set(timestamp, point);
    }
  }
  return { Label: input['MetricName'], Datapoints: [...points.values()] };
}

function getMetricData(world: World, input: Json): Json {
  const MetricDataResults = ((input['MetricDataQueries'] ?? []) as Json[])
    .filter(({ ReturnData }) => ReturnData !== false)
    .map((query) => {
      const stat = query['MetricStat'] as Json | undefined;
      if (stat === undefined)
        throw invalid(`The embedded CloudWatch computes no metric math: query ${String(query['Id'])} is an expression.`);
      const metric = metricOf(stat['Metric'] as Json);
      const points = world.store.statistic(metric, windowOf(input, stat['Period']), String(stat['Stat']));
      const shown = input['ScanBy'] === 'TimestampAscending' ? points : points.reverse();
      return {
        Id: query['Id'],
        Label: query['Label'] ?? metric.name,
        StatusCode: 'Complete',
        Timestamps: shown.map(({ timestamp }) => timestamp / 1000),
        Values: shown.map(({ value }) => value),
      };
    });
  return { MetricDataResults, Messages: [] };
}

function listMetrics(world: World, input: Json): Json {
  const wanted = (input['Dimensions'] ?? []) as Partial<Dimension>[];
  const Metrics = world.store
    .list()
    .filter(
      ({ namespace, name, dimensions }) =>
        (input['Namespace'] ?? namespace) === namespace &&
        (input['MetricName'] ?? name) === name &&
        wanted.every(({ Name, Value }) => dimensions.some((one) => one.Name === Name && (Value === undefined || one.Value === Value))),
    )
    .map(({ namespace, name, dimensions }) => ({ Namespace: namespace, MetricName: name, Dimensions: dimensions }));
  return { Metrics };
}

/** Actions on metrics. */
export const METRIC_ACTIONS: Readonly<Record<string, Action>> = {
  PutMetricData: putMetricData,
  GetMetricStatistics: collected(getMetricStatistics),
  GetMetricData: collected(getMetricData),
  ListMetrics: collected(listMetrics),
};
