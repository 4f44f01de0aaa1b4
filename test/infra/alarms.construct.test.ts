import { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { CommandQueue, EventTopic, FailureStore, Inbox, Outbox } from '../../lib/constructs.ts';
import { definition, ENTRY, resources, SOMEWHERE, testApp, testStack } from './fixtures/stack.ts';

describe('an alarm topic', () => {
  test('whose policy asks for TLS still takes alarms, of this account and region alone, and is told so once', () => {
    const stack = testStack(SOMEWHERE);
    const alarmTopic = new Topic(stack, 'alarms', { enforceSSL: true });
    for (const name of ['orders', 'payments']) new EventTopic(stack, name, { alarmTopic });
    const policies = resources(stack, 'AWS::SNS::TopicPolicy').map(({ PolicyDocument }) => (PolicyDocument as Document).Statement);
    expect(policies.flat().filter(({ Effect }) => Effect === 'Allow')).toEqual([
      {
        Sid: expect.any(String),
        Action: 'sns:Publish',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: { Ref: expect.stringMatching(/^alarms/) },
        Condition: {
          StringEquals: { 'aws:SourceAccount': '111111111111' },
          ArnLike: {
            'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':cloudwatch:eu-west-1:111111111111:alarm:*']] },
          },
        },
      },
    ]);
  });

  test('under a customer managed key lets CloudWatch use the key', () => {
    const stack = testStack();
    const alarmTopic = new Topic(stack, 'alarms', { masterKey: new Key(stack, 'key') });
    new EventTopic(stack, 'orders', { alarmTopic });
    const [policy] = resources(stack, 'AWS::KMS::Key').map(({ KeyPolicy }) => KeyPolicy as Document);
    expect(policy?.Statement).toContainEqual({
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Resource: '*',
    });
  });

  test('that was imported warns of what its policy must say', () => {
    const stack = testStack();
    const alarmTopic = Topic.fromTopicArn(stack, 'alarms', 'arn:aws:sns:us-east-1:111111111111:alarms');
    new EventTopic(stack, 'orders', { alarmTopic });
    Annotations.fromStack(stack).hasWarning(
      '/test/orders',
      Match.stringLikeRegexp('must allow sns:Publish .* to cloudwatch.amazonaws.com'),
    );
  });
});

describe('alarms on what functions report', () => {
  const app = testApp({ context: { 'aws:cdk:bundling-stacks': [] } });
  const [staging, prod] = ['shop-staging', 'shop-prod'].map((name) => shop(new Stack(app, name)));

  test('of two stacks in one account and region share no metric', () => {
    const [first, second] = [staging, prod].map((stack) => reported(stack).map((alarm) => JSON.stringify(alarm)));
    expect(first?.length).toBeGreaterThan(5);
    expect(second).toHaveLength(first?.length ?? 0);
    expect(first?.filter((metric) => second?.includes(metric))).toEqual([]);
  });

  test('look under the names that their functions are told to report by', () => {
    const told = resources(prod as Stack, 'AWS::Lambda::Function').map(({ Environment }) => (Environment as Environment).Variables);
    for (const { dimensions } of reported(prod)) {
      const { service, stack } = dimensions;
      expect(stack).toBe('shop-prod');
      expect(told).toContainEqual(expect.objectContaining({ POWERTOOLS_SERVICE_NAME: service, POSTHASTE_STACK: stack }));
    }
  });
});

/** Whatever has an alarm on a metric of its own code. */
function shop(stack: Stack): Stack {
  const inbox = new Inbox(stack, 'inbox');
  for (const [name, choice] of [
    ['print-label', { ordered: true }],
    ['send-letter', { delivery: 'at-most-once' }],
  ] as const) {
    new CommandQueue(stack, name, { handles: [definition('command', `parcels.${name}`, [name])], entry: ENTRY, inbox, ...choice });
  }
  new Outbox(stack, 'outbox', { destinations: [new EventTopic(stack, 'orders')] });
  new FailureStore(stack, 'failures');
  return stack;
}

function reported(stack: Stack | undefined) {
  const alarms = stack ? resources(stack, 'AWS::CloudWatch::Alarm') : [];
  return alarms
    .filter(({ Namespace }) => Namespace === 'Posthaste')
    .map(({ MetricName, Dimensions }) => ({
      metric: MetricName,
      dimensions: Object.fromEntries((Dimensions as { Name: string; Value: string }[]).map(({ Name, Value }) => [Name, Value])),
    }));
}

interface Environment {
  readonly Variables: Readonly<Record<string, string>>;
}

interface Document {
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}
