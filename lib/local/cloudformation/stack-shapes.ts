import type { Json } from '../aws.ts';
import type { ReadSsm } from './parameters.ts';
import type { Stack, StackEvent, StackOutput, StackResource } from './stack.ts';

/** A stack as DescribeStacks shows it. */
export function describeStack(stack: Stack, ssm: ReadSsm): Json {
  return {
    StackId: stack.id,
    StackName: stack.name,
    ...descriptionOf(stack),
    CreationTime: stack.createdAt / 1000,
    ...(stack.updatedAt === undefined ? {} : { LastUpdatedTime: stack.updatedAt / 1000 }),
    ...(stack.deletedAt === undefined ? {} : { DeletionTime: stack.deletedAt / 1000 }),
    StackStatus: stack.status,
    ...(stack.statusReason === undefined ? {} : { StackStatusReason: stack.statusReason }),
    Parameters: parametersOf(stack, ssm),
    Outputs: stack.outputs.map(describeOutput),
    Tags: stack.input?.tags ?? [],
    Capabilities: stack.options.capabilities,
    NotificationARNs: stack.options.notificationArns,
    ...(stack.options.roleArn === undefined ? {} : { RoleARN: stack.options.roleArn }),
    ...(stack.changeSetId === undefined ? {} : { ChangeSetId: stack.changeSetId }),
    DisableRollback: stack.options.disableRollback,
    EnableTerminationProtection: stack.terminationProtection,
    RollbackConfiguration: {},
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

/** A stack as ListStacks shows it. */
export function stackSummary(stack: Stack): Json {
  return {
    StackId: stack.id,
    StackName: stack.name,
    CreationTime: stack.createdAt / 1000,
    ...(stack.updatedAt === undefined ? {} : { LastUpdatedTime: stack.updatedAt / 1000 }),
    ...(stack.deletedAt === undefined ? {} : { DeletionTime: stack.deletedAt / 1000 }),
    StackStatus: stack.status,
    ...(stack.statusReason === undefined ? {} : { StackStatusReason: stack.statusReason }),
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

/** An event as DescribeStackEvents shows it. */
export function describeEvent(stack: Stack, event: StackEvent): Json {
  return {
    StackId: stack.id,
    StackName: stack.name,
    EventId: event.id,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: event.at / 1000,
    ResourceStatus: event.status,
    ...(event.reason === undefined ? {} : { ResourceStatusReason: event.reason }),
    ...(event.token === undefined ? {} : { ClientRequestToken: event.token }),
  };
}

/** A resource as ListStackResources shows it. */
export function resourceSummary(resource: StackResource): Json {
  return {
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    LastUpdatedTimestamp: resource.updatedAt / 1000,
    ResourceStatus: resource.status,
    DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' },
  };
}

function describeOutput({ key, value, description, exportName }: StackOutput): Json {
  return {
    OutputKey: key,
    OutputValue: value,
    ...(description === undefined ? {} : { Description: description }),
    ...(exportName === undefined ? {} : { ExportName: exportName }),
  };
}

function descriptionOf(stack: Stack): Json {
  const description = stack.input?.template.Description;
  return description === undefined ? {} : { Description: description };
}

/** Parameters with a value or a default; one that names a parameter of Parameter Store shows what it read there. */
function parametersOf(stack: Stack, ssm: ReadSsm): Json[] {
  return Object.entries(stack.input?.template.Parameters ?? {}).map(([ParameterKey, declared]) => {
    const hidden = String(declared.NoEcho) === 'true';
    const value = String(stack.input?.parameters.get(ParameterKey) ?? declared.Default ?? '');
    const resolved = declared.Type.startsWith('AWS::SSM::Parameter::Value<') ? ssm(value) : undefined;
    return { ParameterKey, ParameterValue: hidden ? '****' : value, ...(resolved === undefined ? {} : { ResolvedValue: resolved }) };
  });
}
