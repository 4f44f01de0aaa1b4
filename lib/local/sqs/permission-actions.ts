import { withoutPermission, withPermission } from './access-policy.ts';
import { requiredText, textList } from './input.ts';
import { changedAttributes } from './queue-attributes.ts';
import type { Actions, Queues } from './queues.ts';
import { invalidValue, missingParameter } from './sqs-errors.ts';

/** AddPermission and RemovePermission: they edit the statements of the queue's `Policy`. */
export function createPermissionActions(queues: Queues): Actions {
  return {
    AddPermission(input) {
      const queue = queues.byUrl(input['QueueUrl']);
      const label = requiredText(input, 'Label');
      const accountIds = textList(input, 'AWSAccountIds');
      const names = textList(input, 'Actions');
      if (accountIds.length === 0) throw missingParameter('AWSAccountIds');
      if (names.length === 0) throw missingParameter('Actions');
      const actions = names.map((name) => `SQS:${name}`);
      const policy = withPermission(queue.attributes['Policy'], { label, accountIds, actions, resourceArn: queue.arn });
      if (policy === undefined) throw invalidValue(label, 'Label', 'Already exists.');
      queue.configure(changedAttributes(queue.attributes, { Policy: policy }));
      return {};
    },
    RemovePermission(input) {
      const queue = queues.byUrl(input['QueueUrl']);
      const label = requiredText(input, 'Label');
      const policy = withoutPermission(queue.attributes['Policy'], label);
      if (policy === undefined) throw invalidValue(label, 'Label', "can't find label.");
      queue.configure(changedAttributes(queue.attributes, { Policy: policy }));
      return {};
    },
  };
}
