import { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type CfnTopic, Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { EventTopic, HandlerFunction } from '../../lib/constructs.ts';
import { actionsOf, ENTRY, resources, statements, testApp, testStack } from '../infra/fixtures/stack.ts';

describe('an event topic', () => {
  test('is a standard topic named after the stack and its logical name, and refuses plain HTTP', () => {
    const stack = testStack();
    new EventTopic(stack, 'orders');
    expect(resources(stack, 'AWS::SNS::Topic')).toEqual([{ TopicName: 'test-orders' }]);
    expect(JSON.stringify(resources(stack, 'AWS::SNS::TopicPolicy')[0])).toContain('{"Bool":{"aws:SecureTransport":"false"}}');
  });

  test('has high throughput and no content-based deduplication when it is FIFO', () => {
    const stack = testStack();
    new EventTopic(stack, 'orders-in-order', { fifo: true });
    expect(resources(stack, 'AWS::SNS::Topic')).toEqual([
      { TopicName: 'test-orders-in-order.fifo', FifoTopic: true, FifoThroughputScope: 'MessageGroup', ContentBasedDeduplication: false },
    ]);
  });

  test('alarms on deliveries that SNS gave up and on those it lost, and tells the alarm topic', () => {
    const stack = testStack();
    new EventTopic(stack, 'orders', { alarmTopic: new Topic(stack, 'alarms') });
    expect(resources(stack, 'AWS::CloudWatch::Alarm')).toMatchObject([
      {
        MetricName: 'NumberOfNotificationsFailed',
        Namespace: 'AWS/SNS',
        Threshold: 1,
        AlarmActions: [{ Ref: expect.stringMatching(/^alarms/) }],
        OKActions: [{ Ref: expect.stringMatching(/^alarms/) }],
      },
      { MetricName: 'NumberOfNotificationsFailedToRedriveToDlq', Namespace: 'AWS/SNS', Threshold: 1, Statistic: 'Sum' },
    ]);
  });

  test('lets a direct publisher publish to it and use its key, and tells it where it is', () => {
    const stack = testStack();
    const topic = new EventTopic(stack, 'orders', { encryptionKey: new Key(stack, 'key', { enableKeyRotation: true }) });
    topic.grantPublish(new HandlerFunction(stack, 'place-order', { entry: ENTRY }));
    expect(actionsOf(statements(stack, 'placeorderrole'))).toEqual([
      'kms:Decrypt',
      'kms:GenerateDataKey',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sns:Publish',
    ]);
    expect(JSON.stringify(resources(stack, 'AWS::Lambda::Function')[0]?.['Environment'])).toContain('{\\"orders\\":\\"');
  });

  test('can be one of another account, under the name that messages use', () => {
    const stack = testStack();
    const topic = Topic.fromTopicArn(stack, 'theirs', 'arn:aws:sns:us-east-1:111111111111:their-orders.fifo');
    const imported = EventTopic.import(stack, 'orders', { topic });
    expect(imported).toMatchObject({ destinationName: 'orders', fifo: true, destinationArn: topic.topicArn });
    imported.grantSend(new HandlerFunction(stack, 'place-order', { entry: ENTRY }));
    expect(statements(stack, 'placeorderrole')[1]).toMatchObject({ Action: 'sns:Publish', Resource: topic.topicArn });
  });

  test('can be one of another stack', () => {
    const app = testApp({ context: { 'aws:cdk:bundling-stacks': [] } });
    const orders = new EventTopic(new Stack(app, 'upstream'), 'orders');
    const stack = new Stack(app, 'downstream');
    orders.grantPublish(new HandlerFunction(stack, 'place-order', { entry: ENTRY }));
    expect(JSON.stringify(statements(stack, 'placeorderrole'))).toContain('Fn::ImportValue');
  });

  test('is held to its rules when the resource behind it is changed', () => {
    const stack = testStack();
    const topic = new EventTopic(stack, 'orders', { fifo: true });
    (topic.topic.node.defaultChild as CfnTopic).addPropertyOverride('ContentBasedDeduplication', true);
    expect(topic.node.validate()).toEqual([expect.stringMatching(/^test\/orders: ContentBasedDeduplication is true; .*: remove it/)]);
  });

  test('two topics under one name cannot both be the destination of a function', () => {
    const stack = testStack();
    const fn = new HandlerFunction(stack, 'place-order', { entry: ENTRY });
    new EventTopic(stack, 'orders').grantPublish(fn);
    const clash = new EventTopic(stack, 'other', { name: 'orders' });
    expect(() => clash.grantPublish(fn)).toThrow(/the destination "orders" is already another topic or queue here/);
  });
});
