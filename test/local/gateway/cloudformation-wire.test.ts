import * as cfn from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AwsError, type Json } from '../../../lib/local/aws.ts';
import { type Recorded, recordingGateway } from './recording-aws.ts';

let aws: Recorded;
let client: cfn.CloudFormationClient;
const NOW = 1_700_000_000;
const AT = new Date(NOW * 1000);

beforeAll(async () => {
  aws = await recordingGateway();
  client = new cfn.CloudFormationClient(aws.client);
});
afterAll(() => aws.gateway.close());

const answers = (output: Json) => {
  aws.answer = () => output;
};

test('a change set is created with every input that the CDK sends', async () => {
  const input = {
    StackName: 's',
    ChangeSetName: 'cdk-deploy-change-set',
    ChangeSetType: 'CREATE' as const,
    TemplateURL: 'http://127.0.0.1:4566/assets/x.json',
    ImportExistingResources: false,
    IncludeNestedStacks: true,
    Capabilities: ['CAPABILITY_IAM' as const, 'CAPABILITY_NAMED_IAM' as const],
    Parameters: [
      { ParameterKey: 'BootstrapVersion', UsePreviousValue: true },
      { ParameterKey: 'Name', ParameterValue: 'a=b&c' },
    ],
    Tags: [],
    NotificationARNs: [],
    RollbackConfiguration: { MonitoringTimeInMinutes: 5, RollbackTriggers: [{ Arn: 'a', Type: 't' }] },
    ResourcesToImport: [{ ResourceType: 'AWS::SQS::Queue', LogicalResourceId: 'Q', ResourceIdentifier: { QueueUrl: 'u' } }],
    ClientToken: 'token',
    Description: 'CDK Changeset for execution token',
  };
  answers({ Id: 'arn:cs', StackId: 'arn:stack' });
  expect(await client.send(new cfn.CreateChangeSetCommand(input))).toMatchObject({ Id: 'arn:cs', StackId: 'arn:stack' });
  expect(aws.last()).toMatchObject({ service: 'cloudformation', action: 'CreateChangeSet' });
  expect(aws.last().input).toEqual(input);
});

test('a change set is described with its nested changes', async () => {
  const output = {
    ChangeSetName: 'c',
    ChangeSetId: 'arn:cs',
    StackId: 'arn:stack',
    StackName: 's',
    CreationTime: NOW,
    ExecutionStatus: 'AVAILABLE',
    Status: 'CREATE_COMPLETE',
    NotificationARNs: [],
    RollbackConfiguration: {},
    Capabilities: ['CAPABILITY_IAM'],
    IncludeNestedStacks: false,
    Changes: [
      {
        Type: 'Resource',
        ResourceChange: {
          Action: 'Modify',
          LogicalResourceId: 'Q',
          ResourceType: 'AWS::SQS::Queue',
          Replacement: 'False',
          Scope: ['Properties'],
          Details: [
            {
              Target: { Attribute: 'Properties', Name: 'DelaySeconds', RequiresRecreation: 'Never' },
              Evaluation: 'Static',
              ChangeSource: 'DirectModification',
            },
          ],
        },
      },
    ],
  };
  answers(output);
  const { $metadata: _, ...answer } = await client.send(new cfn.DescribeChangeSetCommand({ ChangeSetName: 'c', StackName: 's' }));
  expect(answer).toEqual({ ...output, CreationTime: AT });
});

test('stacks are described with their outputs, tags and times', async () => {
  const stack = {
    StackId: 'arn:stack',
    StackName: 's',
    StackStatus: 'CREATE_COMPLETE',
    CreationTime: NOW,
    LastUpdatedTime: NOW,
    DisableRollback: false,
    EnableTerminationProtection: false,
    Capabilities: [],
    NotificationARNs: [],
    Tags: [{ Key: 'k', Value: 'v' }],
    Parameters: [{ ParameterKey: 'P', ParameterValue: 'V' }],
    Outputs: [{ OutputKey: 'Url', OutputValue: 'http://x/?a=1&b=2', ExportName: 'e' }],
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
    RollbackConfiguration: { RollbackTriggers: [] },
  };
  answers({ Stacks: [stack] });
  const { Stacks } = await client.send(new cfn.DescribeStacksCommand({ StackName: 's' }));
  expect(Stacks).toEqual([{ ...stack, CreationTime: AT, LastUpdatedTime: AT }]);
});

test('a stack that does not exist is a ValidationError', async () => {
  aws.answer = () => {
    throw new AwsError('ValidationError', 'Stack with id s does not exist');
  };
  await expect(client.send(new cfn.DescribeStacksCommand({ StackName: 's' }))).rejects.toMatchObject({
    name: 'ValidationError',
    message: 'Stack with id s does not exist',
    $metadata: { httpStatusCode: 400 },
  });
});

