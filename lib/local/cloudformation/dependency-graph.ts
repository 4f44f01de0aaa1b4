import type { Json } from '../aws.ts';
import { constructPath, type Template, validationError } from './template.ts';

/**
 * The resources of a template in the order of creation: each after those that its properties mention and those of its DependsOn,
 * otherwise in template order. A circle is refused in CloudFormation's words.
 */
export function creationOrder(template: Template, included: ReadonlySet<string>): string[] {
  const order: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (id: string, trail: readonly string[]): void => {
    if (state.get(id) === 'done') return;
    if (state.get(id) === 'open') {
      throw validationError(`Circular dependency between resources: [${trail.slice(trail.indexOf(id)).join(', ')}]`);
    }
    state.set(id, 'open');
    for (const needed of dependenciesOf(template, id)) if (included.has(needed)) visit(needed, [...trail, id]);
    state.set(id, 'done');
    order.push(id);
  };
  for (const id of included) visit(id, []);
  return order;
}

/** The logical ids that a resource needs first: references in its properties, and DependsOn. */
function dependenciesOf(template: Template, logicalId: string): ReadonlySet<string> {
  const resource = template.Resources[logicalId];
  const found = new Set<string>();
  collect(resource?.Properties, found);
  for (const id of [resource?.DependsOn ?? []].flat()) found.add(id);
  found.delete(logicalId);
  return new Set([...found].filter((id) => Object.hasOwn(template.Resources, id)));
}

/** Refuses a template that mentions a resource or parameter which it does not declare, or whose resources need each other. */
export function refuseUnknownReferences(template: Template): void {
  const known = (name: string) =>
    name.startsWith('AWS::') || Object.hasOwn(template.Resources, name) || Object.hasOwn(template.Parameters ?? {}, name);
  const check = (where: string, value: unknown, more: readonly string[] = []) => {
    const found = new Set<string>(more);
    collect(value, found);
    const missing = [...found].filter((name) => !known(name));
    if (missing.length > 0) {
      throw validationError(`Template format error: Unresolved resource dependencies [${missing.join(', ')}] in ${where}`);
    }
  };
  for (const [id, resource] of Object.entries(template.Resources)) {
    check(constructPath(id, resource), resource.Properties, [resource.DependsOn ?? []].flat());
  }
  for (const [key, { Value }] of Object.entries(template.Outputs ?? {})) check(`the output ${key}`, Value);
  creationOrder(template, new Set(Object.keys(template.Resources)));
}

function collect(value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
    return;
  }
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Sub': substitution } = value as Json;
  if (typeof Ref === 'string') found.add(Ref);
  if (Array.isArray(attribute)) found.add(String(attribute[0]));
  if (typeof attribute === 'string') found.add(attribute.split('.')[0] ?? '');
  const pattern = Array.isArray(substitution) ? substitution[0] : substitution;
  if (typeof pattern === 'string') {
    const own = Array.isArray(substitution) ? (substitution[1] as Json) : {};
    for (const [, name = ''] of pattern.matchAll(/\$\{([^!}][^}]*)\}/g)) {
      if (!Object.hasOwn(own, name.trim())) found.add(name.trim().split('.')[0] ?? '');
    }
  }
  for (const member of Object.values(value)) collect(member, found);
}
