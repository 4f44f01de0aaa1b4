import { AwsError, type AwsRequest, type Place } from '../aws.ts';

/** Assumes a role for the schedules of a group. Throws ValidationException when the role is missing or does not trust the Scheduler. */
export type AssumeRole = (roleArn: string, group: string) => void;

/**
 * Asks a role's trust policy as the Scheduler does: with the account, and with the schedule's group as the source
 * (EventBridge Scheduler User Guide, "Confused deputy prevention"). Without a judge every role will do.
 */
export function createAssumeRole({ accountId, region }: Place, authorise?: (request: AwsRequest) => void): AssumeRole {
  return (roleArn, group) => {
    const sourceArn = `arn:aws:scheduler:${region}:${accountId}:schedule-group/${group}`;
    const caller = { kind: 'service', principal: 'scheduler.amazonaws.com', sourceArn, sourceAccount: accountId } as const;
    try {
      authorise?.({ service: 'sts', action: 'AssumeRole', input: { RoleArn: roleArn }, caller });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new AwsError('ValidationException', 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.');
    }
  };
}
