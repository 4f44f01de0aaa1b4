import * as cw from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createCloudWatch } from '../../../lib/local/cloudwatch/cloudwatch.ts';
import { createEcr } from '../../../lib/local/ecr/ecr.ts';
import { createFakeClock } from '../fake-clock.ts';
import { engineGateway } from '../gateway/engine-gateway.ts';

const MINUTE = 60_000;
const clock = createFakeClock();
const engine = createCloudWatch({ clock, place: LOCAL_PLACE });
let aws: Awaited<ReturnType<typeof engineGateway>>;
let client: cw.CloudWatchClient;
let metrics = 0;

beforeAll(async () => {
  aws = await engineGateway([engine, createEcr(LOCAL_PLACE)]);
  client = new cw.CloudWatchClient(aws.client);
});
afterAll(() => aws.gateway.close());

const freshMetric = () => `metric-${++metrics}`;
const put = (MetricName: string, data: Partial<cw.MetricDatum>) =>
  client.send(new cw.PutMetricDataCommand({ Namespace: 'n', MetricData: [{ MetricName, Timestamp: new Date(clock.now()), ...data }] }));
const hour = () => ({ StartTime: new Date(clock.now() - 60 * MINUTE), EndTime: new Date(clock.now() + MINUTE) });
const statistics = (MetricName: string, more: Partial<cw.GetMetricStatisticsCommandInput> = {}) =>
  client.send(
    new cw.GetMetricStatisticsCommand({
      Namespace: 'n',
      MetricName,
      Period: 60,
      Statistics: ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'],
      ...hour(),
      ...more,
    }),
  );

test('what was put is summed up by the period, with percentiles', async () => {
  const name = freshMetric();
  await put(name, { Value: 1 });
  await put(name, { Values: [2, 9], Counts: [3, 1] });
  expect((await statistics(name)).Datapoints).toMatchObject([
    { Sum: 16, Average: 3.2, Minimum: 1, Maximum: 9, SampleCount: 5, Timestamp: new Date(clock.now()) },
  ]);
  const { Datapoints } = await client.send(
    new cw.GetMetricStatisticsCommand({ Namespace: 'n', MetricName: name, Period: 60, ExtendedStatistics: ['p50', 'p99'], ...hour() }),
  );
  expect(Datapoints?.[0]?.ExtendedStatistics).toEqual({ p50: 2, p99: 9 });
  await put(name, { StatisticValues: { SampleCount: 4, Sum: 20, Minimum: 1, Maximum: 12 } });
  expect((await statistics(name)).Datapoints?.[0]).toMatchObject({ Sum: 36, SampleCount: 9, Maximum: 12 });
});

test('dimensions tell metrics apart, in any order, and are listed', async () => {
  const name = freshMetric();
  const [a, b] = [
    { Name: 'a', Value: '1' },
    { Name: 'b', Value: '2' },
  ];
  await put(name, { Value: 5, Dimensions: [a, b] });
  expect((await statistics(name)).Datapoints).toEqual([]);
  expect((await statistics(name, { Dimensions: [b, a] })).Datapoints).toHaveLength(1);
  expect((await client.send(new cw.ListMetricsCommand({ MetricName: name, Dimensions: [{ Name: 'a' }] }))).Metrics).toEqual([
    { Namespace: 'n', MetricName: name, Dimensions: [a, b] },
  ]);
});

test('several metrics are read in one call, newest first', async () => {
  const name = freshMetric();
  await put(name, { Value: 1 });
  await clock.advanceAsync(MINUTE);
  await put(name, { Value: 2 });
  const query = { Id: 'q', MetricStat: { Metric: { Namespace: 'n', MetricName: name }, Period: 60, Stat: 'Sum' } };
  const { MetricDataResults } = await client.send(new cw.GetMetricDataCommand({ MetricDataQueries: [query], ...hour() }));
  expect(MetricDataResults).toMatchObject([{ Id: 'q', Values: [2, 1], StatusCode: 'Complete' }]);
  await expect(
    client.send(new cw.GetMetricDataCommand({ MetricDataQueries: [{ Id: 'e', Expression: 'q * 2' }], ...hour() })),
  ).rejects.toThrow('metric math');
});

test('a line of the embedded metric format becomes metrics of each dimension set', async () => {
  const name = freshMetric();
  const line = {
    _aws: {
      Timestamp: clock.now(),
      CloudWatchMetrics: [{ Namespace: 'n', Dimensions: [['service'], []], Metrics: [{ Name: name, Unit: 'Count' }] }],
    },
    service: 's',
    [name]: [3, 4],
  };
  engine.observeLine(`${JSON.stringify(line)}\n`);
  engine.observeLine('{"_aws": broken');
  engine.observeLine('START RequestId: 1');
  expect((await statistics(name, { Dimensions: [{ Name: 'service', Value: 's' }] })).Datapoints).toMatchObject([{ Sum: 7, Unit: 'Count' }]);
  expect((await statistics(name)).Datapoints).toMatchObject([{ Sum: 7 }]);
});

