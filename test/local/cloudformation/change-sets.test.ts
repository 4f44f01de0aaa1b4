import { expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { createWorld } from './world.ts';

const body = (Resources: object) => JSON.stringify({ Resources });
const queue = (properties: object = {}) => ({ Type: 'AWS::SQS::Queue', Properties: properties });
const NAME = { StackName: 'S', ChangeSetName: 'cs' };

function changes(world: ReturnType<typeof createWorld>): Json[] {
  const described = world.call('DescribeChangeSet', NAME);
  return (described['Changes'] as Json[]).map((change) => change['ResourceChange'] as Json);
}

test('a CREATE change set makes a stack in review, which its execution creates', async () => {
  const world = createWorld();
  const { StackId } = world.call('CreateChangeSet', { ...NAME, ChangeSetType: 'CREATE', TemplateBody: body({ A: queue() }) });
  expect(world.stackOf()['StackStatus']).toBe('REVIEW_IN_PROGRESS');
  expect(world.call('GetTemplate', { StackName: 'S' })['TemplateBody']).toBe('');
  expect(world.call('DescribeChangeSet', NAME)).toMatchObject({ StackId, Status: 'CREATE_COMPLETE', ExecutionStatus: 'AVAILABLE' });
  expect(changes(world)).toMatchObject([{ Action: 'Add', LogicalResourceId: 'A', ResourceType: 'AWS::SQS::Queue' }]);
  world.call('ExecuteChangeSet', NAME);
  expect(world.stackOf()['StackStatus']).toBe('CREATE_IN_PROGRESS');
  await world.clock.advanceAsync(1);
  expect(world.stackOf()['StackStatus']).toBe('CREATE_COMPLETE');
  expect(() => world.call('ExecuteChangeSet', NAME)).toThrow('cannot be executed');
});

test('an UPDATE change set tells changes in place from replacements, through everything that refers to them', async () => {
  const world = createWorld();
  const subscription = {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: 'arn:t', Protocol: 'sqs', Endpoint: { 'Fn::GetAtt': ['A', 'Arn'] } },
  };
  await world.deploy({ Resources: { A: queue({ FifoQueue: true }), B: queue({ DelaySeconds: 1 }), C: queue(), Sub: subscription } });
  const TemplateBody = body({ A: queue(), B: queue({ DelaySeconds: 2 }), D: queue(), Sub: subscription });
  world.call('CreateChangeSet', { ...NAME, TemplateBody });
  expect(changes(world)).toMatchObject([
    { Action: 'Modify', LogicalResourceId: 'A', Replacement: 'True', PolicyAction: 'ReplaceAndDelete' },
    {
      Action: 'Modify',
      LogicalResourceId: 'B',
      Replacement: 'False',
      Details: [{ Target: { Name: 'DelaySeconds', BeforeValue: '1', AfterValue: '2', RequiresRecreation: 'Never' } }],
    },
    { Action: 'Add', LogicalResourceId: 'D' },
    {
      Action: 'Modify',
      LogicalResourceId: 'Sub',
      Replacement: 'True',
      Details: [{ Target: { Name: 'Endpoint', AfterValue: '{{changeSet:KNOWN_AFTER_APPLY}}' } }],
    },
    { Action: 'Remove', LogicalResourceId: 'C', PolicyAction: 'Delete' },
  ]);
});

test('a change set without changes fails in the words that tools look for', async () => {
  const world = createWorld();
  await world.deploy({ Resources: { A: queue() } });
  world.call('CreateChangeSet', { ...NAME, TemplateBody: body({ A: queue() }) });
  expect(world.call('DescribeChangeSet', NAME)).toMatchObject({
    Status: 'FAILED',
    StatusReason: "The submitted information didn't contain changes. Submit different information to create a change set.",
    ExecutionStatus: 'UNAVAILABLE',
  });
  expect(() => world.call('ExecuteChangeSet', NAME)).toThrow('cannot be executed');
});

test('a change set that was deleted, or never was, does not exist; deleting it again is no error', async () => {
  const world = createWorld();
  await world.deploy({ Resources: { A: queue() } });
  world.call('CreateChangeSet', { ...NAME, TemplateBody: body({ A: queue({ DelaySeconds: 1 }) }) });
  world.call('DeleteChangeSet', NAME);
  world.call('DeleteChangeSet', NAME);
  expect(() => world.call('DescribeChangeSet', NAME)).toThrow(expect.objectContaining({ code: 'ChangeSetNotFoundException' }));
});

test('UPDATE needs a stack, CREATE needs none', async () => {
  const world = createWorld();
  const TemplateBody = body({ A: queue() });
  expect(() => world.call('CreateChangeSet', { ...NAME, TemplateBody })).toThrow('Stack with id S does not exist');
  await world.deploy({ Resources: { A: queue() } });
  expect(() => world.call('CreateChangeSet', { ...NAME, ChangeSetType: 'CREATE', TemplateBody })).toThrow('already exists');
});

test.each([
  'https://s3.us-east-1.amazonaws.com/assets/a/b.json',
  'https://assets.s3.us-east-1.amazonaws.com/a/b.json',
  'http://127.0.0.1:4566/assets/a/b.json',
  's3://assets/a/b.json',
])('a template is read from %s', (TemplateURL) => {
  const world = createWorld({ 's3:GetObject': () => ({ Body: Buffer.from(body({ A: queue() })) }) });
  world.call('CreateStack', { StackName: 'S', TemplateURL });
  expect(world.aws.inputs('s3:GetObject')).toEqual([{ Bucket: 'assets', Key: 'a/b.json' }]);
});

test('a template may have 51,200 bytes in the request and not one more', () => {
  const world = createWorld();
  const padded = (size: number) => {
    const bare = JSON.stringify({ Description: '', Resources: { A: queue() } });
    return JSON.stringify({ Description: 'x'.repeat(size - bare.length), Resources: { A: queue() } });
  };
  expect(() => world.call('ValidateTemplate', { TemplateBody: padded(51_201) })).toThrow('less than or equal to 51200');
  expect(world.call('ValidateTemplate', { TemplateBody: padded(51_200) })['Parameters']).toEqual([]);
});
