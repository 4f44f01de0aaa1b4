import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import { type Aws, AwsError, type Json, type Place } from '../aws.ts';
import { resolve } from './intrinsics.ts';
import type { ReadSsm } from './parameters.ts';
import { physicalName } from './physical-name.ts';
import { changedProperties } from './property-diff.ts';
import { type Provider, type ProviderContext, type Provisioned, providerCalls } from './provider.ts';
import { isIgnored, PROVIDERS } from './providers/registry.ts';
import type { Scope } from './scope.ts';
import type { Stack, StackResource } from './stack.ts';
import { recordEvent } from './stack-events.ts';
import type { StackStore } from './stack-store.ts';
import { constructPath, type Template, type TemplateResource, validationError } from './template.ts';

/** What every operation on stacks works with. */
export interface CloudFormationDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  readonly aws: () => Aws;
  readonly stacks: StackStore;
  readonly ssm: ReadSsm;
  /** The folder behind an asset's bucket and key, when it lies on this machine. */
  assetDirectory(bucket: string, key: string): string | undefined;
}

/** One resource of one operation. */
export interface ResourceTask {
  readonly deps: CloudFormationDeps;
  readonly stack: Stack;
  readonly template: Template;
  readonly logicalId: string;
  readonly tags: readonly Json[];
}

/** Refuses a template with types that neither exist here nor are ignored, naming each by its construct path. */
export function refuseUnknownTypes(template: Template): void {
  const unknown = Object.entries(template.Resources).filter(([, { Type }]) => !PROVIDERS.has(Type) && !isIgnored(Type));
  if (unknown.length === 0) return;
  const named = unknown.map(([id, resource]) => `${constructPath(id, resource)} (${resource.Type})`);
  const custom = unknown.some(([, { Type }]) => Type.startsWith('Custom::') || Type === 'AWS::CloudFormation::CustomResource');
  const hint = custom ? ' A custom resource answers over TLS to a presigned URL, which only AWS offers.' : '';
  throw validationError(
    `Template format error: Unrecognized resource types: [${named.join(', ')}].${hint} Supported here: ${[...PROVIDERS.keys()].join(', ')}.`,
  );
}

/** The properties of a resource with every intrinsic resolved; an error names the construct path and the property. */
export function resolveProperties(template: Template, logicalId: string, scope: Scope): Json {
  const resource = template.Resources[logicalId];
  const properties = resource?.Properties ?? {};
  const resolved: Json = {};
  for (const name of Object.keys(properties)) {
    try {
      Object.assign(resolved, resolve({ [name]: properties[name] }, scope));
    } catch (error) {
      throw aboutResource(error, { logicalId, resource, property: name });
    }
  }
  return resolved;
}

/** Makes a resource. */
export async function createResource(task: ResourceTask, properties: Json): Promise<StackResource> {
  const type = typeOf(task);
  const generation = timesMade(task);
  recordEvent(task.deps, task.stack, { logicalId: task.logicalId, physicalId: '', type, status: 'CREATE_IN_PROGRESS' });
  const made = await attempt(task, 'CREATE', () => {
    const context = providerContext(task, generation);
    const provider = PROVIDERS.get(type);
    return provider === undefined ? { physicalId: context.name(), attributes: {} } : provider.create(properties, context);
  });
  return keep(task, { made, properties, generation, status: 'CREATE_COMPLETE' });
}

/** Changes a resource in place. */
export async function updateResource(task: ResourceTask, resource: StackResource, properties: Json): Promise<StackResource> {
  const { type, physicalId, attributes } = resource;
  recordEvent(task.deps, task.stack, { logicalId: task.logicalId, physicalId, type, status: 'UPDATE_IN_PROGRESS' });
  const changed = new Set(changedProperties(resource.properties, properties));
  const made = await attempt(task, 'UPDATE', () => {
    const change = { physicalId, attributes, before: resource.properties, after: properties, changed };
    return PROVIDERS.get(type)?.update?.(change, providerContext(task, resource.generation)) ?? resource;
  });
  return keep(task, { made, properties, generation: resource.generation, status: 'UPDATE_COMPLETE' });
}

/** Removes a resource that may have been replaced already: the stack's record is left to the caller. */
export async function removeResource(task: ResourceTask, resource: StackResource): Promise<void> {
  const { logicalId, physicalId, type } = resource;
  recordEvent(task.deps, task.stack, { logicalId, physicalId, type, status: 'DELETE_IN_PROGRESS' });
  await attempt(task, 'DELETE', () => PROVIDERS.get(type)?.remove(resource, providerContext(task, resource.generation)));
  recordEvent(task.deps, task.stack, { logicalId, physicalId, type, status: 'DELETE_COMPLETE' });
}

/** Whether a change of these properties needs a new resource. */
export function needsReplacement(provider: Provider | undefined, changed: readonly string[]): boolean {
  if (provider === undefined) return false;
  return provider.update === undefined || changed.some((name) => provider.replaceOn.includes(name));
}

/** An error of one resource, told with its construct path and property. */
function aboutResource(error: unknown, where: { logicalId: string; resource: TemplateResource | undefined; property?: string }): AwsError {
  const path = constructPath(where.logicalId, where.resource);
  const at = where.property === undefined ? path : `${path}.${where.property}`;
  const message = error instanceof Error ? error.message : String(error);
  return new AwsError(error instanceof AwsError ? error.code : 'InternalFailure', `${at}: ${message}`);
}

interface Kept {
  readonly made: Provisioned;
  readonly properties: Json;
  readonly generation: number;
  readonly status: string;
}

function keep({ deps, stack, logicalId, template }: ResourceTask, { made, properties, generation, status }: Kept): StackResource {
  const { Type: type = '', DeletionPolicy: deletionPolicy } = template.Resources[logicalId] ?? {};
  const { physicalId, attributes } = made;
  const updatedAt = deps.clock.now();
  const resource: StackResource = { logicalId, type, physicalId, attributes, properties, generation, deletionPolicy, status, updatedAt };
  stack.resources.set(logicalId, resource);
  recordEvent(deps, stack, { logicalId, physicalId, type, status });
  return resource;
}

async function attempt<T>(task: ResourceTask, verb: 'CREATE' | 'UPDATE' | 'DELETE', run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const { logicalId, template, stack } = task;
    const refusal = aboutResource(error, { logicalId, resource: template.Resources[logicalId] });
    const physicalId = stack.resources.get(logicalId)?.physicalId ?? '';
    recordEvent(task.deps, stack, { logicalId, physicalId, type: typeOf(task), status: `${verb}_FAILED`, reason: refusal.message });
    throw refusal;
  }
}

function providerContext({ deps, stack, logicalId, tags }: ResourceTask, generation: number): ProviderContext {
  const parts = { stackName: stack.name, stackId: stack.id, logicalId, generation };
  return {
    ...providerCalls(deps.aws),
    place: deps.place,
    stackName: stack.name,
    stackId: stack.id,
    logicalId,
    tags,
    name: (options) => physicalName(parts, options),
    assetDirectory: deps.assetDirectory,
    nextId: deps.ids.next,
  };
}

/** Tells a new resource's name from those of the ones before it: one that is replaced, or was kept when it left the template, is still there. */
function timesMade({ stack, logicalId }: ResourceTask): number {
  return stack.events.filter((event) => event.logicalId === logicalId && event.status === 'CREATE_COMPLETE').length;
}

function typeOf({ template, logicalId, stack }: ResourceTask): string {
  return template.Resources[logicalId]?.Type ?? stack.resources.get(logicalId)?.type ?? '';
}
