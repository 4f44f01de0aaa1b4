import { type QueueAttributes, settingsOf } from './queue-settings.ts';
import type { Queues } from './queues.ts';
import { allowsSource } from './redrive-policy.ts';
import { invalidValue } from './sqs-errors.ts';

/**
 * Checks the redrive policies of a queue against the other queues: the dead-letter queue exists, is of the same type and lets this
 * queue use it (SetQueueAttributes reference, RedrivePolicy and RedriveAllowPolicy).
 */
export function checkRedrivePolicies(queues: Queues, name: string, attributes: QueueAttributes): void {
  const { fifo, redrivePolicy } = settingsOf(attributes);
  if (redrivePolicy === undefined) return;
  const refuse = (reason: string) => invalidValue(attributes['RedrivePolicy'], 'RedrivePolicy', reason);
  const target = queues.findByArn(redrivePolicy.deadLetterTargetArn);
  if (target === undefined) throw refuse('Dead letter target does not exist.');
  if (target.settings.fifo !== fifo) throw refuse('Dead-letter queue must be same type of queue as the source.');
  if (!allowsSource(target.settings.redriveAllowPolicy, queues.arnOf(name))) {
    throw refuse('The redrive allow policy of the dead-letter queue does not permit this queue to use it.');
  }
}
