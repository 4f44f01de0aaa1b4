import type { Json } from '../aws.ts';
import { isBinary, type MessageAttributes } from '../sqs/message-attributes.ts';
import { isRaw } from './subscription-attributes.ts';
import { isFifoArn, type Subscription } from './topic.ts';

/** A published message, on its way to the subscriptions. */
export interface Notification {
  readonly messageId: string;
  readonly topicArn: string;
  readonly fifoTopic: boolean;
  /** The text for a protocol: with `MessageStructure: json` each may have its own. */
  textFor(protocol: Subscription['protocol']): string;
  readonly subject: string | undefined;
  readonly attributes: MessageAttributes;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  readonly sequenceNumber: string | undefined;
  readonly publishedAt: number;
  readonly traceHeader: string | undefined;
}

/** The parameters of the SendMessage that brings the notification to a queue. */
export function toSendMessage(notification: Notification, subscription: Subscription, queueArn: string): Json {
  const raw = isRaw(subscription) && !exceedsRawLimit(notification);
  return {
    MessageBody: raw ? notification.textFor('sqs') : JSON.stringify(envelope(notification, subscription)),
    ...(raw && { MessageAttributes: notification.attributes }),
    ...(notification.traceHeader !== undefined && { MessageSystemAttributes: traceAttribute(notification.traceHeader) }),
    ...orderParameters(notification, queueArn),
  };
}

const traceAttribute = (header: string): Json => ({ AWSTraceHeader: { DataType: 'String', StringValue: header } });

/**
 * Whether a raw delivery cannot carry all attributes: a queue message has at most ten. AWS treats such a delivery as a client-side
 * error ("Amazon SNS raw message delivery"). The dead-letter queue gets the notification in its envelope, where attributes have no limit.
 */
export function exceedsRawLimit(notification: Notification): boolean {
  return Object.keys(notification.attributes).length > 10;
}

/** A FIFO topic orders in FIFO queues alone; the group of a standard topic's message is for fair standard queues. */
function orderParameters({ fifoTopic, groupId, deduplicationId }: Notification, queueArn: string): Json {
  if (isFifoArn(queueArn)) return { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId };
  return !fifoTopic && groupId !== undefined ? { MessageGroupId: groupId } : {};
}

/** The JSON around a message that is not delivered raw; FIFO topics sign nothing and say the sequence number. */
function envelope(notification: Notification, subscription: Subscription): Json {
  const { sequenceNumber, subject } = notification;
  return {
    Type: 'Notification',
    MessageId: notification.messageId,
    ...(sequenceNumber && { SequenceNumber: sequenceNumber }),
    TopicArn: notification.topicArn,
    ...(subject && { Subject: subject }),
    Message: notification.textFor(subscription.protocol),
    Timestamp: timestampOf(notification),
    ...(!notification.fifoTopic && { SignatureVersion: '1', Signature: SIGNATURE, SigningCertURL: CERTIFICATE }),
    UnsubscribeURL: unsubscribeUrl(subscription),
    ...(Object.keys(notification.attributes).length > 0 && { MessageAttributes: envelopeAttributes(notification.attributes) }),
  };
}

/** The event of a function that is subscribed to the topic (Lambda Developer Guide, "Using Lambda with Amazon SNS"). */
export function toLambdaEvent(notification: Notification, subscription: Subscription): Json {
  return {
    Records: [
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn: subscription.arn,
        Sns: {
          Type: 'Notification',
          MessageId: notification.messageId,
          TopicArn: notification.topicArn,
          Subject: notification.subject ?? null,
          Message: notification.textFor('lambda'),
          Timestamp: timestampOf(notification),
          SignatureVersion: '1',
          Signature: SIGNATURE,
          SigningCertUrl: CERTIFICATE,
          UnsubscribeUrl: unsubscribeUrl(subscription),
          MessageAttributes: envelopeAttributes(notification.attributes),
        },
      },
    ],
  };
}

// The members exist on AWS and parsers ask for them; nobody signs here, so verification fails, as it must.
const SIGNATURE = 'not-signed';
const CERTIFICATE = 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-local.pem';

function timestampOf(notification: Notification): string {
  return new Date(notification.publishedAt).toISOString();
}

function unsubscribeUrl({ arn }: Subscription): string {
  const region = arn.split(':')[3];
  return `https://sns.${region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${arn}`;
}

function envelopeAttributes(attributes: MessageAttributes): Json {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [
      name,
      { Type: attribute.DataType, Value: isBinary(attribute) ? attribute.BinaryValue : attribute.StringValue },
    ]),
  );
}
