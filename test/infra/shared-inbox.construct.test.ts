import { Duration, NestedStack, Stack } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { expect, test } from 'vitest';
import { Consumer, EventTopic, HandlerFunction, Inbox } from '../../lib/constructs.ts';
import { definition, ENTRY, resources, SOMEWHERE, testApp, testStack } from './fixtures/stack.ts';

const Placed = definition('event', 'orders.order-placed', ['orders']);

const variablesOf = (stack: Stack) =>
  (resources(stack, 'AWS::Lambda::Function')[0] as { Environment: { Variables: Record<string, unknown> } }).Environment.Variables;

test('consumers of one name in two stacks that share an inbox keep their markers apart', () => {
  const app = testApp({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stacks = ['upstream', 'downstream'].map((id) => new Stack(app, id)) as [Stack, Stack];
  const topic = new EventTopic(stacks[0], 'orders');
  const inbox = new Inbox(stacks[0], 'inbox');
  for (const stack of stacks) new Consumer(stack, 'ship-order', { topic, handles: [Placed], entry: ENTRY, inbox });
  expect(stacks.map((stack) => variablesOf(stack)['POSTHASTE_INBOX_SCOPE'])).toEqual(['upstream', 'downstream']);
});

test('equal stacks of two accounts that share an imported inbox keep their markers apart', () => {
  const stack = testStack(SOMEWHERE);
  const table = Table.fromTableArn(stack, 'theirs', 'arn:aws:dynamodb:eu-west-1:222222222222:table/inbox');
  Inbox.import(stack, 'inbox', { table, retention: Duration.days(60) }).grantUse(
    new HandlerFunction(stack, 'ship-order', { entry: ENTRY }),
  );
  expect(variablesOf(stack)['POSTHASTE_INBOX_SCOPE']).toBe('111111111111/test');
});

test('two functions of one nested stack have two names, and the stack has a name that lasts', () => {
  const nested = new NestedStack(testStack(), 'shop');
  const inbox = new Inbox(nested, 'inbox');
  for (const id of ['place-order', 'ship-order']) inbox.grantUse(new HandlerFunction(nested, id, { entry: ENTRY }));
  expect(resources(nested, 'AWS::Lambda::Function').map(({ FunctionName }) => FunctionName)).toEqual([
    'test_shop-place-order',
    'test_shop-ship-order',
  ]);
  expect(variablesOf(nested)['POSTHASTE_INBOX_SCOPE']).toBe('test_shop');
});
