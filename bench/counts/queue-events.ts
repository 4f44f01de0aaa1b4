import type { Json } from '../../lib/local/aws.ts';
import type { Call } from './world.ts';

/** Up to ten messages of a queue, as an event source mapping hands them to a function. */
export function eventOf(call: Call, QueueUrl: string, queueName: string): { readonly Records: readonly Json[] } {
  const received = call('sqs', 'ReceiveMessage', {
    ...{ QueueUrl, MaxNumberOfMessages: 10 },
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  const messages = (received['Messages'] ?? []) as readonly Json[];
  return { Records: messages.map((message) => recordOf(message, `arn:aws:sqs:us-east-1:000000000000:${queueName}`)) };
}

function recordOf(message: Json, eventSourceARN: string): Json {
  const attributes = Object.entries((message['MessageAttributes'] ?? {}) as Record<string, Json>);
  return {
    messageId: message['MessageId'],
    receiptHandle: message['ReceiptHandle'],
    body: message['Body'],
    attributes: message['Attributes'],
    messageAttributes: Object.fromEntries(
      attributes.map(([name, { DataType, StringValue }]) => [name, { dataType: DataType, stringValue: StringValue }]),
    ),
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion: 'us-east-1',
  };
}
