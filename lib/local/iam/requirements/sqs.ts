import type { Place } from '../../aws.ts';
import { arnAt, type objects, plain, type Requirement, type RequirementRule, record, text } from './requirement.ts';

/** Batches need the permission of the single action (Service Authorization Reference: Amazon SQS). */
const SINGLE: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
};

/** Amazon SQS Developer Guide, Key management: producers need both, consumers only Decrypt. */
const KEY_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  SendMessage: ['kms:GenerateDataKey', 'kms:Decrypt'],
  ReceiveMessage: ['kms:Decrypt'],
};

/** What an SQS request needs. */
export const sqsRequirements: RequirementRule = ({ action, input }, place) => {
  const name = SINGLE[action] ?? action;
  if (name === 'ListQueues') return [plain('sqs:ListQueues', arnAt(place, 'sqs', '*'))];
  if (name === 'CancelMessageMoveTask') return [onQueue('CancelMessageMoveTask', undefined)];
  if (name === 'StartMessageMoveTask') return moveTask(text(input, 'SourceArn'), text(input, 'DestinationArn'));
  const queueArn = text(input, 'SourceArn') ?? arnOfQueue(input, place);
  const tagging = name === 'CreateQueue' && Object.keys(record(input, 'tags')).length > 0 ? [onQueue('TagQueue', queueArn)] : [];
  return [onQueue(name, queueArn), ...tagging];
};

/** Redriving reads from the dead-letter queue and writes to the destination (SQS Developer Guide: Configuring queue permissions for redrive). */
function moveTask(source: string | undefined, destination: string | undefined): readonly Requirement[] {
  const taken = ['StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((name) => onQueue(name, source));
  return destination === undefined ? taken : [...taken, onQueue('SendMessage', destination)];
}

function onQueue(name: string, queueArn: string | undefined): Requirement {
  const keyActions = KEY_ACTIONS[name];
  return { action: `sqs:${name}`, resource: queueArn, kind: 'queue', ...(keyActions === undefined ? {} : { keyActions }) };
}

function arnOfQueue(input: Parameters<typeof objects>[0], place: Place): string | undefined {
  const url = text(input, 'QueueUrl');
  if (url !== undefined) {
    const [name, account] = url.split('/').reverse();
    return `arn:aws:sqs:${place.region}:${account !== undefined && /^\d{12}$/.test(account) ? account : place.accountId}:${name}`;
  }
  const name = text(input, 'QueueName');
  return name === undefined ? undefined : `arn:aws:sqs:${place.region}:${text(input, 'QueueOwnerAWSAccountId') ?? place.accountId}:${name}`;
}
