import type { AwsError, Json } from '../aws.ts';
import { creationOrder } from './dependency-graph.ts';
import { evaluateOutputs } from './outputs.ts';
import { changedProperties } from './property-diff.ts';
import { PROVIDERS } from './providers/registry.ts';
import {
  type CloudFormationDeps,
  createResource,
  needsReplacement,
  type ResourceTask,
  removeResource,
  resolveProperties,
  updateResource,
} from './resource-work.ts';
import type { Scope } from './scope.ts';
import type { Stack, StackInput, StackResource } from './stack.ts';
import { recordEvent, setStatus } from './stack-events.ts';
import { includedResources, stackScope } from './stack-scope.ts';
import { constructPath, validationError } from './template.ts';

/** One deployment of one stack. */
export interface StackDeployment {
  readonly deps: CloudFormationDeps;
  readonly stack: Stack;
  readonly input: StackInput;
  readonly onResource?: ((resource: StackResource, path: string) => void) | undefined;
}

/** What was done so far: how to undo it, newest last, and what to remove once all went well. */
interface Progress {
  readonly undo: (() => Promise<void>)[];
  readonly leftovers: (() => Promise<void>)[];
}

/**
 * Brings a stack to a template: creates, changes and replaces in dependency order, then removes what is gone. When a step fails,
 * everything done is undone in reverse. Settles in a final status either way and answers the failure, if there was one.
 */
export async function applyStack(deployment: StackDeployment): Promise<AwsError | undefined> {
  const { deps, stack, input } = deployment;
  const verb = stack.input === undefined ? 'CREATE' : 'UPDATE';
  const previous = { input: stack.input, outputs: stack.outputs, imports: stack.imports };
  const progress: Progress = { undo: [], leftovers: [] };
  setStatus(deps, stack, [`${verb}_IN_PROGRESS`, 'User Initiated']);
  stack.input = input;
  try {
    await converge(deployment, progress);
  } catch (error) {
    await rollBack(deployment, { verb, progress, previous, failure: error as AwsError });
    return error as AwsError;
  }
  if (progress.leftovers.length > 0) setStatus(deps, stack, ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS']);
  for (const remove of progress.leftovers.reverse()) await remove().catch(() => undefined);
  if (verb === 'UPDATE') stack.updatedAt = deps.clock.now();
  setStatus(deps, stack, [`${verb}_COMPLETE`]);
  return undefined;
}

async function converge(deployment: StackDeployment, progress: Progress): Promise<void> {
  const { deps, stack, input } = deployment;
  const scope = stackScope({ ...deps, stack, input, resource: (id) => stack.resources.get(id) });
  const included = includedResources(input.template, scope);
  for (const logicalId of creationOrder(input.template, included)) {
    const task = { deps, stack, template: input.template, logicalId, tags: input.tags };
    const resource = await settle(task, { scope, progress });
    if (resource !== undefined) deployment.onResource?.(resource, constructPath(logicalId, input.template.Resources[logicalId]));
  }
  const outputs = evaluateOutputs({ template: input.template, scope, stack, stacks: deps.stacks });
  for (const resource of [...stack.resources.values()]) {
    if (!included.has(resource.logicalId)) leave(deployment, resource, progress);
  }
  stack.outputs = outputs;
  stack.imports = scope.imports;
}

/** Creates, changes or replaces one resource; undefined when it stays as it is. */
async function settle(task: ResourceTask, { scope, progress }: { scope: Scope; progress: Progress }): Promise<StackResource | undefined> {
  const { stack, logicalId, template } = task;
  const properties = resolveProperties(template, logicalId, scope);
  const old = stack.resources.get(logicalId);
  if (old === undefined) {
    const made = await createResource(task, properties);
    progress.undo.push(() => discard(task, made));
    return made;
  }
  const type = template.Resources[logicalId]?.Type;
  const changed = changedProperties(old.properties, properties);
  if (old.type === type && changed.length === 0) return undefined;
  if (old.type !== type || needsReplacement(PROVIDERS.get(old.type), changed)) return replace(task, { old, properties, progress });
  const updated = await updateResource(task, old, properties);
  progress.undo.push(async () => {
    await updateResource(task, updated, old.properties);
    stack.resources.set(logicalId, { ...old });
  });
  return updated;
}

async function replace(task: ResourceTask, step: { old: StackResource; properties: Json; progress: Progress }): Promise<StackResource> {
  const { old, properties, progress } = step;
  refuseSameName(task, old, properties);
  const made = await createResource(task, properties);
  progress.undo.push(async () => {
    await removeResource(task, made);
    task.stack.resources.set(old.logicalId, old);
  });
  const policy = task.template.Resources[old.logicalId]?.UpdateReplacePolicy;
  if (policy !== 'Retain') progress.leftovers.push(() => removeResource(task, old));
  return made;
}

/** A resource with a name of its own cannot stand beside its replacement (CloudFormation User Guide: Name type). */
function refuseSameName(task: ResourceTask, old: StackResource, properties: Json): void {
  const property = PROVIDERS.get(old.type)?.nameProperty;
  if (property === undefined || old.type !== task.template.Resources[old.logicalId]?.Type) return;
  if (properties[property] === undefined || properties[property] !== old.properties[property]) return;
  const path = constructPath(old.logicalId, task.template.Resources[old.logicalId]);
  throw validationError(
    `${path}: CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${properties[property]} and update the stack again.`,
  );
}

/** A resource that left the template goes at the end, unless its old template said to keep it. */
function leave({ deps, stack, input }: StackDeployment, resource: StackResource, progress: Progress): void {
  stack.resources.delete(resource.logicalId);
  progress.undo.push(async () => {
    stack.resources.set(resource.logicalId, resource);
  });
  if (resource.deletionPolicy === 'Retain' || resource.deletionPolicy === 'RetainExceptOnCreate') {
    const { logicalId, physicalId, type } = resource;
    progress.leftovers.push(async () => recordEvent(deps, stack, { logicalId, physicalId, type, status: 'DELETE_SKIPPED' }));
    return;
  }
  progress.leftovers.push(() =>
    removeResource({ deps, stack, template: input.template, logicalId: resource.logicalId, tags: input.tags }, resource),
  );
}

async function discard(task: ResourceTask, made: StackResource): Promise<void> {
  if (made.deletionPolicy !== 'Retain') await removeResource(task, made);
  task.stack.resources.delete(made.logicalId);
}

interface Rollback {
  readonly verb: 'CREATE' | 'UPDATE';
  readonly progress: Progress;
  readonly previous: Pick<Stack, 'input' | 'outputs' | 'imports'>;
  readonly failure: AwsError;
}

async function rollBack({ deps, stack, input }: StackDeployment, { verb, progress, previous, failure }: Rollback): Promise<void> {
  const prefix = verb === 'CREATE' ? 'ROLLBACK' : 'UPDATE_ROLLBACK';
  if (stack.options.disableRollback) {
    setStatus(deps, stack, [`${verb}_FAILED`, failure.message]);
    return;
  }
  setStatus(deps, stack, [`${prefix}_IN_PROGRESS`, `The following resource(s) failed: ${failure.message}`]);
  const failures: string[] = [];
  for (const undo of progress.undo.reverse()) await undo().catch((error: Error) => failures.push(error.message));
  Object.assign(stack, previous, { input: previous.input ?? input });
  if (failures.length > 0) setStatus(deps, stack, [`${prefix}_FAILED`, failures.join('; ')]);
  else setStatus(deps, stack, [`${prefix}_COMPLETE`, failure.message]);
}
