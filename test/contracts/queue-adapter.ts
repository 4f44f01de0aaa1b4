import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { QueueRecord } from '../../lib/consumer/consumer.event.ts';
import { createVisibility } from '../../lib/consumer/consumer.sqs.ts';
import { systemClock } from '../../lib/core/clock.ts';
import { silentLogger } from '../../lib/core/logger.ts';
import { systemRng } from '../../lib/core/rng.ts';
import { createDeadLetters } from '../../lib/dlq/dead-letters.sqs.ts';
import type { Json } from '../../lib/local/aws.ts';
import { SQS_MAX_BYTES } from '../../lib/message/message.contract.ts';
import type { QueueFeature, QueueInstance, QueueMessage } from '../../lib/simulation/contracts/queue-instance.ts';
import type { SimClient } from '../../lib/simulation/process.ts';
import type { Backend } from './backend.ts';

/** What SQS promises of its two kinds of queue. */
export function queueFeatures(fifo: boolean): readonly QueueFeature[] {
  const both: QueueFeature[] = ['exclusive', 'persistent', 'deadLetters', 'parks'];
  return fifo ? [...both, 'ordered', 'deduplicates'] : [...both, 'delays'];
}

const MAX_RECEIVE_COUNT = 4;

/** A queue with its dead-letter queue, and the adapters of this project around it. */
export function openQueue(backend: Backend, { fifo, visibilitySeconds }: { fifo: boolean; visibilitySeconds: number }): QueueInstance {
  const suffix = fifo ? '.fifo' : '';
  const more = fifo ? { FifoQueue: 'true' } : {};
  const letters = createQueue(backend, `${backend.name('letters')}${suffix}`, more);
  const { url } = createQueue(backend, `${backend.name('work')}${suffix}`, {
    ...more,
    VisibilityTimeout: String(visibilitySeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: letters.arn, maxReceiveCount: MAX_RECEIVE_COUNT }),
  });
  const client = backend.client('sqs');
  const deps = { client, clock: backend.time?.clock ?? systemClock, rng: backend.rng ?? systemRng };
  const send = (messages: readonly QueueMessage[]) => sendAll(client, url, messages);
  return {
    ...backend,
    send,
    receive: (max) => receive(client, url, max),
    acknowledge: (records) => remove(client, url, records),
    visibility: createVisibility({ ...deps, queueUrl: url, log: silentLogger }),
    visibilityTimeoutMs: visibilitySeconds * 1_000,
    maxBytes: SQS_MAX_BYTES,
    maxReceiveCount: MAX_RECEIVE_COUNT,
    deadLetters: createDeadLetters({ ...deps, queueUrl: letters.url }),
    async letters() {
      const records = await receive(client, letters.url, 10);
      await remove(client, letters.url, records);
      return records;
    },
  };
}

function createQueue({ call }: Backend, QueueName: string, Attributes: Json) {
  const url = String(call('sqs', 'CreateQueue', { QueueName, Attributes })['QueueUrl']);
  const answer = call('sqs', 'GetQueueAttributes', { QueueUrl: url, AttributeNames: ['QueueArn'] });
  return { url, arn: (answer['Attributes'] as { QueueArn: string }).QueueArn };
}

async function sendAll(client: SimClient, QueueUrl: string, messages: readonly QueueMessage[]): Promise<void> {
  const fifo = QueueUrl.endsWith('.fifo');
  for (let at = 0; at < messages.length; at += 10) {
    const Entries = messages.slice(at, at + 10).map(({ id, body, attributes = {}, group, delayMs }, index) => ({
      Id: String(index),
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      ),
      ...(fifo && { MessageGroupId: group ?? id, MessageDeduplicationId: id }),
      ...(delayMs !== undefined && { DelaySeconds: Math.ceil(delayMs / 1_000) }),
    }));
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    if (Failed.length > 0) throw new Error(`not sent: ${JSON.stringify(Failed)}`);
  }
}

async function receive(client: SimClient, QueueUrl: string, max: number): Promise<readonly QueueRecord[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: max,
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['All'],
  });
  const { Messages = [] } = (await client.send(command)) as { Messages?: readonly Message[] };
  return Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {}, MessageAttributes = {} }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: { ApproximateReceiveCount: '', ...Attributes },
    messageAttributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { DataType = '', StringValue }]) => [
        name,
        { dataType: DataType, stringValue: StringValue },
      ]),
    ),
    eventSourceARN: QueueUrl,
  }));
}

async function remove(client: SimClient, QueueUrl: string, records: readonly QueueRecord[]): Promise<void> {
  for (let at = 0; at < records.length; at += 10) {
    const Entries = records.slice(at, at + 10).map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}
