import type { Clock } from '../core/clock.ts';
import { AwsError, type AwsRequest, DEVELOPER, type Engine, type Json } from './aws.ts';
import type { LogOrigin } from './lambda/executor.ts';

/** What deciding about log lines takes. */
export interface LogDeliveryDeps {
  readonly clock: Clock;
  readonly logs: Pick<Engine, 'call'>;
  /** Throws when a caller may not make a call. */
  readonly authorise: (request: AwsRequest) => void;
}

/** How long a decision holds: a changed policy shows within seconds, as on AWS, and a line costs one look into a map. */
const DECISION_MS = 2_000;

/**
 * Whether the lines of a function reach CloudWatch Logs: only if its role may make its log stream and write to it, and the log group
 * too where there is none (Lambda Developer Guide, "Sending Lambda function logs to CloudWatch Logs"). Lines that may not are lost.
 */
export function createLogDelivery({ clock, logs, authorise }: LogDeliveryDeps): (origin: LogOrigin) => boolean {
  const decisions = new Map<string, { readonly delivers: boolean; readonly until: number }>();

  function decide({ roleArn, logGroup, logStream, functionName }: LogOrigin): boolean {
    const input = { logGroupName: logGroup, logStreamName: logStream };
    const caller = { kind: 'role', roleArn, sessionName: functionName } as const;
    const may = (action: string, of: Json) => permits(() => authorise({ service: 'logs', action, input: of, caller }));
    if (!may('CreateLogStream', input) || !may('PutLogEvents', input)) return false;
    return exists(logGroup) || may('CreateLogGroup', { logGroupName: logGroup });
  }

  function exists(logGroup: string): boolean {
    const input = { logGroupNamePrefix: logGroup };
    const { logGroups } = logs.call({ service: 'logs', action: 'DescribeLogGroups', input, caller: DEVELOPER }) as {
      logGroups: readonly { readonly logGroupName: string }[];
    };
    return logGroups.some(({ logGroupName }) => logGroupName === logGroup);
  }

  return (origin) => {
    const key = `${origin.roleArn} ${origin.logGroup}`;
    const known = decisions.get(key);
    const now = clock.now();
    if (known !== undefined && now < known.until) return known.delivers;
    const delivers = decide(origin);
    decisions.set(key, { delivers, until: now + DECISION_MS });
    return delivers;
  };
}

function permits(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}
