import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { Consumer, EventTopic, Inbox } from '../../lib/constructs.ts';
import { createMappingStop } from '../../lib/consumer/consumer.pausing.ts';
import { createRng } from '../../lib/core/rng.ts';
import type { AwsError, Json, ServiceName } from '../../lib/local/aws.ts';
import { sdkError, wireInput } from '../../lib/simulation/sdk-shapes.ts';
import { definition, ENTRY, testStack } from '../infra/fixtures/stack.ts';
import { createRoleWorld, type RoleWorld } from '../local/role-world.ts';

const FUNCTION = 'test-charge-card';

/** The stack of a consumer that may pause, with code that is never run. */
function template(pausable = true): string {
  const stack = testStack();
  const topic = new EventTopic(stack, 'orders');
  const inbox = new Inbox(stack, 'inbox');
  const handles = [definition('event', 'orders.order-placed', ['orders'])];
  new Consumer(stack, 'charge-card', { topic, handles, entry: ENTRY, inbox, pausable });
  const { Resources } = Template.fromStack(stack).toJSON() as { Resources: Record<string, { Type: string; Properties: Json }> };
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type === 'AWS::Lambda::Function') Properties['Code'] = { ZipFile: 'exports.handler = async () => {};' };
  }
  return JSON.stringify({ Resources });
}

/** A client that calls as a role, and throws what the SDK throws. */
function clientOf({ embedded }: RoleWorld, service: ServiceName, roleArn: string) {
  return {
    async send({ input, constructor: { name } }: { input: Json; constructor: { name: string } }) {
      const action = name.replace(/Command$/, '');
      const request = { service, action, input: wireInput(service, input), caller: { kind: 'role', roleArn } } as const;
      try {
        return await embedded.aws.call(request);
      } catch (error) {
        throw sdkError(error as AwsError);
      }
    },
  } as never;
}

test('the deployed rights are enough to stop deliveries and to start them again, and for nothing of another consumer', async () => {
  using world = createRoleWorld();
  await world.ask('cloudformation', 'CreateStack', { StackName: 'test', TemplateBody: template(), Capabilities: ['CAPABILITY_IAM'] });
  await world.clock.advanceAsync(60_000);
  const { Role, Environment } = await world.ask('lambda', 'GetFunctionConfiguration', { FunctionName: FUNCTION });
  const variables = (Environment as { Variables: Record<string, string> }).Variables;
  const given = (name: string) => variables[name] ?? '';
  const roleArn = String(Role);
  const lambda = clientOf(world, 'lambda', roleArn);
  const stop = createMappingStop({
    ...{ lambda, scheduler: clientOf(world, 'scheduler', roleArn), clock: world.clock, rng: createRng(1), functionName: FUNCTION },
    queueArn: given('POSTHASTE_PAUSED_QUEUE'),
    scheduleName: given('POSTHASTE_RESUME_SCHEDULE'),
    roleArn: given('POSTHASTE_RESUME_ROLE'),
  });
  const state = async () => {
    const { EventSourceMappings } = await world.ask('lambda', 'ListEventSourceMappings', {});
    return (EventSourceMappings as readonly Json[]).map((mapping) => mapping['State']);
  };

  const stopFor = async (ms: number) => {
    const stopped = stop.stopUntil(world.clock.now() + ms);
    await world.clock.advanceAsync(10_000);
    await stopped;
  };

  await stopFor(900_000);
  expect(await state()).toEqual(['Disabled']);
  // A longer pause moves the end of the first.
  await stopFor(1_800_000);
  await world.clock.advanceAsync(1_690_000);
  expect(await state()).toEqual(['Disabled']);
  await world.clock.advanceAsync(200_000);
  expect(await state()).toEqual(['Enabled']);
  expect((await world.ask('scheduler', 'ListSchedules', {}))['Schedules']).toHaveLength(1);

  // A deployment of code without pauses, in the midst of one.
  await stopFor(900_000);
  expect(await state()).toEqual(['Disabled']);
  await world.ask('cloudformation', 'UpdateStack', { StackName: 'test', TemplateBody: template(false), Capabilities: ['CAPABILITY_IAM'] });
  await world.clock.advanceAsync(60_000);
  expect(await state()).toEqual(['Enabled']);

  const other = { service: 'lambda', action: 'UpdateEventSourceMapping', input: { UUID: 'another', Enabled: false } } as const;
  await expect(world.embedded.aws.call({ ...other, caller: { kind: 'role', roleArn } })).rejects.toMatchObject({
    code: 'AccessDeniedException',
  });
});
