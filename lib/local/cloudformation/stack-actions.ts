import { AwsError, type Json } from '../aws.ts';
import type { CloudFormationActions } from './actions.ts';
import { applyStack } from './apply-stack.ts';
import { refuseWhileImported, removeStack } from './remove-stack.ts';
import type { CloudFormationDeps } from './resource-work.ts';
import { isBusy, type Stack } from './stack.ts';
import { isUnchanged } from './stack-changes.ts';
import { setStatus } from './stack-events.ts';
import { readOptions, readStackInput } from './stack-input.ts';
import { validationError } from './template.ts';

/** CreateStack, UpdateStack, DeleteStack and what belongs to them. The work itself starts on the clock, after the answer. */
export function stackActions(deps: CloudFormationDeps): CloudFormationActions {
  const { stacks } = deps;
  return {
    CreateStack(input) {
      const name = String(input['StackName']);
      const old = stacks.find(name);
      if (old !== undefined) throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`);
      const desired = readStackInput(deps, input);
      const stack = stacks.create(name, 'REVIEW_IN_PROGRESS');
      stack.options = readOptions(input);
      stack.terminationProtection = input['EnableTerminationProtection'] === true;
      start(deps, () => applyStack({ deps, stack, input: desired }));
      stack.status = 'CREATE_IN_PROGRESS';
      return { StackId: stack.id };
    },
    UpdateStack(input) {
      const stack = stacks.get(input['StackName']);
      refuseUpdate(stack);
      const desired = readStackInput(deps, input, stack);
      if (isUnchanged(deps, stack, desired)) throw validationError('No updates are to be performed.');
      stack.options = readOptions(input);
      start(deps, () => applyStack({ deps, stack, input: desired }));
      stack.status = 'UPDATE_IN_PROGRESS';
      return { StackId: stack.id };
    },
    DeleteStack(input) {
      const stack = stacks.find(String(input['StackName']));
      if (stack === undefined || stack.status === 'DELETE_COMPLETE') return {};
      refuseDeletion(deps, stack);
      stack.options = { ...stack.options, token: readOptions(input).token };
      const retained = new Set((input['RetainResources'] ?? []) as string[]);
      start(deps, () => removeStack(deps, stack, retained));
      stack.status = 'DELETE_IN_PROGRESS';
      return {};
    },
    UpdateTerminationProtection(input) {
      const stack = stacks.get(input['StackName']);
      stack.terminationProtection = input['EnableTerminationProtection'] === true;
      return { StackId: stack.id };
    },
    /** A failed update or rollback settles in what it reached. */
    ContinueUpdateRollback: (input) => settleRollback(deps, stacks.get(input['StackName'])),
    RollbackStack: (input) => settleRollback(deps, stacks.get(input['StackName'])),
  };
}

/** Runs an operation once the answer is out; its failure is in the stack's status and events. */
export function start(deps: CloudFormationDeps, run: () => Promise<unknown>): void {
  deps.clock.after(0, () => void run());
}

/** Refuses an update while another operation runs, or after a failed creation. */
export function refuseUpdate(stack: Stack): void {
  const dead = new Set(['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'DELETE_FAILED', 'DELETE_COMPLETE', 'UPDATE_ROLLBACK_FAILED']);
  if (isBusy(stack) || dead.has(stack.status)) {
    throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
  }
}

function refuseDeletion(deps: CloudFormationDeps, stack: Stack): void {
  if (stack.terminationProtection) {
    throw validationError(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`);
  }
  if (isBusy(stack)) throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be deleted.`);
  refuseWhileImported(deps, stack);
}

function settleRollback(deps: CloudFormationDeps, stack: Stack): Json {
  if (!/_FAILED$/.test(stack.status)) {
    throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be rolled back.`);
  }
  setStatus(deps, stack, [
    stack.status.startsWith('CREATE') || stack.status === 'ROLLBACK_FAILED' ? 'ROLLBACK_COMPLETE' : 'UPDATE_ROLLBACK_COMPLETE',
  ]);
  return { StackId: stack.id };
}
