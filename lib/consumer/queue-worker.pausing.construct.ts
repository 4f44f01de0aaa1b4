import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { HandlerFunction } from '../infra/handler-function.construct.ts';
import { NAME_LIMITS, physicalName } from '../infra/names.ts';
import { lastOutcome } from '../retry/error-rules.ts';
import { PAUSING_ENV } from './consumer.contract.ts';
import type { QueueWorkerProps } from './queue-worker.props.construct.ts';

/** A consumer whose queue can stop delivering. */
export interface PausableProps {
  readonly name: string;
  readonly fn: HandlerFunction;
  readonly queue: Queue;
  readonly mapping: CfnEventSourceMapping;
}

/** Whether a consumer's deliveries can be stopped: where somebody says so, or a rule needs it. */
export function isPausable({ pausable, errors = [] }: Pick<QueueWorkerProps, 'pausable' | 'errors'>): boolean {
  return pausable ?? errors.some((rule) => lastOutcome(rule)?.kind === 'pause');
}

/**
 * What a consumer needs to stop its own deliveries, and the Scheduler to start them again: rights on its one mapping and its one schedule.
 * They are a policy of its own, made after the mapping: the function waits for the role's first policy, and the mapping for the function.
 */
export class Pausing extends Construct {
  constructor(scope: Construct, id: string, { name, fn, queue, mapping }: PausableProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const scheduleName = physicalName(this, `${name}-resume`, { max: NAME_LIMITS.function });
    const mappingArn = stack.formatArn({
      service: 'lambda',
      resource: 'event-source-mapping',
      resourceName: mapping.ref,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const groupArn = stack.formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: 'default' });
    const role = new Role(this, 'resume-role', {
      // Only schedules of the default group may take it (EventBridge Scheduler user guide, confused deputy prevention).
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': groupArn } },
      }),
    });
    const change = new PolicyStatement({ actions: ['lambda:UpdateEventSourceMapping'], resources: [mappingArn] });
    role.addToPolicy(change);
    const policy = new Policy(this, 'policy', {
      statements: [
        change,
        // There is no permission to list those of one queue (Service Authorization Reference, AWS Lambda).
        new PolicyStatement({ actions: ['lambda:ListEventSourceMappings'], resources: ['*'] }),
        new PolicyStatement({
          actions: ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule'],
          resources: [stack.formatArn({ service: 'scheduler', resource: 'schedule', resourceName: `default/${scheduleName}` })],
        }),
        new PolicyStatement({
          actions: ['iam:PassRole'],
          resources: [role.roleArn],
          conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
        }),
      ],
    });
    policy.attachToRole(fn.role as Role);
    Validations.of(policy).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Listing event source mappings, which tells the consumer its own, knows no resource that a policy could name.',
    });
    fn.addEnvironment(PAUSING_ENV.queue, queue.queueArn);
    fn.addEnvironment(PAUSING_ENV.schedule, scheduleName);
    fn.addEnvironment(PAUSING_ENV.role, role.roleArn);
  }
}
