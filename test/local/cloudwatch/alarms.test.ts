import { expect, test } from 'vitest';
import { systemIds } from '../../../lib/core/ids.ts';
import { createRng } from '../../../lib/core/rng.ts';
import { DEVELOPER, type Json, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createEmbeddedAws } from '../../../lib/local/embedded-aws.ts';
import type { AlarmEvent } from '../../../lib/local/monitoring.ts';
import { createFakeClock } from '../fake-clock.ts';
import { createRoleWorld, type RoleWorld } from '../role-world.ts';

const MINUTE = 60_000;

async function topicWithQueue(world: RoleWorld, publisher?: Json) {
  const { TopicArn } = await world.ask('sns', 'CreateTopic', { Name: 'alarms' });
  const told = await world.queue('told');
  const Statement = [{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: told.arn }];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await world.ask('sqs', 'SetQueueAttributes', { QueueUrl: told.url, Attributes: { Policy } });
  await world.ask('sns', 'Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: told.arn, Attributes: { RawMessageDelivery: 'true' } });
  if (publisher) {
    const allow = { Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' }, Action: 'sns:Publish', Resource: TopicArn };
    const AttributeValue = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...allow, Condition: publisher }] });
    await world.ask('sns', 'SetTopicAttributes', { TopicArn, AttributeName: 'Policy', AttributeValue });
  }
  const messages = () => world.embedded.sqs.peek(told.arn).map(({ body }) => JSON.parse(body) as Json);
  return { TopicArn, messages };
}

const alarmOn = (QueueName: string, more: Json) => ({
  AlarmName: 'dead letters',
  AlarmDescription: 'Look at the group, mend, redrive.',
  Namespace: 'AWS/SQS',
  MetricName: 'ApproximateNumberOfMessagesVisible',
  Dimensions: [{ Name: 'QueueName', Value: QueueName }],
  Statistic: 'Maximum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  TreatMissingData: 'notBreaching',
  ...more,
});

const ADMITTED = { ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:*' } };

test('an alarm on a queue tells its topic within a minute, as CloudWatch words it, and again when it is over', async () => {
  using world = createRoleWorld();
  const { TopicArn, messages } = await topicWithQueue(world, ADMITTED);
  const { url: QueueUrl } = await world.queue('dead');
  await world.ask('cloudwatch', 'PutMetricAlarm', alarmOn('dead', { AlarmActions: [TopicArn], OKActions: [TopicArn] }));
  world.clock.advance(MINUTE);
  expect(messages()).toMatchObject([{ NewStateValue: 'OK', OldStateValue: 'INSUFFICIENT_DATA' }]);
  await world.ask('sqs', 'SendMessage', { QueueUrl, MessageBody: 'dead' });
  world.clock.advance(MINUTE);
  expect(messages().at(-1)).toEqual({
    AlarmName: 'dead letters',
    AlarmDescription: 'Look at the group, mend, redrive.',
    AWSAccountId: '000000000000',
    AlarmConfigurationUpdatedTimestamp: '2026-01-01T00:00:00.000+0000',
    NewStateValue: 'ALARM',
    NewStateReason:
      'Threshold Crossed: 1 out of the last 1 datapoints [1.0 (01/01/26 00:01:00)] was greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).',
    StateChangeTime: '2026-01-01T00:02:00.000+0000',
    Region: 'US East (N. Virginia)',
    AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:dead letters',
    OldStateValue: 'OK',
    OKActions: [TopicArn],
    AlarmActions: [TopicArn],
    InsufficientDataActions: [],
    Trigger: {
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Namespace: 'AWS/SQS',
      StatisticType: 'Statistic',
      Statistic: 'MAXIMUM',
      Unit: null,
      Dimensions: [{ value: 'dead', name: 'QueueName' }],
      Period: 60,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      TreatMissingData: 'notBreaching',
      EvaluateLowSampleCountPercentile: '',
    },
  });
  await world.ask('sqs', 'PurgeQueue', { QueueUrl });
  world.clock.advance(5 * MINUTE);
  expect(messages().map(({ NewStateValue }) => NewStateValue)).toEqual(['OK', 'ALARM', 'OK']);
});

test('a topic whose policy does not let CloudWatch in is told nothing', async () => {
  using world = createRoleWorld();
  const { TopicArn, messages } = await topicWithQueue(world, { StringEquals: { 'aws:SourceAccount': '999999999999' } });
  const { url: QueueUrl } = await world.queue('dead');
  await world.ask('sqs', 'SendMessage', { QueueUrl, MessageBody: 'dead' });
  await world.ask('cloudwatch', 'PutMetricAlarm', alarmOn('dead', { AlarmActions: [TopicArn] }));
  world.clock.advance(2 * MINUTE);
  const { MetricAlarms } = await world.ask('cloudwatch', 'DescribeAlarms', {});
  expect(MetricAlarms).toMatchObject([{ StateValue: 'ALARM' }]);
  expect(messages()).toEqual([]);
});

test('who watches the endpoint is told of every change, and of topics that could not be told', () => {
  const events: AlarmEvent[] = [];
  const clock = createFakeClock();
  const onAlarm = (event: AlarmEvent) => void events.push(event);
  const { aws, close } = createEmbeddedAws({ clock, rng: createRng(1), ids: systemIds, place: LOCAL_PLACE, onAlarm });
  const gone = 'arn:aws:sns:us-east-1:000000000000:gone';
  const input = alarmOn('dead', { OKActions: [gone, 'arn:aws:lambda:us-east-1:000000000000:function:f'] });
  aws.callNow({ service: 'cloudwatch', action: 'PutMetricAlarm', input, caller: DEVELOPER });
  clock.advance(2 * MINUTE);
  close();
  expect(events).toEqual([
    {
      name: 'dead letters',
      description: 'Look at the group, mend, redrive.',
      before: 'INSUFFICIENT_DATA',
      state: 'OK',
      reason: 'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
      failedActions: [
        { action: gone, message: expect.stringMatching(/^(NotFound|AuthorizationError)/) },
        { action: 'arn:aws:lambda:us-east-1:000000000000:function:f', message: expect.stringContaining('no actions but those of SNS') },
      ],
    },
  ]);
  expect(clock.pending()).toBe(0);
});

test('an alarm whose actions are disabled changes state and tells nobody', async () => {
  using world = createRoleWorld();
  const { TopicArn, messages } = await topicWithQueue(world, ADMITTED);
  await world.ask('cloudwatch', 'PutMetricAlarm', alarmOn('dead', { AlarmActions: [TopicArn], ActionsEnabled: false }));
  await world.ask('cloudwatch', 'SetAlarmState', { AlarmName: 'dead letters', StateValue: 'ALARM', StateReason: 'a drill' });
  expect(messages()).toEqual([]);
  await world.ask('cloudwatch', 'EnableAlarmActions', { AlarmNames: ['dead letters'] });
  await world.ask('cloudwatch', 'SetAlarmState', { AlarmName: 'dead letters', StateValue: 'OK', StateReason: 'the drill is over' });
  await world.ask('cloudwatch', 'SetAlarmState', { AlarmName: 'dead letters', StateValue: 'ALARM', StateReason: 'a drill' });
  expect(messages()).toMatchObject([{ NewStateReason: 'a drill' }]);
});
