import { type Json, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createCloudFormation } from '../../../lib/local/cloudformation/cloudformation.ts';
import { createFakeClock } from '../fake-clock.ts';
import { recordingAws } from './recording-aws.ts';

/** A CloudFormation over recorded engines, and a way to run its operations to their end. */
export function createWorld(own: Parameters<typeof recordingAws>[0] = {}) {
  const clock = createFakeClock();
  const aws = recordingAws(own);
  let made = 0;
  const ids = { next: () => `00000000-0000-0000-0000-${String(++made).padStart(12, '0')}` };
  const cloudformation = createCloudFormation({ clock, ids, place: LOCAL_PLACE, aws: () => aws });
  const call = (action: string, input: Json = {}) => cloudformation.call({ action, input });
  const stackOf = (StackName = 'S') => (call('DescribeStacks', { StackName })['Stacks'] as Json[])[0] as Json;
  return {
    clock,
    aws,
    cloudformation,
    call,
    stackOf,
    /** Creates or updates the stack `S` and waits for the end. */
    async deploy(template: object, options: Json = {}) {
      const exists = (call('DescribeStacks')['Stacks'] as Json[]).some((stack) => stack['StackName'] === (options['StackName'] ?? 'S'));
      call(exists ? 'UpdateStack' : 'CreateStack', { StackName: 'S', TemplateBody: JSON.stringify(template), ...options });
      await clock.advanceAsync(1);
      return stackOf(String(options['StackName'] ?? 'S'));
    },
    async remove(StackName = 'S', options: Json = {}) {
      call('DeleteStack', { StackName, ...options });
      await clock.advanceAsync(1);
    },
    /** `LogicalId STATUS` of a stack's history, oldest first. */
    history(StackName = 'S') {
      const events = call('DescribeStackEvents', { StackName })['StackEvents'] as Json[];
      return events.reverse().map((event) => `${event['LogicalResourceId']} ${event['ResourceStatus']}`);
    },
  };
}
