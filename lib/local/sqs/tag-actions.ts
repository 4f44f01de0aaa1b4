import { textList, textMap } from './input.ts';
import type { Actions, Queues } from './queues.ts';
import { invalidParameter } from './sqs-errors.ts';

// SQS Developer Guide, "Cost allocation tags": at most 50 tags a queue.
const MAX_TAGS = 50;

/** TagQueue, UntagQueue and ListQueueTags. */
export function createTagActions(queues: Queues): Actions {
  return {
    TagQueue(input) {
      const queue = queues.byUrl(input['QueueUrl']);
      const tags = textMap(input, 'Tags');
      const count = new Set([...queue.tags.keys(), ...Object.keys(tags)]).size;
      if (count > MAX_TAGS) throw invalidParameter(`Too many tags added for queue ${queue.name}.`);
      for (const [key, value] of Object.entries(tags)) queue.tags.set(key, value);
      return {};
    },
    UntagQueue(input) {
      const queue = queues.byUrl(input['QueueUrl']);
      for (const key of textList(input, 'TagKeys')) queue.tags.delete(key);
      return {};
    },
    ListQueueTags(input) {
      const { tags } = queues.byUrl(input['QueueUrl']);
      return tags.size === 0 ? {} : { Tags: Object.fromEntries(tags) };
    },
  };
}
