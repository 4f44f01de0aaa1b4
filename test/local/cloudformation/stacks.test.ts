import { describe, expect, test } from 'vitest';
import { AwsError } from '../../../lib/local/aws.ts';
import { settled } from '../fake-clock.ts';
import { createWorld } from './world.ts';

const queue = (properties: object = {}, rest: object = {}) => ({ Type: 'AWS::SQS::Queue', Properties: properties, ...rest });
const parameter = (Value: unknown, rest: object = {}) => ({ Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value }, ...rest });
const template = (Resources: object, rest: object = {}) => ({ Resources, ...rest });
const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

describe('creating a stack', () => {
  test('answers at once, works on the clock, and creates what others refer to first', async () => {
    const { call, clock, history, stackOf } = createWorld();
    const TemplateBody = JSON.stringify(
      template({
        Param: parameter(arnOf('Jobs')),
        Jobs: queue({ RedrivePolicy: { deadLetterTargetArn: arnOf('Dlq'), maxReceiveCount: 3 } }),
        Dlq: queue(),
      }),
    );
    call('CreateStack', { StackName: 'S', TemplateBody });
    expect(stackOf()['StackStatus']).toBe('CREATE_IN_PROGRESS');
    await clock.advanceAsync(1);
    expect(stackOf()['StackStatus']).toBe('CREATE_COMPLETE');
    expect(history().filter((line) => line.endsWith('CREATE_COMPLETE'))).toEqual([
      'Dlq CREATE_COMPLETE',
      'Jobs CREATE_COMPLETE',
      'Param CREATE_COMPLETE',
      'S CREATE_COMPLETE',
    ]);
  });

  test('gives names as AWS makes them, the same for the same ids', async () => {
    const names = [];
    for (let run = 0; run < 2; run++) {
      const { deploy, aws } = createWorld();
      await deploy(template({ Jobs: queue(), Fifo: queue({ FifoQueue: true }) }));
      names.push(aws.inputs('sqs:CreateQueue').map((input) => input['QueueName']));
    }
    expect(names[0]).toEqual(names[1]);
    expect(names[0]?.[0]).toMatch(/^S-Jobs-[0-9A-Za-z]{12}$/);
    expect(names[0]?.[1]).toMatch(/^S-Fifo-[0-9A-Za-z]{12}\.fifo$/);
  });

  test('follows DependsOn and conditions', async () => {
    const { deploy, aws } = createWorld();
    await deploy(
      template(
        {
          A: queue({ QueueName: 'a' }, { DependsOn: ['B'] }),
          B: queue({ QueueName: 'b' }),
          C: queue({ QueueName: 'c' }, { Condition: 'Never' }),
        },
        { Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } } },
      ),
    );
    expect(aws.inputs('sqs:CreateQueue').map((input) => input['QueueName'])).toEqual(['b', 'a']);
  });

  test('reads parameters: given, defaults, lists, and those of Parameter Store', async () => {
    const { deploy, aws } = createWorld();
    aws.callNow({ service: 'ssm', action: 'PutParameter', input: { Name: '/v', Value: '30' }, caller: { kind: 'developer' } });
    const Parameters = {
      Given: { Type: 'String' },
      Default: { Type: 'Number', Default: 7 },
      List: { Type: 'CommaDelimitedList', Default: 'a, b' },
      Stored: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/v' },
    };
    const Value = { 'Fn::Join': ['|', [{ Ref: 'Given' }, { Ref: 'Default' }, { 'Fn::Select': [1, { Ref: 'List' }] }, { Ref: 'Stored' }]] };
    const stack = await deploy(template({ P: parameter(Value) }, { Parameters }), {
      Parameters: [{ ParameterKey: 'Given', ParameterValue: 'g' }],
    });
    expect(aws.inputs('ssm:PutParameter').at(-1)?.['Value']).toBe('g|7|b|30');
    expect(stack['Parameters']).toContainEqual({ ParameterKey: 'Stored', ParameterValue: '/v', ResolvedValue: '30' });
  });

  test('a failure removes what was made, newest first, and says who failed by construct path', async () => {
    const { deploy, aws, history, stackOf } = createWorld();
    aws.fail('ssm:PutParameter', new AwsError('ParameterLimitExceeded', 'too many'));
    const Metadata = { 'aws:cdk:path': 'App/Settings/Resource' };
    await deploy(template({ A: queue(), B: queue({}, { DependsOn: 'A' }), P: parameter(arnOf('B'), { Metadata }) }));
    expect(stackOf()['StackStatus']).toBe('ROLLBACK_COMPLETE');
    expect(stackOf()['StackStatusReason']).toBe('App/Settings/Resource: too many');
    expect(history().filter((line) => line.includes('DELETE_COMPLETE'))).toEqual(['B DELETE_COMPLETE', 'A DELETE_COMPLETE']);
  });

  test('an unresolvable property names the construct path and the property', async () => {
    const { deploy, stackOf } = createWorld();
    const Metadata = { 'aws:cdk:path': 'App/P/Resource' };
    await deploy(template({ A: queue(), P: parameter({ 'Fn::GetAtt': ['A', 'Nope'] }, { Metadata }) }));
    expect(stackOf()['StackStatusReason']).toBe(
      'App/P/Resource.Value: Template error: resource A (AWS::SQS::Queue) does not support attribute type Nope in Fn::GetAtt',
    );
  });
});

