import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { EventTopic } from '../../lib/constructs.ts';
import { resources, SOMEWHERE, testStack } from './fixtures/stack.ts';

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

interface Document {
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}