test('an alarm goes off when M of N periods breach, and its missing periods count as it says', async () => {
  const name = freshMetric();
  const alarm = (TreatMissingData: string) =>
    client.send(
      new cw.PutMetricAlarmCommand({
        AlarmName: `${name}-${TreatMissingData}`,
        Namespace: 'n',
        MetricName: name,
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
        Threshold: 10,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData,
        AlarmActions: ['arn:aws:sns:us-east-1:000000000000:t'],
      }),
    );
  const states = async () =>
    (await client.send(new cw.DescribeAlarmsCommand({ AlarmNamePrefix: `${name}-` }))).MetricAlarms?.map(({ StateValue }) => StateValue);
  for (const treatment of ['missing', 'notBreaching', 'breaching']) await alarm(treatment);
  expect(await states()).toEqual(['INSUFFICIENT_DATA', 'OK', 'ALARM']);
  await put(name, { Value: 11 });
  await clock.advanceAsync(MINUTE);
  expect(await states()).toEqual(['OK', 'OK', 'ALARM']);
  await put(name, { Value: 11 });
  await clock.advanceAsync(MINUTE);
  expect(engine.evaluateAlarms().map(({ state }) => state)).toEqual(['ALARM', 'ALARM']);
  await clock.advanceAsync(3 * MINUTE);
  expect(await states()).toEqual(['INSUFFICIENT_DATA', 'OK', 'ALARM']);
});

test('alarms are found, silenced, set and deleted', async () => {
  const AlarmName = 'by-hand';
  await client.send(
    new cw.PutMetricAlarmCommand({
      AlarmName,
      EvaluationPeriods: 1,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Metrics: [{ Id: 'e', Expression: 'm1 + 1' }],
      Tags: [{ Key: 'k', Value: 'v' }],
    }),
  );
  await client.send(new cw.SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'test' }));
  await client.send(new cw.DisableAlarmActionsCommand({ AlarmNames: [AlarmName] }));
  const { MetricAlarms } = await client.send(new cw.DescribeAlarmsCommand({ AlarmNames: [AlarmName], StateValue: 'ALARM' }));
  expect(MetricAlarms).toMatchObject([
    { AlarmName, StateReason: 'test', ActionsEnabled: false, StateUpdatedTimestamp: new Date(clock.now()) },
  ]);
  expect((await client.send(new cw.ListTagsForResourceCommand({ ResourceARN: MetricAlarms?.[0]?.AlarmArn }))).Tags).toEqual([
    { Key: 'k', Value: 'v' },
  ]);
  await client.send(new cw.DeleteAlarmsCommand({ AlarmNames: [AlarmName] }));
  await expect(client.send(new cw.SetAlarmStateCommand({ AlarmName, StateValue: 'OK', StateReason: '' }))).rejects.toMatchObject({
    name: 'ResourceNotFound',
  });
});

test('a dashboard comes back as it was put', async () => {
  const DashboardBody = '{"widgets":[]}';
  await client.send(new cw.PutDashboardCommand({ DashboardName: 'd', DashboardBody }));
  expect((await client.send(new cw.GetDashboardCommand({ DashboardName: 'd' }))).DashboardBody).toBe(DashboardBody);
  expect((await client.send(new cw.ListDashboardsCommand())).DashboardEntries).toMatchObject([{ DashboardName: 'd', Size: 14 }]);
  await expect(client.send(new cw.PutDashboardCommand({ DashboardName: 'd', DashboardBody: '{' }))).rejects.toMatchObject({
    name: 'DashboardInvalidInputError',
  });
  await client.send(new cw.DeleteDashboardsCommand({ DashboardNames: ['d'] }));
  await expect(client.send(new cw.GetDashboardCommand({ DashboardName: 'd' }))).rejects.toMatchObject({ name: 'ResourceNotFound' });
});

test('the query protocol of older tools reads and writes the same metrics', async () => {
  const name = freshMetric();
  const send = async (form: Record<string, string>) =>
    (await fetch(aws.gateway.url, { method: 'POST', body: new URLSearchParams({ Version: '2010-08-01', ...form }) })).text();
  await send({
    Action: 'PutMetricData',
    Namespace: 'n',
    'MetricData.member.1.MetricName': name,
    'MetricData.member.1.Value': '2.5',
    'MetricData.member.1.Dimensions.member.1.Name': 'd',
    'MetricData.member.1.Dimensions.member.1.Value': '7',
  });
  expect((await statistics(name, { Dimensions: [{ Name: 'd', Value: '7' }] })).Datapoints).toMatchObject([{ Sum: 2.5 }]);
  expect(await send({ Action: 'ListMetrics', MetricName: name })).toContain('<member><Namespace>n</Namespace>');
});

test('the container registry is empty and says so', async () => {
  const headers = {
    'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.DescribeRepositories',
    'content-type': 'application/x-amz-json-1.1',
  };
  const ask = async (body: object) => (await fetch(aws.gateway.url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  expect(await ask({})).toEqual({ repositories: [] });
  expect(await ask({ repositoryNames: ['r'] })).toMatchObject({ __type: expect.stringContaining('RepositoryNotFoundException') });
});
