import { AwsError, type Json } from '../aws.ts';
import type { CloudFormationActions } from './actions.ts';
import { isInert, PROVIDERS } from './providers/registry.ts';
import type { CloudFormationDeps } from './resource-work.ts';
import type { Stack, StackResource } from './stack.ts';
import { describeEvent, describeStack, resourceSummary, stackSummary } from './stack-shapes.ts';
import { validationError } from './template.ts';

/** API Reference, DescribeStackEvents: a page holds 100 events. */
const EVENTS_PER_PAGE = 100;

/** Everything that only reads stacks. */
export function describeActions(deps: CloudFormationDeps): CloudFormationActions {
  const { stacks } = deps;
  const describe = (stack: Stack) => describeStack(stack, deps.ssm);
  return {
    DescribeStacks(input) {
      if (input['StackName'] !== undefined) return { Stacks: [describe(stacks.get(input['StackName']))] };
      return { Stacks: stacks.all.filter((stack) => stack.status !== 'DELETE_COMPLETE').map(describe) };
    },
    ListStacks(input) {
      const wanted = new Set((input['StackStatusFilter'] ?? []) as string[]);
      const shown = stacks.all.filter((stack) => wanted.size === 0 || wanted.has(stack.status));
      return { StackSummaries: shown.toReversed().map(stackSummary) };
    },
    DescribeStackEvents(input) {
      const name = input['StackName'];
      const stack = stacks.find(String(name));
      if (stack === undefined) throw validationError(`Stack [${name}] does not exist`);
      const from = Number(input['NextToken'] ?? 0);
      const events = stack.events.toReversed().slice(from, from + EVENTS_PER_PAGE);
      const more = stack.events.length > from + EVENTS_PER_PAGE ? { NextToken: String(from + EVENTS_PER_PAGE) } : {};
      return { StackEvents: events.map((event) => describeEvent(stack, event)), ...more };
    },
    /** Events of hooks and early validation, which do not run here. */
    DescribeEvents: () => ({ OperationEvents: [] }),
    ListHookResults: () => ({ HookResults: [] }),
    DescribeStackResource(input) {
      const stack = stacks.get(input['StackName']);
      const resource = oneResource(stack, String(input['LogicalResourceId']));
      const names = { StackName: stack.name, StackId: stack.id };
      return { StackResourceDetail: { ...names, ...resourceSummary(resource), Metadata: metadataOf(stack, resource) } };
    },
    DescribeStackResources: (input) => ({ StackResources: describeResources(deps, input) }),
    ListStackResources(input) {
      const stack = stacks.get(input['StackName']);
      return { StackResourceSummaries: [...stack.resources.values()].map((resource) => resourceSummary(resource)) };
    },
    ListExports() {
      const exports = stacks.all.flatMap((stack) =>
        stack.outputs.filter((output) => output.exportName !== undefined).map((output) => ({ stack, output })),
      );
      return {
        Exports: exports.map(({ stack, output }) => ({ ExportingStackId: stack.id, Name: output.exportName, Value: output.value })),
      };
    },
    ListImports(input) {
      const importers = stacks.importersOf(String(input['ExportName'])).map((stack) => stack.name);
      if (importers.length === 0) throw validationError(`Export '${input['ExportName']}' is not imported by any stack.`);
      return { Imports: importers };
    },
    DescribeType(input) {
      const name = String(input['TypeName']);
      if (!PROVIDERS.has(name) && !isInert(name))
        throw new AwsError('TypeNotFoundException', `The type '${name}' cannot be found.`, { status: 404 });
      return { TypeName: name, Type: 'RESOURCE', ProvisioningType: 'FULLY_MUTABLE', Visibility: 'PUBLIC' };
    },
  };
}

function describeResources(deps: CloudFormationDeps, input: Json): Json[] {
  const physicalId = input['PhysicalResourceId'];
  const stack =
    input['StackName'] === undefined
      ? deps.stacks.all.find((each) => [...each.resources.values()].some((resource) => resource.physicalId === physicalId))
      : deps.stacks.get(input['StackName']);
  if (stack === undefined) throw validationError(`Stack for ${physicalId} does not exist`);
  const logicalId = input['LogicalResourceId'];
  const shown = logicalId === undefined ? [...stack.resources.values()] : [oneResource(stack, String(logicalId))];
  return shown.map((resource) => {
    const { LastUpdatedTimestamp: Timestamp, ...rest } = resourceSummary(resource);
    return { StackName: stack.name, StackId: stack.id, Timestamp, ...rest };
  });
}

function oneResource(stack: Stack, logicalId: string): StackResource {
  const resource = stack.resources.get(logicalId);
  if (resource === undefined) throw validationError(`Resource ${logicalId} does not exist for stack ${stack.name}`);
  return resource;
}

function metadataOf(stack: Stack, resource: StackResource): string {
  return JSON.stringify(stack.input?.template.Resources[resource.logicalId]?.Metadata ?? {});
}
