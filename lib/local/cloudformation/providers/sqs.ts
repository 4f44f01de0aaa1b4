import type { Json } from '../../aws.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { array, attributeMap, removeIfThere, tagMap, text } from './properties.ts';

const SETTABLE: Readonly<Record<string, string>> = {
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  VisibilityTimeout: '30',
  RedrivePolicy: '',
  RedriveAllowPolicy: '',
  KmsMasterKeyId: '',
  KmsDataKeyReusePeriodSeconds: '300',
  SqsManagedSseEnabled: 'true',
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
};

/** AWS::SQS::Queue. */
export const sqsQueue: Provider = {
  type: 'AWS::SQS::Queue',
  nameProperty: 'QueueName',
  replaceOn: ['QueueName', 'FifoQueue'],
  create(properties, context) {
    const fifo = properties['FifoQueue'] === true || properties['FifoQueue'] === 'true';
    const QueueName = text(properties, 'QueueName') ?? (fifo ? `${context.name({ maxLength: 75 })}.fifo` : context.name({ maxLength: 80 }));
    const Attributes = attributeMap(properties, [...Object.keys(SETTABLE), ...(fifo ? ['FifoQueue'] : [])]);
    const QueueUrl = context.call('sqs', 'CreateQueue', { QueueName, Attributes, tags: tagMap(properties, context) })['QueueUrl'];
    const Arn = `arn:aws:sqs:${context.place.region}:${context.place.accountId}:${QueueName}`;
    return { physicalId: String(QueueUrl), attributes: { Arn, QueueName, QueueUrl } };
  },
  /** A property that left the template goes back to the service's default. */
  update({ physicalId, attributes, after, changed }, context) {
    const names = Object.keys(SETTABLE).filter((name) => changed.has(name));
    const Attributes = { ...Object.fromEntries(names.map((name) => [name, SETTABLE[name]])), ...attributeMap(after, names) };
    if (names.length > 0) context.call('sqs', 'SetQueueAttributes', { QueueUrl: physicalId, Attributes });
    if (changed.has('Tags')) context.call('sqs', 'TagQueue', { QueueUrl: physicalId, Tags: tagMap(after, context) });
    return { physicalId, attributes };
  },
  remove({ physicalId }, context) {
    removeIfThere(() => context.call('sqs', 'DeleteQueue', { QueueUrl: physicalId }));
  },
};

/** AWS::SQS::QueuePolicy: one policy document set on each of its queues. */
export const sqsQueuePolicy: Provider = {
  type: 'AWS::SQS::QueuePolicy',
  replaceOn: [],
  create(properties, context) {
    setPolicy(properties, JSON.stringify(properties['PolicyDocument']), context);
    return { physicalId: context.name(), attributes: { Id: context.logicalId } };
  },
  update({ physicalId, attributes, before, after }, context) {
    const kept = new Set(array<string>(after, 'Queues'));
    const left = array<string>(before, 'Queues').filter((queue) => !kept.has(queue));
    removeIfThere(() => setPolicy({ Queues: left }, '', context));
    setPolicy(after, JSON.stringify(after['PolicyDocument']), context);
    return { physicalId, attributes };
  },
  remove({ properties }, context) {
    removeIfThere(() => setPolicy(properties, '', context));
  },
};

function setPolicy(properties: Json, Policy: string, context: ProviderContext): void {
  for (const QueueUrl of array<string>(properties, 'Queues')) {
    context.call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy } });
  }
}
