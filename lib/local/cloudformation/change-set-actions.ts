import { AwsError, type Json } from '../aws.ts';
import type { CloudFormationActions } from './actions.ts';
import { applyStack } from './apply-stack.ts';
import type { CloudFormationDeps } from './resource-work.ts';
import type { ChangeSet, Stack } from './stack.ts';
import { refuseUpdate, start } from './stack-actions.ts';
import { isUnchanged, planChanges } from './stack-changes.ts';
import { recordEvent, STACK_TYPE } from './stack-events.ts';
import { readOptions, readStackInput } from './stack-input.ts';
import { validationError } from './template.ts';

const NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set.";

/** Change sets: made, described, executed once, deleted (CloudFormation API Reference). */
export function changeSetActions(deps: CloudFormationDeps): CloudFormationActions {
  return {
    CreateChangeSet: (input) => createChangeSet(deps, input),
    DescribeChangeSet: (input) => describe(findChangeSet(deps, input)),
    ListChangeSets(input) {
      const stack = deps.stacks.get(input['StackName']);
      return { Summaries: [...stack.changeSets.values()].map((changeSet) => summary(stack, changeSet)) };
    },
    ExecuteChangeSet: (input) => execute(deps, input),
    /** Deleting what does not exist is not an error. */
    DeleteChangeSet(input) {
      const found = locate(deps, input);
      if (found !== undefined) found.stack.changeSets.delete(found.changeSet.id);
      return {};
    },
  };
}

function createChangeSet(deps: CloudFormationDeps, input: Json): Json {
  const name = String(input['ChangeSetName']);
  if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name)) throw validationError(`Value '${name}' at 'changeSetName' failed to satisfy constraint`);
  const stackName = String(input['StackName']);
  const existing = deps.stacks.find(stackName);
  const type = input['ChangeSetType'] === 'CREATE' ? 'CREATE' : 'UPDATE';
  if (input['ChangeSetType'] === 'IMPORT')
    throw validationError('ChangeSetType IMPORT is not supported here: nothing exists outside stacks that could be imported');
  if (type === 'UPDATE') refuseUpdate(deps.stacks.get(stackName));
  else if (existing !== undefined && existing.status !== 'REVIEW_IN_PROGRESS') {
    throw validationError(`Stack [${stackName}] already exists and cannot be created again with the changeSet [${name}].`);
  }
  const desired = readStackInput(deps, input, existing);
  const stack = existing ?? reviewStack(deps, stackName);
  if ([...stack.changeSets.values()].some((each) => each.name === name)) {
    throw new AwsError('AlreadyExistsException', `ChangeSet [${name}] already exists`);
  }
  const unchanged = type === 'UPDATE' && isUnchanged(deps, stack, desired);
  const changeSet: ChangeSet = {
    id: `arn:aws:cloudformation:${deps.place.region}:${deps.place.accountId}:changeSet/${name}/${deps.ids.next()}`,
    name,
    type,
    createdAt: deps.clock.now(),
    description: input['Description'] === undefined ? undefined : String(input['Description']),
    input: desired,
    options: readOptions(input),
    changes: unchanged ? [] : planChanges(deps, stack, desired),
    status: unchanged ? 'FAILED' : 'CREATE_COMPLETE',
    statusReason: unchanged ? NO_CHANGES : undefined,
    executionStatus: unchanged ? 'UNAVAILABLE' : 'AVAILABLE',
  };
  stack.changeSets.set(changeSet.id, changeSet);
  return { Id: changeSet.id, StackId: stack.id };
}

/** A CREATE change set makes an empty stack that waits for review. */
function reviewStack(deps: CloudFormationDeps, name: string): Stack {
  const stack = deps.stacks.create(name, 'REVIEW_IN_PROGRESS');
  recordEvent(deps, stack, {
    logicalId: name,
    physicalId: stack.id,
    type: STACK_TYPE,
    status: 'REVIEW_IN_PROGRESS',
    reason: 'User Initiated',
  });
  return stack;
}

function execute(deps: CloudFormationDeps, input: Json): Json {
  const { stack, changeSet } = findChangeSet(deps, input);
  if (changeSet.executionStatus !== 'AVAILABLE') {
    throw new AwsError(
      'InvalidChangeSetStatusException',
      `ChangeSet [${changeSet.id}] cannot be executed in its current status of [${changeSet.status}]`,
    );
  }
  refuseUpdate(stack);
  changeSet.executionStatus = 'EXECUTE_IN_PROGRESS';
  stack.options = { ...changeSet.options, disableRollback: input['DisableRollback'] === true, token: readOptions(input).token };
  stack.changeSetId = changeSet.id;
  stack.status = changeSet.type === 'CREATE' ? 'CREATE_IN_PROGRESS' : 'UPDATE_IN_PROGRESS';
  start(deps, async () => {
    const failure = await applyStack({ deps, stack, input: changeSet.input });
    changeSet.executionStatus = failure === undefined ? 'EXECUTE_COMPLETE' : 'EXECUTE_FAILED';
    stack.changeSets.clear();
    stack.changeSets.set(changeSet.id, changeSet);
  });
  return {};
}

interface Located {
  readonly stack: Stack;
  readonly changeSet: ChangeSet;
}

function findChangeSet(deps: CloudFormationDeps, input: Json): Located {
  const found = locate(deps, input);
  if (found !== undefined) return found;
  throw new AwsError('ChangeSetNotFoundException', `ChangeSet [${input['ChangeSetName']}] does not exist`, { status: 404 });
}

/** A change set is named by its ARN, or by its name within a stack. */
function locate(deps: CloudFormationDeps, input: Json): Located | undefined {
  const name = String(input['ChangeSetName']);
  const inStack = input['StackName'] === undefined ? undefined : deps.stacks.find(String(input['StackName']));
  const candidates = inStack === undefined ? deps.stacks.all : [inStack];
  for (const stack of candidates) {
    for (const changeSet of stack.changeSets.values()) {
      if (changeSet.id === name || (inStack !== undefined && changeSet.name === name)) return { stack, changeSet };
    }
  }
  return undefined;
}

function summary(stack: Stack, changeSet: ChangeSet): Json {
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: changeSet.id,
    ChangeSetName: changeSet.name,
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    ...(changeSet.statusReason === undefined ? {} : { StatusReason: changeSet.statusReason }),
    CreationTime: changeSet.createdAt / 1000,
    ...(changeSet.description === undefined ? {} : { Description: changeSet.description }),
    IncludeNestedStacks: false,
  };
}

function describe({ stack, changeSet }: Located): Json {
  const { input, options, changes } = changeSet;
  return {
    ...summary(stack, changeSet),
    Parameters: [...input.parameters].map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
    Tags: input.tags,
    Capabilities: options.capabilities,
    NotificationARNs: options.notificationArns,
    RollbackConfiguration: {},
    Changes: changes,
  };
}
