import { type Aws, AwsError, type Caller } from '../aws.ts';
import type { AlarmChange } from './alarm.ts';
import { actionsOf, notificationOf } from './alarm-notification.ts';

/** An action that could not be taken. */
export interface FailedAlarmAction {
  readonly action: string;
  readonly message: string;
}

/**
 * Takes the actions of an alarm that changed state and answers those that failed. Topics are published to as CloudWatch, so that their
 * policy decides; actions of other services are refused by name.
 */
export function takeActions(aws: Aws, change: AlarmChange): readonly FailedAlarmAction[] {
  const { subject: Subject, message: Message } = notificationOf(change, aws.place);
  const sourceArn = change.alarm.arn;
  const caller: Caller = { kind: 'service', principal: 'cloudwatch.amazonaws.com', sourceArn, sourceAccount: aws.place.accountId };
  return actionsOf(change.alarm).flatMap((action) => {
    if (action.split(':')[2] !== 'sns') return [{ action, message: 'the embedded CloudWatch takes no actions but those of SNS topics' }];
    try {
      aws.callNow({ service: 'sns', action: 'Publish', input: { TopicArn: action, Subject, Message }, caller });
      return [];
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return [{ action, message: `${error.code}: ${error.message}` }];
    }
  });
}
