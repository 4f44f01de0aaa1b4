import { AwsError, type Json } from '../aws.ts';
import { objectList } from '../sqs/input.ts';
import type { Deliveries } from './delivery.ts';
import { matchesFilter } from './filter-match.ts';
import type { Notification } from './notification.ts';
import { checkEnvelope, type PublishRequest, readPublish, sizeOfEntry } from './publish-request.ts';
import { invalidParameter, snsQueryErrorCode } from './sns-errors.ts';
import type { Actions, Published, Topic } from './topic.ts';
import { maximumMessageSize } from './topic-attributes.ts';
import type { Topics } from './topics.ts';

const MAX_ENTRIES = 10;
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

/** Publish and PublishBatch. */
export function createPublishActions(topics: Topics, deliveries: Deliveries): Actions {
  const { clock, ids } = topics.options;

  function accept(topic: Topic, request: PublishRequest, traceHeader: string | undefined): Published {
    const now = clock.now();
    const byGroup = topic.attributes.get('FifoThroughputScope') === 'MessageGroup';
    const key = byGroup ? `${request.groupId} ${request.deduplicationId}` : String(request.deduplicationId);
    const earlier = topic.fifo ? topic.accepted.find(key, now) : undefined;
    if (earlier !== undefined) {
      topic.deduplicated += 1;
      return earlier;
    }
    const published = { messageId: ids.next(), sequenceNumber: topic.fifo ? topics.nextSequenceNumber() : undefined };
    if (topic.fifo) topic.accepted.accept(key, published, now);
    topic.published += 1;
    fanOut(topic, request, { ...request, ...published, topicArn: topic.arn, fifoTopic: topic.fifo, publishedAt: now, traceHeader });
    return published;
  }

  function fanOut(topic: Topic, request: PublishRequest, notification: Notification): void {
    // A delivery may run code that subscribes or unsubscribes: those there at the time of publishing count.
    for (const subscription of [...topic.subscriptions.values()]) {
      const { filter } = subscription;
      const filterable = { message: request.textFor(subscription.protocol), attributes: request.attributes };
      if (filter !== undefined && !matchesFilter(filter.policy, filter.scope, filterable)) subscription.counters.filteredOut += 1;
      else deliveries.deliver(notification, subscription);
    }
  }

  function publish(topic: Topic, entry: Json, traceHeader: string | undefined): Json {
    const { messageId, sequenceNumber } = accept(topic, readPublish(entry, topic), traceHeader);
    return { MessageId: messageId, ...(sequenceNumber && { SequenceNumber: sequenceNumber }) };
  }

  return {
    Publish(input, { traceHeader }) {
      if (input['PhoneNumber'] !== undefined) throw invalidParameter('PhoneNumber Reason: the embedded SNS sends no text messages');
      const [arn, parameter] = input['TopicArn'] === undefined ? [input['TargetArn'], 'TargetArn'] : [input['TopicArn'], 'TopicArn'];
      if (arn === undefined) throw invalidParameter('TopicArn or TargetArn Reason: no value for required parameter');
      return publish(topics.byArn(arn, parameter), input, traceHeader);
    },
    PublishBatch(input, { traceHeader }) {
      const topic = topics.byArn(input['TopicArn']);
      const entries = objectList(input, 'PublishBatchRequestEntries');
      checkBatch(entries, topic);
      return perEntry(entries, (entry) => publish(topic, entry, traceHeader));
    },
  };
}

function checkBatch(entries: readonly Json[], topic: Topic): void {
  if (entries.length === 0) throw new AwsError('EmptyBatchRequestException', "The batch request doesn't contain any entries.");
  if (entries.length > MAX_ENTRIES) {
    throw new AwsError('TooManyEntriesInBatchRequestException', 'The batch request contains more entries than permissible.');
  }
  const ids = entries.map((entry) => entry['Id']);
  if (!ids.every((id) => typeof id === 'string' && ENTRY_ID.test(id))) {
    throw new AwsError('InvalidBatchEntryIdException', "The Id of a batch entry in a batch request doesn't abide by the specification.");
  }
  if (new Set(ids).size < ids.length) {
    throw new AwsError('BatchEntryIdsNotDistinctException', 'Two or more batch entries in the request have the same Id.');
  }
  // PublishBatch reference: the sum of all messages has the limit of a single one.
  if (entries.reduce((total, entry) => total + sizeOfEntry(entry), 0) > maximumMessageSize(topic)) {
    throw new AwsError('BatchRequestTooLongException', 'The length of all the batch messages put together is more than the limit.');
  }
  for (const entry of entries) checkEnvelope(entry, topic);
}

function perEntry(entries: readonly Json[], act: (entry: Json) => Json): Json {
  const successful: Json[] = [];
  const failed: Json[] = [];
  for (const entry of entries) {
    const id = entry['Id'];
    try {
      successful.push({ Id: id, ...act(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: id, Code: snsQueryErrorCode(error.code), Message: error.message, SenderFault: error.status < 500 });
    }
  }
  return { Successful: successful, Failed: failed };
}
