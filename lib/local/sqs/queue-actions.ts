import { AwsError, type Json } from '../aws.ts';
import { checkRedrivePolicies } from './dead-letter-rules.ts';
import { optionalInteger, requiredText, textList, textMap } from './input.ts';
import type { Queue } from './queue.ts';
import { attributesOfNewQueue, changedAttributes, differingAttribute, readAttributes } from './queue-attributes.ts';
import type { Actions, Queues } from './queues.ts';
import { invalidParameter, missingParameter, queueDoesNotExist } from './sqs-errors.ts';

const STANDARD_NAME = /^[A-Za-z0-9_-]{1,80}$/;
const FIFO_NAME = /^(?=.{1,80}$)[A-Za-z0-9_-]+\.fifo$/;
const PURGE_INTERVAL_MS = 60_000;
const MAX_PAGE = 1_000;

/** The life of queues: create, find, describe, change, empty and delete them. */
export function createQueueActions(queues: Queues): Actions {
  return {
    CreateQueue: (input) => ({ QueueUrl: createQueue(queues, input).url }),
    GetQueueUrl(input) {
      const queue = queues.find(requiredText(input, 'QueueName'));
      const owner = input['QueueOwnerAWSAccountId'];
      if (queue === undefined || (owner !== undefined && owner !== queues.options.place.accountId)) throw queueDoesNotExist();
      return { QueueUrl: queue.url };
    },
    ListQueues(input) {
      const prefix = String(input['QueueNamePrefix'] ?? '');
      return page(input, { queues: queues.all().filter((queue) => queue.name.startsWith(prefix)), member: 'QueueUrls' });
    },
    ListDeadLetterSourceQueues(input) {
      const target = queues.byUrl(input['QueueUrl']);
      const sources = queues.all().filter((queue) => queue.settings.redrivePolicy?.deadLetterTargetArn === target.arn);
      return { queueUrls: [], ...page(input, { queues: sources, member: 'queueUrls' }) };
    },
    GetQueueAttributes(input) {
      const queue = queues.byUrl(input['QueueUrl']);
      queue.settle();
      const names = textList(input, 'AttributeNames');
      return names.length === 0 ? {} : { Attributes: readAttributes(queue, names, queues.options.hostility?.miscount) };
    },
    SetQueueAttributes(input) {
      const queue = queues.byUrl(input['QueueUrl']);
      if (input['Attributes'] === undefined) throw missingParameter('Attributes');
      const attributes = changedAttributes(queue.attributes, textMap(input, 'Attributes'));
      checkRedrivePolicies(queues, queue.name, attributes);
      queue.settle();
      queue.configure(attributes);
      return {};
    },
    PurgeQueue(input) {
      purge(queues.byUrl(input['QueueUrl']), queues.options.clock.now());
      return {};
    },
    DeleteQueue(input) {
      queues.remove(queues.byUrl(input['QueueUrl']));
      return {};
    },
  };
}

function createQueue(queues: Queues, input: Json): Queue {
  const name = requiredText(input, 'QueueName');
  const given = textMap(input, 'Attributes');
  checkName(name, given['FifoQueue'] === 'true');
  const existing = queues.find(name);
  if (existing !== undefined) {
    const differing = differingAttribute(existing.attributes, given);
    if (differing === undefined) return existing;
    throw new AwsError('QueueNameExists', `A queue already exists with the same name and a different value for attribute ${differing}`);
  }
  const attributes = attributesOfNewQueue(name, given);
  checkRedrivePolicies(queues, name, attributes);
  const queue = queues.create(name, attributes);
  for (const [key, value] of Object.entries(textMap(input, 'tags'))) queue.tags.set(key, value);
  return queue;
}

function checkName(name: string, fifo: boolean): void {
  if (fifo && !FIFO_NAME.test(name)) {
    throw invalidParameter(
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length',
    );
  }
  if (!fifo && !STANDARD_NAME.test(name)) {
    throw invalidParameter('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
  }
}

function purge(queue: Queue, now: number): void {
  if (queue.lastPurgeAt !== undefined && now - queue.lastPurgeAt < PURGE_INTERVAL_MS) {
    throw new AwsError('PurgeQueueInProgress', `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`, {
      status: 403,
    });
  }
  queue.lastPurgeAt = now;
  queue.store.purge();
}

/** A page of queue URLs; a list is cut, and told to go on, only when the caller gave `MaxResults` or it passes 1,000. */
function page(input: Json, { queues, member }: { queues: readonly Queue[]; member: string }): Json {
  const refuse = () =>
    invalidParameter(`Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and ${MAX_PAGE}.`);
  const size = optionalInteger(input, 'MaxResults', { minimum: 1, maximum: MAX_PAGE, refuse }) ?? MAX_PAGE;
  const token = input['NextToken'];
  const after = typeof token === 'string' ? Buffer.from(token, 'base64').toString() : '';
  const rest = queues.filter((queue) => queue.name > after);
  const shown = rest.slice(0, size);
  if (shown.length === 0) return {};
  const last = rest.length > shown.length ? shown.at(-1)?.name : undefined;
  return { [member]: shown.map((queue) => queue.url), ...(last && { NextToken: Buffer.from(last).toString('base64') }) };
}
