import { contextOf } from '../condition-context.ts';
import { arnAt, plain, type RequirementRule, text } from './requirement.ts';

const LISTINGS = new Set([
  'ListTopics',
  'ListSubscriptions',
  'ListPhoneNumbersOptedOut',
  'GetSMSAttributes',
  'CheckIfPhoneNumberIsOptedOut',
]);

/** What an SNS request needs: a batch needs `sns:Publish`, an action on a subscription the topic that its ARN begins with. */
export const snsRequirements: RequirementRule = ({ action, input }, place) => {
  const name = action === 'PublishBatch' ? 'Publish' : action;
  if (LISTINGS.has(name)) return [plain(`sns:${name}`, arnAt(place, 'sns', '*'))];
  if (name === 'Publish' && text(input, 'PhoneNumber') !== undefined) return [plain('sns:Publish', '*')];
  const topicName = text(input, 'Name');
  const topicArn =
    text(input, 'TopicArn') ??
    text(input, 'TargetArn') ??
    text(input, 'ResourceArn') ??
    topicOf(text(input, 'SubscriptionArn')) ??
    (topicName === undefined ? undefined : arnAt(place, 'sns', topicName));
  const context = contextOf({ 'sns:Endpoint': text(input, 'Endpoint'), 'sns:Protocol': text(input, 'Protocol') });
  // SNS Developer Guide, Key management: publishers to an encrypted topic need both actions on its key.
  const encrypts = name === 'Publish' ? { keyActions: ['kms:GenerateDataKey', 'kms:Decrypt'] } : {};
  return [{ action: `sns:${name}`, resource: topicArn, kind: 'topic', context, ...encrypts }];
};

function topicOf(subscriptionArn: string | undefined): string | undefined {
  return subscriptionArn?.split(':').slice(0, 6).join(':');
}
