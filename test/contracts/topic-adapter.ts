import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { lossyClient } from '../../lib/simulation/contracts/lossy-client.ts';
import type { ContractSubscriber, TopicFeature, TopicInstance } from '../../lib/simulation/contracts/topic-instance.ts';
import type { SimClient } from '../../lib/simulation/process.ts';
import type { Destination } from '../../lib/topic/destination.ts';
import { parseDestinations } from '../../lib/topic/destination.ts';
import { createSnsSender } from '../../lib/topic/topic.sns.ts';
import { createSqsSender } from '../../lib/topic/topic.sqs.ts';
import type { Backend } from './backend.ts';

/** What is sent to, and whether it keeps the order. */
export interface TopicKind {
  readonly kind: 'topic' | 'queue';
  readonly fifo: boolean;
}

/** What SNS and SQS promise, each in its two kinds. */
export function topicFeatures({ kind, fifo }: TopicKind): readonly TopicFeature[] {
  const both: TopicFeature[] = ['refuses', 'persistent', 'missingDestination', 'lostAnswers'];
  return [...both, ...(kind === 'topic' ? (['fanOut'] as const) : []), ...(fifo ? (['ordered', 'deduplicates'] as const) : [])];
}

/** A topic with two queues behind it, or a queue alone, and the sender of this project in front. */
export function openTopic(backend: Backend, { kind, fifo }: TopicKind): TopicInstance {
  const suffix = fifo ? '.fifo' : '';
  const queues = (kind === 'topic' ? ['first', 'second'] : ['only']).map((name) => createQueue(backend, `${backend.name(name)}${suffix}`));
  const arn = kind === 'topic' ? createTopic(backend, `${backend.name('orders')}${suffix}`, queues) : (queues[0]?.arn ?? '');
  const { client, loseNextAnswer } = lossyClient(backend.client(kind === 'topic' ? 'sns' : 'sqs'));
  const destinations = parseDestinations({ orders: arn, missing: arn.replace(/:[^:]+$/, `:${backend.name('missing')}${suffix}`) });
  return {
    ...backend,
    sender: kind === 'topic' ? createSnsSender(client) : createSqsSender(client),
    destination: destinations.get('orders') as Destination,
    missing: destinations.get('missing') as Destination,
    subscribers: queues.map(({ url }) => subscriberOf(backend.client('sqs'), url)),
    loseNextAnswer,
    // Neither service takes an attribute without a value.
    refusable: (parcel) => ({ ...parcel, attributes: { ...parcel.attributes, empty: { DataType: 'String', StringValue: '' } } }),
  };
}

interface Queue {
  readonly url: string;
  readonly arn: string;
}

function createQueue({ call }: Backend, name: string): Queue {
  const Attributes = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
  const { QueueUrl: url } = call('sqs', 'CreateQueue', { QueueName: name, Attributes }) as { QueueUrl: string };
  const answer = call('sqs', 'GetQueueAttributes', { QueueUrl: url, AttributeNames: ['QueueArn'] });
  return { url, arn: (answer['Attributes'] as { QueueArn: string }).QueueArn };
}

function createTopic({ call }: Backend, name: string, queues: readonly Queue[]): string {
  const Attributes = name.endsWith('.fifo') ? { FifoTopic: 'true' } : {};
  const { TopicArn } = call('sns', 'CreateTopic', { Name: name, Attributes }) as { TopicArn: string };
  for (const { url, arn } of queues) {
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: arn }],
    });
    call('sqs', 'SetQueueAttributes', { QueueUrl: url, Attributes: { Policy } });
    call('sns', 'Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: arn, Attributes: { RawMessageDelivery: 'true' } });
  }
  return TopicArn;
}

function subscriberOf(client: SimClient, QueueUrl: string): ContractSubscriber {
  return {
    async receive() {
      const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] });
      const { Messages = [] } = (await client.send(command)) as { Messages?: readonly Message[] };
      if (Messages.length === 0) return [];
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      return Messages.map(({ Body = '', MessageAttributes = {} }) => ({
        body: Body,
        attributes: Object.fromEntries(Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [name, StringValue])),
      }));
    },
  };
}