describe('a template is refused', () => {
  const refused = (body: unknown) => () =>
    createWorld().call('CreateStack', { StackName: 'S', TemplateBody: typeof body === 'string' ? body : JSON.stringify(body) });

  test.each<[string, unknown, string]>([
    ['when it is not JSON', 'Resources:\n  A: {}', 'is not a JSON object'],
    ['without resources', {}, 'At least one Resources member must be defined.'],
    ['with a macro', { Transform: 'AWS::Serverless-2016-10-31', Resources: { A: queue() } }, 'Transform is not supported'],
    [
      'when resources need each other',
      template({ A: parameter(arnOf('B')), B: parameter(arnOf('A')) }),
      'Circular dependency between resources: [A, B]',
    ],
    ['when it refers to nothing', template({ A: parameter({ Ref: 'Ghost' }) }), 'Unresolved resource dependencies [Ghost] in A'],
    [
      'when a parameter has no value',
      template({ A: queue() }, { Parameters: { P: { Type: 'String' } } }),
      'Parameters: [P] must have values',
    ],
  ])('%s', (_, body, message) => {
    expect(refused(body)).toThrow(message);
  });

  test('with a type that does not exist here, by construct path and with the list of those that do', () => {
    const thing = { Type: 'AWS::Kinesis::Stream', Metadata: { 'aws:cdk:path': 'App/Clicks/Resource' } };
    expect(refused(template({ T: thing }))).toThrow('Unrecognized resource types: [App/Clicks/Resource (AWS::Kinesis::Stream)]');
    expect(refused(template({ T: thing }))).toThrow('AWS::SQS::Queue');
    expect(refused(template({ T: { Type: 'Custom::Thing' } }))).toThrow('A custom resource answers over TLS');
  });

  test('types that change nothing here are accepted and named', async () => {
    const { deploy, aws } = createWorld();
    const stack = await deploy(
      template({ Meta: { Type: 'AWS::CDK::Metadata' }, Scale: { Type: 'AWS::ApplicationAutoScaling::ScalableTarget' } }),
    );
    expect(stack['StackStatus']).toBe('CREATE_COMPLETE');
    expect(aws.calls).toEqual([]);
  });
});

