import type { Json } from '../aws.ts';
import { withoutPermission, withPermission } from '../sqs/access-policy.ts';
import { objectList, textList, textMap } from '../sqs/input.ts';
import { pageOf } from './page.ts';
import { invalidParameter, resourceNotFound } from './sns-errors.ts';
import type { Actions, Topic } from './topic.ts';
import { checkTopicAttribute, readTopicAttributes, topicPolicy } from './topic-attributes.ts';
import type { Topics } from './topics.ts';

// CreateTopic reference: up to 256 letters, digits, underscores and hyphens; a FIFO topic ends with .fifo.
const STANDARD_NAME = /^[A-Za-z0-9_-]{1,256}$/;
const FIFO_NAME = /^(?=.{1,256}$)[A-Za-z0-9_-]+\.fifo$/;
const MAX_TAGS = 50;

/** The life of topics: create, describe, change, tag, permit and delete them. */
export function createTopicActions(topics: Topics): Actions {
  const { place } = topics.options;
  const tagged = (input: Json): Topic => {
    const topic = topics.find(String(input['ResourceArn']));
    if (topic === undefined) throw resourceNotFound();
    return topic;
  };
  return {
    CreateTopic: (input) => ({ TopicArn: createTopic(topics, input).arn }),
    GetTopicAttributes: (input) => ({ Attributes: readTopicAttributes(topics.byArn(input['TopicArn']), place) }),
    SetTopicAttributes(input) {
      const topic = topics.byArn(input['TopicArn']);
      const name = String(input['AttributeName'] ?? '');
      const value = String(input['AttributeValue'] ?? '');
      checkTopicAttribute(name, value, topic.fifo);
      topic.attributes.set(name, value);
      return {};
    },
    DeleteTopic(input) {
      const topic = topics.find(String(input['TopicArn']));
      if (topic !== undefined) topics.remove(topic);
      return {};
    },
    ListTopics: (input) =>
      pageOf(
        topics.all().map((topic) => ({ TopicArn: topic.arn })),
        'Topics',
        input['NextToken'],
      ),
    TagResource(input) {
      addTags(tagged(input), readTags(input));
      return {};
    },
    UntagResource(input) {
      const { tags } = tagged(input);
      for (const key of textList(input, 'TagKeys')) tags.delete(key);
      return {};
    },
    ListTagsForResource: (input) => ({ Tags: [...tagged(input).tags].map(([Key, Value]) => ({ Key, Value })) }),
    AddPermission(input) {
      const topic = topics.byArn(input['TopicArn']);
      const label = String(input['Label'] ?? '');
      const actions = textList(input, 'ActionName').map((name) => `SNS:${name}`);
      const accountIds = textList(input, 'AWSAccountId');
      const policy = withPermission(topicPolicy(topic, place), { label, accountIds, actions, resourceArn: topic.arn });
      if (policy === undefined) throw invalidParameter('Statement already exists');
      topic.attributes.set('Policy', policy);
      return {};
    },
    RemovePermission(input) {
      const topic = topics.byArn(input['TopicArn']);
      const policy = withoutPermission(topicPolicy(topic, place), String(input['Label']));
      // Removing what is not there succeeds, as AWS answers it.
      if (policy !== undefined) topic.attributes.set('Policy', policy);
      return {};
    },
  };
}

function createTopic(topics: Topics, input: Json): Topic {
  const name = String(input['Name'] ?? '');
  const attributes = new Map(Object.entries(textMap(input, 'Attributes')));
  const fifo = attributes.get('FifoTopic') === 'true';
  if (!(fifo ? FIFO_NAME : STANDARD_NAME).test(name)) throw invalidParameter('Topic Name');
  for (const [key, value] of attributes) if (key !== 'FifoTopic') checkTopicAttribute(key, value, fifo);
  if (!fifo) attributes.delete('FifoTopic');
  const tags = readTags(input);
  const existing = topics.findByName(name);
  if (existing !== undefined) {
    checkSame(existing, attributes, tags);
    return existing;
  }
  const topic = topics.create(name, attributes);
  addTags(topic, tags);
  return topic;
}

function checkSame(topic: Topic, attributes: ReadonlyMap<string, string>, tags: ReadonlyMap<string, string>): void {
  for (const [name, value] of attributes) {
    if (topic.attributes.get(name) !== value) throw invalidParameter('Attributes Reason: Topic already exists with different attributes');
  }
  for (const [key, value] of tags) {
    if (topic.tags.get(key) !== value) throw invalidParameter('Tags Reason: Topic already exists with different tags');
  }
}

function readTags(input: Json): ReadonlyMap<string, string> {
  const entries = objectList(input, 'Tags').map((tag) => [String(tag['Key']), String(tag['Value'])] as const);
  const tags = new Map(entries);
  if (tags.size < entries.length) throw invalidParameter('Duplicated keys are not allowed.');
  return tags;
}

function addTags(topic: Topic, tags: ReadonlyMap<string, string>): void {
  const count = new Set([...topic.tags.keys(), ...tags.keys()]).size;
  if (count > MAX_TAGS) throw invalidParameter('Could not complete request: tag quota of per resource exceeded');
  for (const [key, value] of tags) topic.tags.set(key, value);
}
