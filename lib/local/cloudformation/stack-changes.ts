import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../aws.ts';
import { creationOrder } from './dependency-graph.ts';
import { resolve } from './intrinsics.ts';
import { changedProperties } from './property-diff.ts';
import { PROVIDERS } from './providers/registry.ts';
import { type CloudFormationDeps, needsReplacement } from './resource-work.ts';
import type { Scope } from './scope.ts';
import type { Stack, StackInput, StackResource } from './stack.ts';
import { includedResources, type Referable, stackScope } from './stack-scope.ts';

/** What AWS prints for a value that only the deployment will know. */
const UNKNOWN = '{{changeSet:KNOWN_AFTER_APPLY}}';

const UNBORN: Referable = { physicalId: UNKNOWN, attributes: new Proxy({}, { get: () => UNKNOWN }) };

/** Works out what a deployment would do to each resource, as `DescribeChangeSet` lists it. */
export function planChanges(deps: CloudFormationDeps, stack: Stack, input: StackInput): Json[] {
  const unborn = new Set<string>();
  const scope = stackScope({ ...deps, stack, input, resource: (id) => (unborn.has(id) ? UNBORN : (stack.resources.get(id) ?? UNBORN)) });
  const included = includedResources(input.template, scope);
  const changes: Json[] = [];
  for (const logicalId of creationOrder(input.template, included)) {
    const properties = plannedProperties(input, logicalId, scope);
    const old = stack.resources.get(logicalId);
    const type = input.template.Resources[logicalId]?.Type ?? '';
    if (old === undefined) {
      changes.push(
        change('Add', { LogicalResourceId: logicalId, ResourceType: type, AfterContext: JSON.stringify({ Properties: properties }) }),
      );
      continue;
    }
    const changed = changedProperties(old.properties, properties);
    if (changed.length === 0 && old.type === type) continue;
    const replaced = old.type !== type || needsReplacement(PROVIDERS.get(type), changed);
    if (replaced) unborn.add(logicalId);
    changes.push(modification(old, { properties, changed, replaced }));
  }
  const removed = [...stack.resources.values()].filter((resource) => !included.has(resource.logicalId));
  return [...changes, ...removed.map(removal)];
}

/** Whether a deployment of this input would change nothing: neither resources nor template, parameters or tags. */
export function isUnchanged(deps: CloudFormationDeps, stack: Stack, input: StackInput): boolean {
  const deployed = stack.input;
  if (deployed === undefined) return false;
  const sameText = isDeepStrictEqual(JSON.parse(deployed.body), JSON.parse(input.body));
  const sameParameters = isDeepStrictEqual(deployed.parameters, input.parameters);
  return sameText && sameParameters && isDeepStrictEqual(deployed.tags, input.tags) && planChanges(deps, stack, input).length === 0;
}

/** A property that cannot be worked out before others exist is known after the deployment. */
function plannedProperties({ template }: StackInput, logicalId: string, scope: Scope): Json {
  const declared = template.Resources[logicalId]?.Properties ?? {};
  const planned = Object.entries(declared).map(([name, value]): Json => {
    try {
      return resolve({ [name]: value }, scope) as Json;
    } catch {
      return { [name]: UNKNOWN };
    }
  });
  return Object.assign({}, ...planned);
}

interface Modification {
  readonly properties: Json;
  readonly changed: readonly string[];
  readonly replaced: boolean;
}

function modification(old: StackResource, { properties, changed, replaced }: Modification): Json {
  const replaceOn = new Set(PROVIDERS.get(old.type)?.replaceOn);
  const Details = changed.map((Name) => ({
    Target: {
      Attribute: 'Properties',
      Name,
      Path: `/Properties/${Name}`,
      RequiresRecreation: replaceOn.has(Name) ? 'Always' : 'Never',
      ...values(old.properties[Name], properties[Name]),
    },
    Evaluation: 'Static',
    ChangeSource: 'DirectModification',
  }));
  return change('Modify', {
    LogicalResourceId: old.logicalId,
    PhysicalResourceId: old.physicalId,
    ResourceType: old.type,
    Replacement: replaced ? 'True' : 'False',
    ...(replaced ? { PolicyAction: 'ReplaceAndDelete' } : {}),
    Scope: ['Properties'],
    Details,
    BeforeContext: JSON.stringify({ Properties: old.properties }),
    AfterContext: JSON.stringify({ Properties: properties }),
  });
}

function removal({ logicalId, physicalId, type, deletionPolicy }: StackResource): Json {
  return change('Remove', {
    LogicalResourceId: logicalId,
    PhysicalResourceId: physicalId,
    ResourceType: type,
    PolicyAction: deletionPolicy?.startsWith('Retain') === true ? 'Retain' : 'Delete',
  });
}

function change(Action: string, members: Json): Json {
  return { Type: 'Resource', ResourceChange: { Action, Scope: [], Details: [], ...members } };
}

function values(before: unknown, after: unknown): Json {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return {
    ...(before === undefined ? {} : { BeforeValue: text(before) }),
    ...(after === undefined ? {} : { AfterValue: text(after) }),
    AttributeChangeType: before === undefined ? 'Add' : after === undefined ? 'Remove' : 'Modify',
  };
}