test('a change set that does not exist is named as the SDK names it', async () => {
  aws.answer = () => {
    throw new AwsError('ChangeSetNotFoundException', 'ChangeSet [c] does not exist');
  };
  await expect(client.send(new cfn.DescribeChangeSetCommand({ ChangeSetName: 'c' }))).rejects.toMatchObject({
    name: 'ChangeSetNotFoundException',
  });
});

test('events, resources, templates and the rest of a deployment cross both ways', async () => {
  const event = {
    StackId: 'a',
    EventId: 'e',
    StackName: 's',
    LogicalResourceId: 'Q',
    PhysicalResourceId: 'u',
    ResourceType: 't',
    Timestamp: NOW,
    ResourceStatus: 'CREATE_COMPLETE',
  };
  answers({ StackEvents: [event], NextToken: 'n' });
  const events = await client.send(new cfn.DescribeStackEventsCommand({ StackName: 's' }));
  expect(events.StackEvents).toEqual([{ ...event, Timestamp: AT }]);

  const resource = {
    StackName: 's',
    LogicalResourceId: 'Q',
    PhysicalResourceId: 'u',
    ResourceType: 't',
    Timestamp: NOW,
    ResourceStatus: 'CREATE_COMPLETE',
  };
  answers({ StackResources: [resource] });
  expect((await client.send(new cfn.DescribeStackResourcesCommand({ StackName: 's' }))).StackResources).toEqual([
    { ...resource, Timestamp: AT },
  ]);

  const { StackName: _, Timestamp: __, ...summary } = { ...resource, LastUpdatedTimestamp: NOW };
  answers({ StackResourceSummaries: [summary] });
  const listed = await client.send(new cfn.ListStackResourcesCommand({ StackName: 's' }));
  expect(listed.StackResourceSummaries).toEqual([{ ...summary, LastUpdatedTimestamp: AT }]);

  answers({ StackSummaries: [{ StackName: 's', CreationTime: NOW, StackStatus: 'CREATE_COMPLETE' }] });
  const stacks = await client.send(new cfn.ListStacksCommand({ StackStatusFilter: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] }));
  expect(aws.last().input).toEqual({ StackStatusFilter: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] });
  expect(stacks.StackSummaries).toEqual([{ StackName: 's', CreationTime: AT, StackStatus: 'CREATE_COMPLETE' }]);

  const TemplateBody = '{\n  "Resources": {"a": "<b> & \\"c\\"  🙂"}\r\n}\n';
  answers({ TemplateBody, StagesAvailable: ['Original', 'Processed'] });
  const template = await client.send(new cfn.GetTemplateCommand({ StackName: 's', TemplateStage: 'Original' }));
  expect(template).toMatchObject({ TemplateBody, StagesAvailable: ['Original', 'Processed'] });

  answers({
    Parameters: [{ ParameterKey: 'P', ParameterType: 'String', NoEcho: false, ParameterConstraints: { AllowedValues: ['a'] } }],
    ResourceTypes: ['t'],
    Description: 'd',
  });
  const summarized = await client.send(
    new cfn.GetTemplateSummaryCommand({ TemplateBody, TemplateSummaryConfig: { TreatUnrecognizedResourceTypesAsWarnings: true } }),
  );
  expect(aws.last().input).toEqual({ TemplateBody, TemplateSummaryConfig: { TreatUnrecognizedResourceTypesAsWarnings: true } });
  expect(summarized.Parameters).toEqual([
    { ParameterKey: 'P', ParameterType: 'String', NoEcho: false, ParameterConstraints: { AllowedValues: ['a'] } },
  ]);

  answers({ Parameters: [], Capabilities: ['CAPABILITY_IAM'] });
  expect((await client.send(new cfn.ValidateTemplateCommand({ TemplateBody }))).Capabilities).toEqual(['CAPABILITY_IAM']);

  answers({});
  await client.send(
    new cfn.ExecuteChangeSetCommand({ ChangeSetName: 'c', StackName: 's', DisableRollback: true, ClientRequestToken: 'x' }),
  );
  expect(aws.last().input).toEqual({ ChangeSetName: 'c', StackName: 's', DisableRollback: true, ClientRequestToken: 'x' });
  await client.send(new cfn.DeleteStackCommand({ StackName: 's', RetainResources: ['Q'] }));
  expect(aws.last().input).toMatchObject({ StackName: 's', RetainResources: ['Q'] });
  await client.send(new cfn.DeleteChangeSetCommand({ ChangeSetName: 'c' }));
});