describe('updating a stack', () => {
  test('changes in place what can be changed, and what refers to it stays', async () => {
    const { deploy, aws } = createWorld();
    await deploy(template({ A: queue({ VisibilityTimeout: 30, DelaySeconds: 5 }), P: parameter(arnOf('A')) }));
    aws.calls.length = 0;
    const stack = await deploy(template({ A: queue({ VisibilityTimeout: 60 }), P: parameter(arnOf('A')) }));
    expect(stack['StackStatus']).toBe('UPDATE_COMPLETE');
    expect(aws.calls.map((call) => call.name)).toEqual(['sqs:SetQueueAttributes']);
    expect(aws.calls[0]?.input['Attributes']).toEqual({ VisibilityTimeout: '60', DelaySeconds: '0' });
  });

  test('replaces what cannot: the new one first, those that refer to it, the old one last', async () => {
    const { deploy, aws, history } = createWorld();
    await deploy(template({ A: queue({ FifoQueue: true }), P: parameter(arnOf('A')) }));
    const [old] = aws.inputs('sqs:CreateQueue');
    aws.calls.length = 0;
    await deploy(template({ A: queue(), P: parameter(arnOf('A')) }));
    expect(aws.calls.map((call) => call.name)).toEqual(['sqs:CreateQueue', 'ssm:PutParameter', 'sqs:DeleteQueue']);
    expect(aws.inputs('sqs:DeleteQueue')[0]?.['QueueUrl']).toContain(old?.['QueueName']);
    expect(history()).toContain('S UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
  });

  test('refuses to replace a resource that has a name of its own', async () => {
    const { deploy } = createWorld();
    const table = (key: string) => ({
      Type: 'AWS::DynamoDB::Table',
      Properties: { TableName: 'mine', KeySchema: [{ AttributeName: key, KeyType: 'HASH' }] },
    });
    await deploy(template({ T: table('a') }));
    const stack = await deploy(template({ T: table('b') }));
    expect(stack['StackStatus']).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(stack['StackStatusReason']).toContain('custom-named resource requires replacing. Rename mine');
  });

  test('removes what left the template, but keeps what said Retain', async () => {
    const { deploy, aws, history } = createWorld();
    await deploy(template({ A: queue(), Gone: queue({ QueueName: 'gone' }), Kept: queue({}, { DeletionPolicy: 'Retain' }) }));
    await deploy(template({ A: queue() }));
    expect(aws.inputs('sqs:DeleteQueue').map((input) => input['QueueUrl'])).toEqual([expect.stringContaining('/gone')]);
    expect(history()).toContain('Kept DELETE_SKIPPED');
  });

  test('undoes everything when a step fails, and the next update starts from the old state', async () => {
    const { deploy, aws, stackOf } = createWorld();
    await deploy(template({ A: queue({ DelaySeconds: 1 }), Old: queue({ QueueName: 'old' }) }));
    aws.calls.length = 0;
    aws.fail('ssm:PutParameter', new AwsError('ParameterLimitExceeded', 'too many'));
    const wanted = template({ A: queue({ DelaySeconds: 2 }), New: queue({ QueueName: 'new' }), P: parameter({ Ref: 'New' }) });
    expect((await deploy(wanted))['StackStatus']).toBe('UPDATE_ROLLBACK_COMPLETE');
    const settings = aws.inputs('sqs:SetQueueAttributes').map((input) => input['Attributes']);
    expect(settings).toEqual([{ DelaySeconds: '2' }, { DelaySeconds: '1' }]);
    expect(aws.inputs('sqs:DeleteQueue').map((input) => input['QueueUrl'])).toEqual([expect.stringContaining('/new')]);
    aws.heal('ssm:PutParameter');
    await deploy(wanted);
    expect(stackOf()['StackStatus']).toBe('UPDATE_COMPLETE');
    expect(aws.inputs('sqs:DeleteQueue').at(-1)?.['QueueUrl']).toContain('/old');
  });

  test('without any change is refused in the words that tools look for', async () => {
    const { deploy, call } = createWorld();
    const same = template({ A: queue() });
    await deploy(same);
    expect(() => call('UpdateStack', { StackName: 'S', TemplateBody: JSON.stringify(same) })).toThrow('No updates are to be performed.');
  });
});

describe('deleting a stack', () => {
  test('removes dependents first and keeps what said Retain; then only its id finds it', async () => {
    const { deploy, remove, aws, call } = createWorld();
    const { StackId } = await deploy(
      template({ A: queue({ QueueName: 'a' }), P: parameter(arnOf('A')), K: queue({}, { DeletionPolicy: 'Retain' }) }),
    );
    await remove();
    expect(aws.calls.slice(-2).map((each) => each.name)).toEqual(['ssm:DeleteParameter', 'sqs:DeleteQueue']);
    expect(() => call('DescribeStacks', { StackName: 'S' })).toThrow('Stack with id S does not exist');
    expect((call('DescribeStacks', { StackName: StackId })['Stacks'] as Record<string, unknown>[])[0]?.['StackStatus']).toBe(
      'DELETE_COMPLETE',
    );
  });

  test('is refused under termination protection, and while another stack imports from it', async () => {
    const { deploy, call } = createWorld();
    const Outputs = { Out: { Value: arnOf('A'), Export: { Name: 'shared' } } };
    await deploy(template({ A: queue() }, { Outputs }));
    call('UpdateTerminationProtection', { StackName: 'S', EnableTerminationProtection: true });
    expect(() => call('DeleteStack', { StackName: 'S' })).toThrow('cannot be deleted while TerminationProtection is enabled');
    call('UpdateTerminationProtection', { StackName: 'S', EnableTerminationProtection: false });
    await deploy(template({ P: parameter({ 'Fn::ImportValue': 'shared' }) }), { StackName: 'Reader' });
    expect(call('ListImports', { ExportName: 'shared' })['Imports']).toEqual(['Reader']);
    expect(() => call('DeleteStack', { StackName: 'S' })).toThrow('Export shared cannot be deleted as it is in use by Reader');
  });

  test('that fails names what is left, and can be tried again', async () => {
    const { deploy, remove, aws, stackOf, call } = createWorld();
    await deploy(template({ A: queue(), B: queue() }));
    aws.fail('sqs:DeleteQueue', new AwsError('Busy', 'not yet'));
    await remove();
    expect(stackOf()['StackStatusReason']).toBe('The following resource(s) failed to delete: [B, A].');
    aws.heal('sqs:DeleteQueue');
    await remove();
    expect(call('ListStacks')['StackSummaries']).toEqual([expect.objectContaining({ StackStatus: 'DELETE_COMPLETE' })]);
  });

  test('of a stack that does not exist is no error', async () => {
    const { call } = createWorld();
    expect(call('DeleteStack', { StackName: 'nobody' })).toEqual({});
    await settled();
  });
});

test('conditions that need each other are refused', async () => {
  const { deploy } = createWorld();
  const Conditions = { A: { 'Fn::Not': [{ Condition: 'B' }] }, B: { 'Fn::Not': [{ Condition: 'A' }] } };
  const stack = await deploy(template({ Q: queue({}, { Condition: 'A' }) }, { Conditions }));
  expect(stack['StackStatusReason']).toContain('circular condition dependency');
});

test('an export has one owner', async () => {
  const { deploy } = createWorld();
  const exporting = template({ A: queue() }, { Outputs: { Out: { Value: 'x', Export: { Name: 'shared' } } } });
  await deploy(exporting);
  expect((await deploy(exporting, { StackName: 'T' }))['StackStatusReason']).toContain('already exported by stack S');
});
