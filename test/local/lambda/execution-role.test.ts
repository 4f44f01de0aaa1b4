import { expect, test } from 'vitest';
import { createRoleWorld, trusting } from '../role-world.ts';
import { createLambdaWorld } from './lambda-world.ts';

const refusal = (message: string) => expect.objectContaining({ code: 'InvalidParameterValueException', message });
const NOT_ASSUMABLE = refusal('The role defined for the function cannot be assumed by Lambda.');
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:dead';

test('a function is not created with a role that is missing, trusts another service, or lives elsewhere', async () => {
  using world = createRoleWorld();
  const right = await world.role('right', 'lambda.amazonaws.com');
  const wrong = await world.role('wrong', 'scheduler.amazonaws.com');
  const missing = 'arn:aws:iam::000000000000:role/missing';
  const elsewhere = right.replace('000000000000', '111111111111');
  const otherPath = right.replace('role/right', 'role/team/right');
  for (const role of [missing, wrong, elsewhere, otherPath]) await expect(world.define('fn', role), role).rejects.toEqual(NOT_ASSUMABLE);
  expect(await world.define('fn', right)).toMatchObject({ Role: right });
});

test('a change of settings is refused with a role that Lambda cannot assume, also when the trust was withdrawn, and changes nothing', async () => {
  using world = createRoleWorld();
  const role = await world.role('right', 'lambda.amazonaws.com');
  await world.define('fn', role);
  const update = (settings: object) => world.ask('lambda', 'UpdateFunctionConfiguration', { FunctionName: 'fn', ...settings });
  await expect(update({ Role: `${role}-missing` })).rejects.toEqual(NOT_ASSUMABLE);
  const trust = trusting('ec2.amazonaws.com');
  await world.ask('iam', 'UpdateAssumeRolePolicy', { RoleName: 'right', PolicyDocument: trust });
  await expect(update({ Timeout: 9 })).rejects.toEqual(NOT_ASSUMABLE);
  expect(await world.ask('lambda', 'GetFunctionConfiguration', { FunctionName: 'fn' })).toMatchObject({ Role: role, Timeout: 3 });
});

test('a dead-letter queue or topic takes the permission to send to it', async () => {
  using world = createRoleWorld();
  const role = await world.role('right', 'lambda.amazonaws.com');
  const define = (TargetArn: string) => world.define('fn', role, { DeadLetterConfig: { TargetArn } });
  const lacking = (what: string) => refusal(`The provided execution role does not have permissions to call ${what}`);
  await expect(define(QUEUE)).rejects.toEqual(lacking('SendMessage on SQS'));
  await expect(define('arn:aws:sns:us-east-1:000000000000:dead')).rejects.toEqual(lacking('Publish on SNS'));
  await world.grant('right', { actions: ['sqs:SendMessage'], resource: QUEUE });
  expect(await define(QUEUE)).toMatchObject({ DeadLetterConfig: { TargetArn: QUEUE } });
});

test('a destination of asynchronous events takes the permission to send to it', async () => {
  using world = createRoleWorld();
  await world.define('fn', await world.role('right', 'lambda.amazonaws.com'));
  const put = () =>
    world.ask('lambda', 'PutFunctionEventInvokeConfig', {
      FunctionName: 'fn',
      DestinationConfig: { OnFailure: { Destination: QUEUE } },
    });
  await expect(put()).rejects.toEqual(refusal(`The function's execution role does not have permissions to call SendMessage on ${QUEUE}`));
  await world.grant('right', { actions: ['sqs:SendMessage'], resource: QUEUE });
  expect(await put()).toMatchObject({ DestinationConfig: { OnFailure: { Destination: QUEUE } } });
});

test('SnapStart is refused on Node.js, and None is accepted', async () => {
  await using world = createLambdaWorld();
  const define = (ApplyOn: string) => world.define('fn', 'export const handler = () => {};', { SnapStart: { ApplyOn } });
  await expect(define('PublishedVersions')).rejects.toEqual(refusal('nodejs24.x is not supported for SnapStart enabled functions.'));
  await define('None');
});
