import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, test } from 'vitest';
import { Consumer, type ConsumerProps, EventTopic, Inbox } from '../../lib/constructs.ts';
import { retry } from '../../lib/retry/error-outcome.ts';
import { errorRule } from '../../lib/retry/error-rules.ts';
import { fixed } from '../../lib/retry/policy.ts';
import { definition, ENTRY, resources, SOMEWHERE, statements, testStack } from '../infra/fixtures/stack.ts';

const HOUR = 3_600_000;
const Placed = definition('event', 'orders.order-placed', ['orders']);

function consume(props: Partial<ConsumerProps> = {}, stack = testStack(SOMEWHERE)) {
  const topic = new EventTopic(stack, 'orders', { fifo: props.ordered ?? false });
  const inbox = new Inbox(stack, 'inbox');
  new Consumer(stack, 'remind-customer', { topic, handles: [Placed], entry: ENTRY, inbox, ...props });
  return stack;
}

const groups = (stack: ReturnType<typeof testStack>) => resources(stack, 'AWS::Scheduler::ScheduleGroup').length;

describe('schedules for long waits', () => {
  test.each<[string, Partial<ConsumerProps>, number]>([
    ['a wait of 13 hours', { retry: fixed([13 * HOUR]) }, 1],
    ['a rule that waits for 13 hours', { errors: [errorRule({ code: 'CLOSED' }, retry(fixed([13 * HOUR])))] }, 1],
    ['waits of 12 hours', { retry: fixed([12 * HOUR]) }, 0],
    ['a wait of 13 hours in order', { retry: fixed([13 * HOUR]), ordered: true }, 0],
    ['a wait of 13 hours and a no', { retry: fixed([13 * HOUR]), longRetries: false }, 0],
    ['no long wait and a yes', { longRetries: true }, 1],
    ['nothing', {}, 0],
  ])('come with %s or not', (_, props, count) => {
    expect(groups(consume(props))).toBe(count);
  });

  test('are made by the function in its own group alone, and send to its queue alone, as a role that only they may take', () => {
    const stack = consume({ longRetries: true });
    expect(resources(stack, 'AWS::Lambda::Function')[0]).toMatchObject({
      Environment: {
        Variables: {
          POSTHASTE_SCHEDULES: { Ref: expect.stringMatching(/waits/) },
          POSTHASTE_SCHEDULES_ROLE: { 'Fn::GetAtt': [expect.stringMatching(/waitsrole/), 'Arn'] },
          POSTHASTE_SCHEDULES_DLQ: { 'Fn::GetAtt': [expect.stringMatching(/unscheduled/), 'Arn'] },
        },
      },
    });
    const own = statements(stack, 'remindcustomerworkerfunctionrole');
    expect(own).toContainEqual(
      expect.objectContaining({
        Action: 'iam:PassRole',
        Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      }),
    );
    expect(JSON.stringify(own)).toMatch(/"scheduler:CreateSchedule".*:schedule\/",{"Ref":"remindcustomerworkerwaits\w+"},"\/\*"/);
    const roles = JSON.stringify(resources(stack, 'AWS::IAM::Role'));
    expect(roles).toMatch(/"aws:SourceArn":{"Fn::GetAtt":\["remindcustomerworkerwaits\w+","Arn"\]}/);
    const sends = statements(stack, 'remindcustomerworkerwaitsrole').filter(({ Action }) => Action === 'sqs:SendMessage');
    expect(JSON.stringify(sends)).toMatch(/queue.*unscheduled/);
    expect(resources(stack, 'AWS::CloudWatch::Alarm').map(({ AlarmDescription }) => String(AlarmDescription))).toContainEqual(
      expect.stringContaining('the Scheduler could not send them'),
    );
  });

  test('have no names of their own: what is kept when they go is not in the way when they come back', () => {
    const { Resources } = Template.fromStack(consume({ longRetries: true })).toJSON() as {
      Resources: Record<string, { readonly DeletionPolicy?: string; readonly Properties?: object }>;
    };
    const kept = Object.entries(Resources).filter(([id, { DeletionPolicy }]) => /worker(waits|unscheduled)/.test(id) && DeletionPolicy);
    const names = ['Name', 'QueueName', 'RoleName'];
    expect(kept.flatMap(([id, { Properties = {} }]) => names.filter((name) => name in Properties).map((name) => `${id}.${name}`))).toEqual(
      [],
    );
    expect(kept).toHaveLength(4);
  });

  test.each<[string, Partial<ConsumerProps>, string]>([
    ['stay, with the role and the rights that they send with, when the construct goes', {}, 'RetainExceptOnCreate'],
    ['go as the queues go', { removalPolicy: RemovalPolicy.DESTROY }, 'Delete'],
  ])('%s', (_, props, policy) => {
    const { Resources } = Template.fromStack(consume({ ...props, longRetries: true })).toJSON() as {
      Resources: Record<string, { readonly Type: string; readonly DeletionPolicy?: string }>;
    };
    const kept = Object.entries(Resources).filter(([id]) => /worker(waits|unscheduled)/.test(id) && !/Policy[0-9A-F]{8}$/.test(id));
    const policies = Object.entries(Resources).filter(([id]) => /workerwaitsroleDefaultPolicy/.test(id));
    expect([...kept, ...policies].map(([, { Type, DeletionPolicy }]) => [Type, DeletionPolicy]).sort()).toEqual([
      ['AWS::IAM::Policy', policy],
      ['AWS::IAM::Role', policy],
      ['AWS::SQS::Queue', policy],
      ['AWS::Scheduler::ScheduleGroup', policy],
    ]);
  });

  test('may use the key of the queue', () => {
    const stack = testStack(SOMEWHERE);
    consume({ longRetries: true, encryptionKey: new Key(stack, 'key') }, stack);
    expect(JSON.stringify(statements(stack, 'remindcustomerworkerwaitsrole'))).toContain('kms:GenerateDataKey');
  });

  test.each<[string, Partial<ConsumerProps>, RegExp]>([
    ['in order', { ordered: true, longRetries: true }, /longRetries is true on an ordered queue; .* overtaken: remove it/],
    ['of a handler that is called once', { delivery: 'at-most-once', longRetries: true }, /"at-most-once" with "longRetries"/],
    ['that outlast the queue', { ordered: true, retry: fixed([48 * HOUR]) }, /spans up to 192.0 hours, but the queue keeps a message for/],
    ['that outlast the queue without schedules', { longRetries: false, retry: fixed([48 * HOUR]) }, /spans up to 192.0 hours/],
    [
      'that outlast the inbox',
      { retry: fixed([10 * 24 * HOUR]) },
      /spans up to 960.0 hours, but a message that came late is known to the inbox for 864.0 hours/,
    ],
  ])('are refused %s', (_, props, message) => {
    expect(() => consume(props)).toThrow(message);
  });

  test('are not held against the retention of the queue, which is empty meanwhile', () => {
    expect(groups(consume({ retry: fixed([48 * HOUR]), retention: Duration.days(1) }))).toBe(1);
  });
});
