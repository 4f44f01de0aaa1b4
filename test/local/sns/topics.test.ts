import { expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { refused } from '../sqs/sqs-world.ts';
import { createSnsWorld } from './sns-world.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:mail';

test('creating a topic again is the same topic unless attributes or tags differ', () => {
  const { call, topic } = createSnsWorld();
  const arn = topic('orders', { DisplayName: 'Orders' });
  expect(arn).toBe('arn:aws:sns:us-east-1:000000000000:orders');
  expect(topic('orders')).toBe(arn);
  refused(() => topic('orders', { DisplayName: 'Other' }), 'InvalidParameterException');
  const error = refused(() => call('CreateTopic', { Name: 'orders', Tags: [{ Key: 'a', Value: 'b' }] }), 'InvalidParameterException');
  expect(error.message).toBe('Invalid parameter: Tags Reason: Topic already exists with different tags');
});

test('a FIFO topic is named .fifo and only then has the attributes of one', () => {
  const { call, topic } = createSnsWorld();
  const arn = topic('orders.fifo', { ContentBasedDeduplication: 'true' });
  expect(call('GetTopicAttributes', { TopicArn: arn })['Attributes']).toMatchObject({
    FifoTopic: 'true',
    ContentBasedDeduplication: 'true',
    FifoThroughputScope: 'Topic',
  });
  refused(() => call('CreateTopic', { Name: 'orders.fifo' }), 'InvalidParameterException');
  refused(() => call('CreateTopic', { Name: 'orders', Attributes: { FifoTopic: 'true' } }), 'InvalidParameterException');
  refused(() => topic('orders', { ContentBasedDeduplication: 'true' }), 'InvalidParameterException');
  refused(() => topic(''), 'InvalidParameterException');
});

test('attributes show defaults and counts; the size limit shows only when it was set', () => {
  const { call, queue, subscribe, topic, sns } = createSnsWorld();
  const TopicArn = topic('orders');
  const attributes = () => call('GetTopicAttributes', { TopicArn })['Attributes'] as Record<string, string>;
  subscribe(TopicArn, queue('a'));
  call('Unsubscribe', { SubscriptionArn: subscribe(TopicArn, queue('b')) });
  expect(attributes()).toMatchObject({ Owner: '000000000000', SubscriptionsConfirmed: '1', SubscriptionsDeleted: '1', DisplayName: '' });
  expect(attributes()).not.toHaveProperty('MaximumMessageSize');
  for (const bad of ['1023', '1048577', 'x']) {
    const set = () => call('SetTopicAttributes', { TopicArn, AttributeName: 'MaximumMessageSize', AttributeValue: bad });
    refused(set, 'InvalidParameterException');
  }
  call('SetTopicAttributes', { TopicArn, AttributeName: 'MaximumMessageSize', AttributeValue: '1048576' });
  expect(attributes()['MaximumMessageSize']).toBe('1048576');
  expect(JSON.parse(String(sns.resourcePolicy(TopicArn)))).toMatchObject({ Id: '__default_policy_ID' });
  refused(() => call('SetTopicAttributes', { TopicArn, AttributeName: 'Colour', AttributeValue: 'red' }), 'InvalidParameterException');
});

test('an unknown or malformed ARN is refused', () => {
  const { call } = createSnsWorld();
  const attributes = (TopicArn: unknown) => call('GetTopicAttributes', { TopicArn });
  const unknown = refused(() => attributes('arn:aws:sns:us-east-1:000000000000:none'), 'NotFoundException');
  expect([unknown.status, unknown.message]).toEqual([404, 'Topic does not exist']);
  const malformed = refused(() => attributes('orders'), 'InvalidParameterException');
  expect(malformed.message).toBe('Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1');
});

test('topics are listed a hundred at a time; a deleted topic is gone, and deleting it again succeeds', () => {
  const { call, topic } = createSnsWorld();
  for (let index = 0; index < 101; index += 1) topic(`t${String(index).padStart(3, '0')}`);
  const first = call('ListTopics', {});
  expect(first['Topics']).toHaveLength(100);
  expect(call('ListTopics', { NextToken: first['NextToken'] })).toEqual({
    Topics: [{ TopicArn: 'arn:aws:sns:us-east-1:000000000000:t100' }],
  });
  const TopicArn = topic('t100');
  call('DeleteTopic', { TopicArn });
  call('DeleteTopic', { TopicArn });
  refused(() => call('Publish', { TopicArn, Message: 'x' }), 'NotFoundException');
});

test('tags and permissions are added, listed and removed', () => {
  const { call, topic, sns } = createSnsWorld();
  const ResourceArn = topic('orders');
  call('TagResource', { ResourceArn, Tags: [{ Key: 'a', Value: '1' }] });
  call('TagResource', {
    ResourceArn,
    Tags: [
      { Key: 'a', Value: '2' },
      { Key: 'b', Value: '3' },
    ],
  });
  call('UntagResource', { ResourceArn, TagKeys: ['b'] });
  expect(call('ListTagsForResource', { ResourceArn })).toEqual({ Tags: [{ Key: 'a', Value: '2' }] });
  refused(() => call('ListTagsForResource', { ResourceArn: 'arn:x' }), 'ResourceNotFoundException');
  const labels = () => JSON.parse(String(sns.resourcePolicy(ResourceArn))).Statement.map((statement: Json) => statement['Sid']);
  call('AddPermission', { TopicArn: ResourceArn, Label: 'partner', AWSAccountId: ['111111111111'], ActionName: ['Publish'] });
  expect(labels()).toEqual(['__default_statement_ID', 'partner']);
  call('RemovePermission', { TopicArn: ResourceArn, Label: 'partner' });
  expect(labels()).toEqual(['__default_statement_ID']);
});

test('subscribing again is the same subscription unless attributes differ', () => {
  const { queue, subscribe, topic } = createSnsWorld();
  const topicArn = topic('orders');
  const queueArn = queue('mail');
  const arn = subscribe(topicArn, queueArn, { RawMessageDelivery: 'true' });
  expect(arn.startsWith(`${topicArn}:`)).toBe(true);
  expect(subscribe(topicArn, queueArn)).toBe(arn);
  expect(subscribe(topicArn, queueArn, { RawMessageDelivery: 'true' })).toBe(arn);
  refused(() => subscribe(topicArn, queueArn, { RawMessageDelivery: 'false' }), 'InvalidParameterException');
});

test('subscription attributes are shown as the service shows them', () => {
  const { call, queue, subscribe, topic } = createSnsWorld();
  const topicArn = topic('orders');
  const SubscriptionArn = subscribe(topicArn, queue('mail'), { FilterPolicyScope: 'MessageBody' });
  const attributes = () => call('GetSubscriptionAttributes', { SubscriptionArn })['Attributes'];
  const shown = {
    ConfirmationWasAuthenticated: 'true',
    Endpoint: 'arn:aws:sqs:us-east-1:000000000000:mail',
    Owner: '000000000000',
    PendingConfirmation: 'false',
    Protocol: 'sqs',
    RawMessageDelivery: 'false',
    SubscriptionArn,
    SubscriptionPrincipal: 'arn:aws:iam::000000000000:root',
    TopicArn: topicArn,
  };
  expect(attributes()).toEqual(shown);
  call('SetSubscriptionAttributes', { SubscriptionArn, AttributeName: 'FilterPolicy', AttributeValue: '{"a":{"b":["c"]}}' });
  expect(attributes()).toEqual({ ...shown, FilterPolicy: '{"a":{"b":["c"]}}', FilterPolicyScope: 'MessageBody' });
  call('SetSubscriptionAttributes', { SubscriptionArn, AttributeName: 'FilterPolicy', AttributeValue: '{}' });
  expect(attributes()).toEqual(shown);
});

test.each<[string, string, string]>([
  ['Colour', 'red', 'AttributeName'],
  ['RawMessageDelivery', 'yes', 'RawMessageDelivery: Invalid value [yes]. Must be true or false.'],
  ['FilterPolicyScope', 'Body', 'FilterPolicyScope: Invalid value [Body]. Please use either MessageBody or MessageAttributes'],
  ['FilterPolicy', '{"a":{"b":["c"]}}', 'Filter policy scope MessageAttributes does not support nested filter policy'],
  ['FilterPolicy', '{"a":[{"x":1}]}', 'FilterPolicy: Unrecognized match type x'],
  ['RedrivePolicy', '{"deadLetterTargetArn":"fake"}', 'RedrivePolicy: deadLetterTargetArn is an invalid arn'],
])('the subscription attribute %s cannot be %s', (AttributeName, AttributeValue, reason) => {
  const { call, queue, subscribe, topic } = createSnsWorld();
  const SubscriptionArn = subscribe(topic('orders'), queue('mail'));
  const set = () => call('SetSubscriptionAttributes', { SubscriptionArn, AttributeName, AttributeValue });
  expect(refused(set, 'InvalidParameterException').message).toBe(`Invalid parameter: ${reason}`);
});

test('queues and functions can be subscribed; other protocols and wrong endpoints are refused', () => {
  const { call, subscribe, topic } = createSnsWorld();
  const TopicArn = topic('orders');
  const failure = (Protocol: string, Endpoint: string) =>
    refused(() => call('Subscribe', { TopicArn, Protocol, Endpoint }), 'InvalidParameterException').message;
  subscribe(TopicArn, FUNCTION);
  subscribe(TopicArn, `${FUNCTION}:live`);
  expect(failure('carrier-pigeon', 'x')).toBe('Invalid parameter: Amazon SNS does not support this protocol string: carrier-pigeon');
  expect(failure('https', 'https://example.com')).toContain('delivers to sqs and lambda only, not to https');
  expect(failure('sqs', 'http://127.0.0.1:4566/000000000000/mail')).toBe('Invalid parameter: SQS endpoint ARN');
  expect(failure('lambda', 'mail')).toBe('Invalid parameter: Lambda endpoint ARN');
});

test('a FIFO queue cannot be on a standard topic; a FIFO topic takes both kinds of queue and a FIFO dead-letter queue', () => {
  const { queue, subscribe, topic } = createSnsWorld();
  const standard = topic('orders');
  const fifo = topic('orders.fifo');
  const error = refused(() => subscribe(standard, queue('mail.fifo')), 'InvalidParameterException');
  expect(error.message).toBe(
    'Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics',
  );
  subscribe(fifo, queue('mail'));
  const RedrivePolicy = (arn: string) => ({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn }) });
  refused(() => subscribe(fifo, queue('mail.fifo'), RedrivePolicy(queue('dead'))), 'InvalidParameterException');
  subscribe(fifo, queue('mail.fifo'), RedrivePolicy(queue('dead.fifo')));
  refused(() => subscribe(fifo, FUNCTION), 'InvalidParameterException');
});

test('subscriptions are listed over all topics and by topic, and unsubscribing twice succeeds', () => {
  const { call, queue, subscribe, topic } = createSnsWorld();
  const orders = topic('orders');
  const a = subscribe(orders, queue('a'));
  subscribe(topic('other'), queue('a'));
  expect(call('ListSubscriptions', {})['Subscriptions']).toHaveLength(2);
  expect(call('ListSubscriptionsByTopic', { TopicArn: orders })['Subscriptions']).toMatchObject([{ SubscriptionArn: a, TopicArn: orders }]);
  call('Unsubscribe', { SubscriptionArn: a });
  call('Unsubscribe', { SubscriptionArn: a });
  expect(call('ListSubscriptionsByTopic', { TopicArn: orders })['Subscriptions']).toEqual([]);
  refused(() => call('GetSubscriptionAttributes', { SubscriptionArn: a }), 'NotFoundException');
});
