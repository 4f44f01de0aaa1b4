import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, test } from 'vitest';
import { HandlerFunction, Inbox } from '../../lib/constructs.ts';
import { actionsOf, ENTRY, resources, SOMEWHERE, statements, testStack } from '../infra/fixtures/stack.ts';

describe('an inbox', () => {
  test('is a table of markers that expire, can be restored to any second, and survives its stack', () => {
    const stack = testStack();
    new Inbox(stack, 'inbox');
    expect(resources(stack, 'AWS::DynamoDB::GlobalTable')).toMatchObject([
      {
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        BillingMode: 'PAY_PER_REQUEST',
        Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }, DeletionProtectionEnabled: true }],
      },
    ]);
  });

  test('can be deleted with its stack when asked', () => {
    const stack = testStack();
    new Inbox(stack, 'inbox', { removalPolicy: RemovalPolicy.DESTROY });
    expect(resources(stack, 'AWS::DynamoDB::GlobalTable')).toMatchObject([{ Replicas: [{ DeletionProtectionEnabled: false }] }]);
  });

  test('lets a function do with its items exactly what the runtime does, and use its key', () => {
    const stack = testStack(SOMEWHERE);
    const inbox = new Inbox(stack, 'inbox', { retention: Duration.days(70), encryptionKey: new Key(stack, 'key') });
    inbox.grantUse(new HandlerFunction(stack, 'ship-order', { entry: ENTRY }));
    const actions = actionsOf(statements(stack, 'shiporderrole')).filter((action) => action.startsWith('dynamodb:'));
    expect(actions).toEqual(['BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action}`));
    expect(actionsOf(statements(stack, 'shiporderrole'))).toContain('kms:Decrypt');
    expect(resources(stack, 'AWS::Lambda::Function')[0]).toMatchObject({
      Environment: {
        Variables: { POSTHASTE_INBOX_RETENTION_DAYS: '70', POSTHASTE_INBOX_TABLE: { Ref: expect.stringMatching(/^inboxTable/) } },
      },
    });
  });

  test('can be a table of another account', () => {
    const stack = testStack();
    const table = Table.fromTableArn(stack, 'theirs', 'arn:aws:dynamodb:us-east-1:111111111111:table/inbox');
    Inbox.import(stack, 'inbox', { table, retention: Duration.days(60) }).grantUse(
      new HandlerFunction(stack, 'ship-order', { entry: ENTRY }),
    );
    expect(statements(stack, 'shiporderrole')[1]?.Resource).toBe(table.tableArn);
  });

  test.each([
    [Duration.hours(36), /inbox: retention is 1 day 12 hours; it is counted in whole days: round it up/],
    [Duration.days(1), /inbox: retention is 1 day; a message may come again days later: keep markers for 60 days/],
    [Duration.days(0), /inbox: retention is .*; a message may come again days later: keep markers for 60 days/],
  ])('refuses a retention of %s', (retention, message) => {
    expect(() => new Inbox(testStack(), 'inbox', { retention })).toThrow(message);
  });

  test('refuses a key in a stack that could be anywhere, before DynamoDB does', () => {
    const stack = testStack();
    expect(() => new Inbox(stack, 'inbox', { encryptionKey: new Key(stack, 'key') })).toThrow(
      /inbox: encryptionKey is given in a stack without a region; .*: give the stack "env/,
    );
  });
});
