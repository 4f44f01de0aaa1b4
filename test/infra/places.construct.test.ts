import { Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { CommandQueue, Consumer, EventTopic, HandlerFunction, Inbox, Outbox } from '../../lib/constructs.ts';
import { definition, ENTRY, resources, SOMEWHERE, testApp, testStack } from './fixtures/stack.ts';

const Placed = definition('event', 'orders.order-placed', ['orders']);
const Ship = definition('command', 'orders.ship-order', ['ship-order']);
const THEIRS = { env: { account: '222222222222', region: 'eu-west-1' } };
const ELSEWHERE = { env: { account: '111111111111', region: 'us-east-1' } };

function twoStacks(first: object = {}, second: object = {}): readonly [Stack, Stack] {
  const app = testApp({ context: { 'aws:cdk:bundling-stacks': [] } });
  return [new Stack(app, 'upstream', first), new Stack(app, 'downstream', second)];
}

const policies = (stack: Stack, type: string) => JSON.stringify(resources(stack, type));

describe('another region is refused, naming both and the cure:', () => {
  test('a topic or a queue that is sent to', () => {
    const stack = testStack(SOMEWHERE);
    const topic = Topic.fromTopicArn(stack, 'topic', 'arn:aws:sns:us-east-1:111111111111:orders');
    const queue = Queue.fromQueueArn(stack, 'queue', 'arn:aws:sqs:us-east-1:111111111111:labels');
    const outbox = new Outbox(stack, 'outbox');
    expect(() => outbox.addDestination(EventTopic.import(stack, 'orders', { topic }))).toThrow(
      /^test\/outbox\/relay\/function: sends from eu-west-1 to "orders" in us-east-1; .*: deploy what sends there/,
    );
    expect(() => outbox.addDestination(CommandQueue.import(stack, 'print-label', { queue }))).toThrow('"print-label" in us-east-1');
  });

  test('a topic of the same app', () => {
    const [upstream, downstream] = twoStacks(ELSEWHERE, SOMEWHERE);
    const destinations = [new EventTopic(upstream, 'orders')];
    expect(() => new Outbox(downstream, 'outbox', { destinations })).toThrow('sends from eu-west-1 to "orders" in us-east-1');
  });

  test('the table of an inbox or of an outbox', () => {
    const [upstream, downstream] = twoStacks(ELSEWHERE, SOMEWHERE);
    const fn = new HandlerFunction(downstream, 'place-order', { entry: ENTRY });
    const sentence = /^downstream\/place-order: calls from eu-west-1 a table in us-east-1; .*: deploy the function there/;
    const table = Table.fromTableArn(downstream, 'table', 'arn:aws:dynamodb:us-east-1:111111111111:table/inbox');
    expect(() => Inbox.import(downstream, 'inbox', { table, retention: Duration.days(60) }).grantUse(fn)).toThrow(sentence);
    expect(() => new Outbox(upstream, 'outbox').grantCommit(fn)).toThrow(sentence);
  });
});

describe('another account of the same app', () => {
  test('is let subscribe and publish by the topic, once each', () => {
    const [upstream, downstream] = twoStacks(THEIRS, SOMEWHERE);
    const topic = new EventTopic(upstream, 'orders');
    const inbox = new Inbox(downstream, 'inbox');
    new Consumer(downstream, 'ship-order', { topic, handles: [Placed], entry: ENTRY, inbox });
    new Outbox(downstream, 'outbox', { destinations: [topic] });
    const found = policies(upstream, 'AWS::SNS::TopicPolicy');
    for (const action of ['sns:Subscribe', 'sns:Publish']) expect(found.split(`"Action":"${action}","Effect":"Allow"`)).toHaveLength(2);
    expect(found).toContain(':iam::111111111111:root');
  });

  test('is let send by the command queue', () => {
    const [upstream, downstream] = twoStacks(THEIRS, SOMEWHERE);
    const queue = new CommandQueue(upstream, 'ship-order', { handles: [Ship], entry: ENTRY, inbox: new Inbox(upstream, 'inbox') });
    new Outbox(downstream, 'outbox', { destinations: [queue] });
    expect(policies(upstream, 'AWS::SQS::QueuePolicy')).toMatch(
      /"Action":"sqs:SendMessage","Effect":"Allow","Principal":.*111111111111:root/,
    );
  });

  test('calls a table by its ARN, and is warned of what the table’s policy must say', () => {
    const [upstream, downstream] = twoStacks(THEIRS, SOMEWHERE);
    new Outbox(upstream, 'outbox').grantCommit(new HandlerFunction(downstream, 'place-order', { entry: ENTRY }));
    expect(policies(downstream, 'AWS::Lambda::Function')).toMatch(/"POSTHASTE_OUTBOX_TABLE":.*:dynamodb:eu-west-1:222222222222:table\//);
    Annotations.fromStack(downstream).hasWarning('/downstream/place-order', Match.stringLikeRegexp('a table of the account 222222222222'));
  });

  test('is not spoken of within one account', () => {
    const stack = testStack(SOMEWHERE);
    new Outbox(stack, 'outbox', { destinations: [new EventTopic(stack, 'orders')] });
    expect(policies(stack, 'AWS::SNS::TopicPolicy')).not.toContain('"Effect":"Allow"');
  });
});

test('a command queue may use the inbox and the outbox of the stack whose outbox sends to it', () => {
  const [upstream, downstream] = twoStacks();
  const inbox = new Inbox(upstream, 'inbox');
  const outbox = new Outbox(upstream, 'outbox');
  const queue = new CommandQueue(downstream, 'ship-order', { handles: [Ship], entry: ENTRY, inbox, outbox });
  outbox.addDestination(queue);
  Template.fromStack(downstream);
  expect(downstream.dependencies).toEqual([upstream]);
  expect(policies(upstream, 'AWS::IAM::Policy')).toContain(':downstream-ship-order"');
});
