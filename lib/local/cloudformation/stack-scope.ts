import type { Place } from '../aws.ts';
import { resolve } from './intrinsics.ts';
import { parameterValue, type ReadSsm } from './parameters.ts';
import { NO_VALUE, type Scope } from './scope.ts';
import type { Stack, StackInput } from './stack.ts';
import type { StackStore } from './stack-store.ts';
import { type Template, validationError } from './template.ts';

/** What a resource means to those that refer to it. */
export interface Referable {
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What the names in a template are looked up in. */
export interface ScopeDeps {
  readonly stack: Pick<Stack, 'name' | 'id'>;
  readonly input: StackInput;
  readonly place: Place;
  readonly stacks: StackStore;
  readonly ssm: ReadSsm;
  /** A resource of the stack; undefined while it does not exist. */
  resource(logicalId: string): Referable | undefined;
}

/** A scope over a stack; `imports` collects the exports of other stacks that were read. */
export function stackScope(deps: ScopeDeps): Scope & { readonly imports: ReadonlySet<string> } {
  const { template, parameters } = deps.input;
  const imports = new Set<string>();
  const conditions = new Map<string, boolean>();
  const evaluating = new Set<string>();
  const pseudo = pseudoParameters(deps);
  const scope: Scope & { readonly imports: ReadonlySet<string> } = {
    region: deps.place.region,
    imports,
    ref(name) {
      if (pseudo.has(name)) return pseudo.get(name);
      const declared = template.Parameters?.[name];
      if (declared !== undefined) return parameterValue(name, declared, { given: parameters, ssm: deps.ssm });
      return existing(deps, name).physicalId;
    },
    attribute(logicalId, name) {
      const value = existing(deps, logicalId).attributes[name];
      if (value !== undefined) return value;
      const type = template.Resources[logicalId]?.Type;
      throw validationError(`Template error: resource ${logicalId} (${type}) does not support attribute type ${name} in Fn::GetAtt`);
    },
    condition(name) {
      const known = conditions.get(name);
      if (known !== undefined) return known;
      if (evaluating.has(name)) throw validationError(`Template format error: Found circular condition dependency: ${name}`);
      evaluating.add(name);
      const value = evaluateCondition(template, name, scope);
      conditions.set(name, value);
      return value;
    },
    mapping: (map, top, second) => template.Mappings?.[map]?.[top]?.[second],
    importValue(name) {
      const found = deps.stacks.exported(name);
      if (found === undefined) throw validationError(`No export named ${name} found.`);
      imports.add(name);
      return found.output.value;
    },
    stackOutput(stackName, outputName) {
      const output = deps.stacks.get(stackName).outputs.find((each) => each.key === outputName);
      if (output === undefined) throw validationError(`Template error: stack ${stackName} has no output ${outputName}`);
      return output.value;
    },
  };
  return scope;
}

/** The logical ids that exist in a template under its conditions. */
export function includedResources(template: Template, scope: Scope): Set<string> {
  const included = Object.entries(template.Resources).filter(([, { Condition }]) => Condition === undefined || scope.condition(Condition));
  return new Set(included.map(([id]) => id));
}

function evaluateCondition(template: Template, name: string, scope: Scope): boolean {
  const expression = template.Conditions?.[name];
  if (expression === undefined) throw validationError(`Template error: unresolved condition dependency ${name}`);
  const value = resolve(expression, scope);
  return value === true || value === 'true';
}

function existing(deps: ScopeDeps, logicalId: string): Referable {
  const resource = deps.resource(logicalId);
  if (resource !== undefined) return resource;
  const known = Object.hasOwn(deps.input.template.Resources, logicalId);
  throw validationError(
    known
      ? `Template error: resource ${logicalId} is referred to but does not exist under the template's conditions`
      : `Template format error: Unresolved resource dependencies [${logicalId}] in the template`,
  );
}

function pseudoParameters({ stack, place }: ScopeDeps): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ['AWS::AccountId', place.accountId],
    ['AWS::Region', place.region],
    ['AWS::Partition', 'aws'],
    ['AWS::URLSuffix', 'amazonaws.com'],
    ['AWS::StackName', stack.name],
    ['AWS::StackId', stack.id],
    ['AWS::NotificationARNs', []],
    ['AWS::NoValue', NO_VALUE],
  ]);
}
