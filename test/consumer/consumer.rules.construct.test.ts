import { Duration } from 'aws-cdk-lib';
import type { CfnEventSourceMapping, CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { type CfnSubscription, SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import type { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { Consumer, type ConsumerProps, EventTopic, type EventTopicProps, Inbox } from '../../lib/constructs.ts';
import { definition, ENTRY, SOMEWHERE, testStack } from '../infra/fixtures/stack.ts';

const Placed = definition('event', 'orders.order-placed', ['orders'], ['country']);
const Paid = definition('event', 'payments.order-paid', ['payments', 'ledger']);
const Ship = definition('command', 'orders.ship-order', ['ship-order']);
const { days, hours, minutes, seconds } = Duration;
const filter = SubscriptionFilter.stringFilter({ allowlist: ['ch'] });
const FIFO: EventTopicProps = { fifo: true };

function consume(props: Partial<ConsumerProps>, topicProps: EventTopicProps = {}, retention = days(60)): Consumer {
  const stack = testStack();
  const topic = new EventTopic(stack, 'orders', topicProps);
  const inbox = new Inbox(stack, 'inbox', { retention });
  return new Consumer(stack, 'ship-order', { topic, handles: [Placed], entry: ENTRY, inbox, ...props });
}

describe('a consumer refuses, naming itself, the value, the rule and the cure:', () => {
  const refused: readonly (readonly [string, Partial<ConsumerProps>, EventTopicProps, string])[] = [
    [
      'an order that its topic does not keep',
      { ordered: true },
      {},
      '"orders" is a standard topic, which keeps no order and cannot feed a FIFO queue: create the topic with "fifo: true"',
    ],
    ['a filter on a FIFO topic', { where: { country: filter } }, FIFO, 'a FIFO topic; with a filter SNS FIFO delivers at most once'],
    ['a filter on a field that a message lacks', { where: { colour: filter } }, {}, 'orders.order-placed has no "colour"'],
    [
      'a filter on everything',
      { handles: '*', where: { country: filter } },
      {},
      'routing fields are declared by messages: list them in handles',
    ],
    ['a filter on the type, which is derived', { where: { type: filter } }, {}, '"type" is derived from handles'],
    [
      'a message that its topic does not carry',
      { handles: [Placed, Paid] },
      {},
      '"payments.order-paid", which is published to "payments", "ledger"; this consumer subscribes to "orders" and would never see it',
    ],
    [
      'a command',
      { handles: [Placed, Ship] },
      {},
      '"orders.ship-order", defined as a command; commands have one receiver and travel by queue, never by topic: receive it with a CommandQueue',
    ],
    ['nothing to handle', { handles: [] }, {}, 'handles is an empty list'],
    ['no topic', { topic: [] }, {}, 'topic is an empty list'],
    [
      'a big batch without time to collect it',
      { batchSize: 11 },
      {},
      'batchSize is 11 without a batchWindow; SQS hands out at most ten messages at once',
    ],
    ['a big batch in order', { ordered: true, batchSize: 11 }, FIFO, 'batchSize is 11 on an ordered queue; FIFO batches have at most 10'],
    ['a window in order', { ordered: true, batchWindow: seconds(1) }, FIFO, 'batchWindow is 1 second on an ordered queue'],
    [
      'a window over five minutes',
      { batchWindow: seconds(301) },
      {},
      'batchWindow is 5 minutes 1 second; Lambda takes whole seconds up to 300',
    ],
    ['a timeout in fractions of a second', { timeout: Duration.millis(5_500) }, {}, 'timeout is 5500 ms; Lambda counts whole seconds'],
    ['a batch of none', { batchSize: 0 }, {}, 'batchSize is 0; Lambda takes a whole number from 1 to 10000'],
    [
      'a batch that its timeout cannot hold',
      { batchSize: 10, expectedDuration: seconds(3) },
      {},
      '10 messages of 3 seconds each and 3 s to save the outcome need 33.0 s, but timeout is 30 s',
    ],
    [
      'receives that run out before attempts do',
      { maxReceiveCount: 49 },
      {},
      'maxReceiveCount is 49 with maxAttempts 5; throttles and unstarted batches spend receives',
    ],
    ['receives over what SQS counts', { maxReceiveCount: 1_001 }, {}, 'maxReceiveCount is 1001; SQS takes a whole number from 1 to 1000'],
    ['no attempt at all', { maxAttempts: 0 }, {}, 'maxAttempts is 0; give a whole number from 1 to 100'],
    ['blocking without order', { onExhausted: 'block' }, {}, 'onExhausted is "block" on an unordered queue'],
    ['blocking that SQS would end', { ordered: true, maxReceiveCount: 999 }, FIFO, 'maxReceiveCount is 999 with onExhausted "block"'],
    ['a queue that outlives its dead letters', { retention: days(14) }, {}, 'deadLetterRetention 14 days is not above retention 14 days'],
    ['a retention beyond SQS', { retention: days(15) }, {}, 'retention is 15 days; SQS keeps messages from 1 minute to 14 days'],
    [
      'two limits on one mapping',
      { scaling: { maxConcurrency: 5, provisionedPollers: { minimum: 2, maximum: 4 } } },
      {},
      'scaling has both maxConcurrency 5 and provisionedPollers 2–4; Lambda accepts one of the two',
    ],
    [
      'a concurrency of one',
      { scaling: { maxConcurrency: 1 } },
      {},
      'scaling.maxConcurrency is 1; Lambda takes a whole number from 2 to 1000',
    ],
    ['pollers out of range', { scaling: { provisionedPollers: { minimum: 1, maximum: 4 } } }, {}, 'scaling.provisionedPollers is 1–4'],
    [
      'more batches than reserved concurrency',
      { scaling: { maxConcurrency: 30, reservedConcurrency: 20 } },
      {},
      'may have 30 batches in work but scaling.reservedConcurrency is 20; the rest would be throttled',
    ],
    [
      'pollers over reserved concurrency',
      { scaling: { provisionedPollers: { minimum: 2, maximum: 3 }, reservedConcurrency: 29 } },
      {},
      'may have 30 batches in work but scaling.reservedConcurrency is 29',
    ],
    ['a reserve of nothing', { scaling: { reservedConcurrency: 0 } }, {}, 'scaling.reservedConcurrency is 0; a mapping needs at least 2'],
    [
      'warm instances over the reserve',
      { scaling: { reservedConcurrency: 5, provisionedConcurrency: { minimum: 1, maximum: 6 } } },
      {},
      'goes up to 6 but scaling.reservedConcurrency is 5',
    ],
    [
      'a share over nine tenths',
      { scaling: { provisionedConcurrency: { minimum: 1, maximum: 6, targetUtilization: 1 } } },
      {},
      'targetUtilization is 1; it is a share from 0.1 to 0.9',
    ],
    ['a name that is not kebab-case', { name: 'shipOrder' }, {}, 'the name "shipOrder" must be kebab-case'],
  ];
  test.each(refused)('%s', (_case, props, topicProps, sentence) => {
    expect(() => consume(props, topicProps)).toThrow(sentence);
    expect(() => consume(props, topicProps)).toThrow(/^test\/ship-order/);
  });

  test('an inbox that forgets a message before it can no longer come', () => {
    const props = { retention: days(13) };
    expect(() => consume(props, {}, days(56))).toThrow(
      'the inbox keeps markers for 56 days, but a message may come again after 57 days (23 before the queue, 13 days in it, 14 days in the dead-letter queue, 7 to redrive)',
    );
    expect(() => consume(props, {}, days(57))).not.toThrow();
  });

  test('a topic of another region, where its dead-letter queue would have to be', () => {
    const stack = testStack(SOMEWHERE);
    const topic = EventTopic.import(stack, 'orders', {
      topic: Topic.fromTopicArn(stack, 'topic', 'arn:aws:sns:us-east-1:111111111111:orders'),
    });
    const inbox = new Inbox(stack, 'inbox');
    expect(() => new Consumer(stack, 'ship-order', { topic, handles: [Placed], entry: ENTRY, inbox })).toThrow(
      'subscribes from eu-west-1 to "orders" in us-east-1',
    );
  });

  test('more values than a filter holds beside its names', () => {
    const handles = Array.from({ length: 50 }, (_, index) => definition('event', `orders.event-${index}`, ['orders'], ['country']));
    const where = (allowlist: string[]) => ({ country: SubscriptionFilter.stringFilter({ allowlist }) });
    expect(() => consume({ handles, where: where(['ch', 'de', 'fr', 'it']) })).toThrow(
      'where makes 200 combinations of message names and values of "country"; SNS takes 150: filter on fewer values',
    );
    expect(() => consume({ handles, where: where(['ch', 'de', 'fr']) })).not.toThrow();
  });

  test('a name that another has in the stack', () => {
    const stack = testStack();
    const props = {
      topic: new EventTopic(stack, 'orders'),
      handles: [Placed],
      entry: ENTRY,
      inbox: new Inbox(stack, 'inbox'),
      name: 'same',
    };
    new Consumer(stack, 'one', props);
    expect(() => new Consumer(stack, 'two', props)).toThrow(
      'test/two/worker: the name "same" is already that of test/one/worker; functions, queues and log groups of a stack are called by it: give one',
    );
  });

  test('a second topic that carries nothing it handles', () => {
    const stack = testStack();
    const topic = [new EventTopic(stack, 'orders'), new EventTopic(stack, 'parcels')];
    const inbox = new Inbox(stack, 'inbox');
    expect(() => new Consumer(stack, 'ship-order', { topic, handles: [Placed], entry: ENTRY, inbox })).toThrow(
      'subscribes to "parcels", which carries none of the messages in handles',
    );
  });

  test('more messages than a filter holds', () => {
    const handles = Array.from({ length: 151 }, (_, index) => definition('event', `orders.event-${index}`, ['orders']));
    expect(() => consume({ handles })).toThrow('handles lists 151 messages; a filter holds 150 names: give "*"');
    expect(() => consume({ handles: handles.slice(1) })).not.toThrow();
  });
});

describe('a consumer accepts', () => {
  const accepted: readonly (readonly [string, Partial<ConsumerProps>, EventTopicProps])[] = [
    ['the largest batch, with a window', { batchSize: 10_000, batchWindow: seconds(300) }, {}],
    ['attempts that just fit its receives', { maxAttempts: 10 }, {}],
    ['the longest retention under its dead letters', { retention: hours(13 * 24 + 23) }, {}],
    ['a batch that just fits its timeout', { batchSize: 9, expectedDuration: seconds(3) }, {}],
    ['dead letters in order, when asked', { ordered: true, onExhausted: 'deadLetter', maxReceiveCount: 100 }, FIFO],
    ['the longest timeout', { timeout: minutes(15) }, {}],
  ];
  test.each(accepted)('%s', (_case, props, topicProps) => {
    expect(() => consume(props, topicProps)).not.toThrow();
  });
});

describe('an escape hatch cannot undo', () => {
  const resource = <T>(consumer: Consumer, ...path: readonly string[]): T => {
    const construct = path.reduce((scope, id) => scope.node.findChild(id), consumer as import('constructs').Construct);
    return (construct.node.defaultChild ?? construct) as T;
  };
  const found = (consumer: Consumer) => consumer.node.findAll().flatMap((construct) => construct.node.validate());

  test('nothing, when nothing was changed', () => {
    expect(found(consume({}))).toEqual([]);
  });

  test('the visibility timeout', () => {
    const consumer = consume({ timeout: seconds(10) });
    resource<CfnQueue>(consumer, 'worker', 'queue').visibilityTimeout = 59;
    expect(found(consumer)).toEqual([expect.stringMatching(/worker: VisibilityTimeout of the queue is 59 s; it must be .* = 60 s/)]);
  });

  test('partial responses, redrive and retention', () => {
    const consumer = consume({});
    resource<CfnEventSourceMapping>(consumer, 'worker', 'mapping').addPropertyDeletionOverride('FunctionResponseTypes');
    resource<CfnQueue>(consumer, 'worker', 'queue').addPropertyDeletionOverride('RedrivePolicy');
    resource<CfnQueue>(consumer, 'worker', 'dlq').messageRetentionPeriod = 345_600;
    const sentences = found(consumer).join('\n');
    for (const word of ['ReportBatchItemFailures', 'RedrivePolicy', 'MessageRetentionPeriod']) expect(sentences).toContain(word);
  });

  test('the way into its dead-letter queue', () => {
    const [renamed, closed] = [consume({}), consume({})];
    resource<CfnQueue>(renamed, 'worker', 'queue').queueName = 'renamed';
    resource<CfnQueue>(closed, 'worker', 'dlq').addPropertyOverride('RedriveAllowPolicy', { redrivePermission: 'denyAll' });
    expect(found(renamed)).toEqual([expect.stringMatching(/worker: RedriveAllowPolicy .* does not admit the queue "renamed"; .*"name"/)]);
    expect(found(closed)).toEqual([expect.stringContaining('does not admit the queue "test-ship-order"')]);
  });

  test('the time to collect a big batch, and the concurrency that a mapping needs', () => {
    const consumer = consume({});
    resource<CfnEventSourceMapping>(consumer, 'worker', 'mapping').batchSize = 500;
    resource<CfnFunction>(consumer, 'worker', 'function').reservedConcurrentExecutions = 5;
    expect(found(consumer)).toEqual([
      expect.stringMatching(/BatchSize of the event source mapping is 500 without .*: use the props "batchSize" and "batchWindow"/),
      expect.stringMatching(
        /ReservedConcurrentExecutions of the function is 5 under MaximumConcurrency 100 .*"scaling.reservedConcurrency"/,
      ),
    ]);
  });

  test('the absence of content-based deduplication', () => {
    const consumer = consume({ ordered: true }, FIFO);
    resource<CfnQueue>(consumer, 'worker', 'queue').contentBasedDeduplication = true;
    expect(found(consumer)).toEqual([expect.stringContaining('two different messages with equal bodies')]);
  });

  test('the subscription: raw, caught, and without a filter on a FIFO topic', () => {
    const consumer = consume({}, FIFO);
    const subscription = resource<CfnSubscription>(consumer, 'from-orders', 'subscription');
    subscription.filterPolicy = { type: ['x'] };
    subscription.rawMessageDelivery = false;
    subscription.addPropertyDeletionOverride('RedrivePolicy');
    expect(found(consumer)).toEqual([
      expect.stringContaining('SNS FIFO delivers at most once'),
      expect.stringContaining('RawMessageDelivery'),
      expect.stringContaining('RedrivePolicy'),
    ]);
  });
});
