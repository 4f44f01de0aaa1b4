import { creationOrder } from './dependency-graph.ts';
import { refuseLostExports } from './outputs.ts';
import { type CloudFormationDeps, removeResource } from './resource-work.ts';
import type { Stack, StackResource } from './stack.ts';
import { recordEvent, setStatus } from './stack-events.ts';
import type { Template } from './template.ts';

/** Deletes a stack's resources, dependents first; those with DeletionPolicy Retain stay. Settles in DELETE_COMPLETE or DELETE_FAILED. */
export async function removeStack(deps: CloudFormationDeps, stack: Stack, retained: ReadonlySet<string> = new Set()): Promise<void> {
  setStatus(deps, stack, ['DELETE_IN_PROGRESS', 'User Initiated']);
  const failed: string[] = [];
  for (const resource of deletionOrder(stack)) {
    if (keeps(resource) || retained.has(resource.logicalId)) {
      const { logicalId, physicalId, type } = resource;
      recordEvent(deps, stack, { logicalId, physicalId, type, status: 'DELETE_SKIPPED' });
      stack.resources.delete(logicalId);
      continue;
    }
    await removeOne(deps, stack, resource).catch(() => failed.push(resource.logicalId));
  }
  if (failed.length > 0) {
    setStatus(deps, stack, ['DELETE_FAILED', `The following resource(s) failed to delete: [${failed.join(', ')}].`]);
    return;
  }
  stack.outputs = [];
  stack.imports = new Set();
  stack.deletedAt = deps.clock.now();
  setStatus(deps, stack, ['DELETE_COMPLETE']);
}

/** Refuses to delete a stack whose exports others read. */
export function refuseWhileImported(deps: CloudFormationDeps, stack: Stack): void {
  refuseLostExports({ stack, stacks: deps.stacks }, []);
}

async function removeOne(deps: CloudFormationDeps, stack: Stack, resource: StackResource): Promise<void> {
  const { logicalId } = resource;
  await removeResource({ deps, stack, template: templateOf(stack), logicalId, tags: [] }, resource);
  stack.resources.delete(logicalId);
}

function deletionOrder(stack: Stack): StackResource[] {
  const template = templateOf(stack);
  const declared = new Set([...stack.resources.keys()].filter((id) => Object.hasOwn(template.Resources, id)));
  const ordered = creationOrder(template, declared).reverse();
  const others = [...stack.resources.keys()].filter((id) => !declared.has(id));
  return [...others, ...ordered].flatMap((id) => stack.resources.get(id) ?? []);
}

function keeps({ deletionPolicy }: StackResource): boolean {
  return deletionPolicy === 'Retain' || deletionPolicy === 'RetainExceptOnCreate';
}

function templateOf(stack: Stack): Template {
  return stack.input?.template ?? { Resources: {} };
}
