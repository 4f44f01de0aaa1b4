import { Duration } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { CommandQueue, type CommandQueueProps, HandlerFunction, Inbox } from '../../lib/constructs.ts';
import { handlesDigest } from '../../lib/consumer/handles-digest.ts';
import { actionsOf, definition, ENTRY, resources, statements, testStack } from '../infra/fixtures/stack.ts';

const PrintLabel = definition('command', 'parcels.print-label', ['print-label']);

function commandQueue(props: Partial<CommandQueueProps> = {}, stack = testStack()) {
  const queue = new CommandQueue(stack, 'print-label', { handles: [PrintLabel], entry: ENTRY, inbox: new Inbox(stack, 'inbox'), ...props });
  return { stack, queue };
}

describe('a command queue', () => {
  test('is a queue, its dead-letter queue and one function, without a topic', () => {
    const { stack } = commandQueue();
    expect(resources(stack, 'AWS::SQS::Queue').map(({ QueueName }) => QueueName)).toEqual(['test-print-label-dlq', 'test-print-label']);
    expect(resources(stack, 'AWS::SNS::Subscription')).toEqual([]);
    expect(resources(stack, 'AWS::Lambda::Function')[0]).toMatchObject({
      Environment: { Variables: { POSTHASTE_CONSUMER: 'print-label', POSTHASTE_HANDLES: handlesDigest(['parcels.print-label']) } },
    });
  });

  test('keeps order when asked, on FIFO queues', () => {
    const { stack } = commandQueue({ ordered: true });
    expect(resources(stack, 'AWS::SQS::Queue').map(({ QueueName }) => QueueName)).toEqual([
      'test-print-label-dlq.fifo',
      'test-print-label.fifo',
    ]);
  });

  test('lets a function send to it directly, and tells it where it is', () => {
    const { stack, queue } = commandQueue();
    queue.grantSendFrom(new HandlerFunction(stack, 'pack-parcel', { entry: ENTRY }));
    expect(actionsOf(statements(stack, 'packparcelrole'))).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:SendMessage']);
    const [fn] = resources(stack, 'AWS::Lambda::Function').filter(({ FunctionName }) => FunctionName === 'test-pack-parcel');
    expect(JSON.stringify(fn?.['Environment'])).toContain('{\\"print-label\\":\\"');
  });

  test('can be a queue of another account, as a destination', () => {
    const stack = testStack();
    const queue = Queue.fromQueueArn(stack, 'theirs', 'arn:aws:sqs:us-east-1:111111111111:labels.fifo');
    const destination = CommandQueue.import(stack, 'print-label', { queue });
    destination.grantSend(new HandlerFunction(stack, 'pack-parcel', { entry: ENTRY }));
    expect(statements(stack, 'packparcelrole')[1]).toMatchObject({ Action: 'sqs:SendMessage', Resource: queue.queueArn });
    expect(destination.destinationName).toBe('print-label');
  });

  test('does not wait for the retries of a topic that it does not have', () => {
    // 4 + 14 days in its queues and 7 to redrive; a consumer of a topic would need 23 more.
    const inboxOf = (days: number) => {
      const stack = testStack();
      return { stack, inbox: new Inbox(stack, 'short-inbox', { retention: Duration.days(days) }) };
    };
    const [enough, short] = [inboxOf(25), inboxOf(24)];
    expect(() => commandQueue({ inbox: enough.inbox }, enough.stack)).not.toThrow();
    expect(() => commandQueue({ inbox: short.inbox }, short.stack)).toThrow('a message may come again after 25 days (0 before the queue');
  });

  const Printed = definition('event', 'parcels.label-printed', ['parcels']);
  const Other = definition('command', 'parcels.weigh', ['weigh']);
  test.each([
    [
      [Printed],
      'handles lists "parcels.label-printed", defined as an event; events travel by topic to any number of consumers: receive it with a Consumer',
    ],
    [
      [Other],
      `"parcels.weigh", which is sent to the queue "weigh"; this queue is "print-label" and would never see it: give the command "queue: 'print-label'"`,
    ],
    [[], 'handles is an empty list'],
  ])('refuses messages that do not come this way', (handles, sentence) => {
    expect(() => commandQueue({ handles })).toThrow(sentence);
  });
});
