import type { Json } from '../aws.ts';
import { NO_VALUE, type Scope } from './scope.ts';
import { validationError } from './template.ts';

/** Resolves a nested value in the same scope. */
type Resolve = (value: unknown) => unknown;

type IntrinsicFunction = (argument: unknown, scope: Scope, resolve: Resolve) => unknown;

/** The intrinsic functions (CloudFormation User Guide: Intrinsic function reference). */
export const FUNCTIONS: Readonly<Record<string, IntrinsicFunction>> = {
  'Fn::GetAtt': getAtt,
  'Fn::Join': join,
  'Fn::Sub': sub,
  'Fn::Select': select,
  'Fn::Split': split,
  'Fn::If': conditional,
  'Fn::Equals': equals,
  'Fn::Not': (argument, _, resolve) => !truth(resolve(items('Fn::Not', argument, 1)[0])),
  'Fn::And': (argument, _, resolve) => items('Fn::And', argument, 2).every((item) => truth(resolve(item))),
  'Fn::Or': (argument, _, resolve) => items('Fn::Or', argument, 2).some((item) => truth(resolve(item))),
  Condition: (argument, scope, resolve) => (typeof argument === 'string' ? scope.condition(argument) : { Condition: resolve(argument) }),
  'Fn::FindInMap': findInMap,
  'Fn::ImportValue': (argument, scope, resolve) => scope.importValue(text('Fn::ImportValue', resolve(argument))),
  'Fn::GetAZs': (argument, scope, resolve) => zones(String(resolve(argument) || scope.region)),
  'Fn::Base64': (argument, _, resolve) => Buffer.from(text('Fn::Base64', resolve(argument))).toString('base64'),
  'Fn::GetStackOutput': getStackOutput,
  'Fn::Length': (argument, _, resolve) => asList('Fn::Length', resolve(argument)).length,
  'Fn::ToJsonString': (argument, _, resolve) => JSON.stringify(resolve(argument)),
  'Fn::Transform': () => {
    throw validationError('Template error: Fn::Transform is not supported here: macros run inside AWS');
  },
};

function getAtt(argument: unknown, scope: Scope, resolve: Resolve): unknown {
  if (typeof argument === 'string') {
    const dot = argument.indexOf('.');
    return scope.attribute(argument.slice(0, dot), argument.slice(dot + 1));
  }
  const [logicalId, name] = items('Fn::GetAtt', argument, 2);
  return scope.attribute(String(logicalId), String(resolve(name)));
}

function join(argument: unknown, _: Scope, resolve: Resolve): string {
  const [delimiter, list] = items('Fn::Join', argument, 2);
  return asList('Fn::Join', resolve(list))
    .map((item) => text('Fn::Join', item))
    .join(text('Fn::Join', delimiter));
}

/** `${Name}` is a Ref, `${Name.Attribute}` a GetAtt, `${!Literal}` stays; the two-argument form brings names of its own. */
function sub(argument: unknown, scope: Scope, resolve: Resolve): string {
  const [template, own] = typeof argument === 'string' ? [argument, {}] : items('Fn::Sub', argument, 2);
  const values = (own ?? {}) as Json;
  return text('Fn::Sub', template).replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    const key = name.trim();
    if (Object.hasOwn(values, key)) return text('Fn::Sub', resolve(values[key]));
    const dot = key.indexOf('.');
    return text('Fn::Sub', dot === -1 ? scope.ref(key) : scope.attribute(key.slice(0, dot), key.slice(dot + 1)));
  });
}

function select(argument: unknown, _: Scope, resolve: Resolve): unknown {
  const [index, list] = items('Fn::Select', argument, 2);
  const position = Number(resolve(index));
  const values = asList('Fn::Select', resolve(list));
  if (!Number.isInteger(position) || position < 0 || position >= values.length) {
    throw validationError(`Template error: Fn::Select cannot select nonexistent value at index ${position}`);
  }
  return values[position];
}

function split(argument: unknown, _: Scope, resolve: Resolve): string[] {
  const [delimiter, source] = items('Fn::Split', argument, 2);
  return text('Fn::Split', resolve(source)).split(text('Fn::Split', delimiter));
}

function conditional(argument: unknown, scope: Scope, resolve: Resolve): unknown {
  const [name, yes, no] = items('Fn::If', argument, 3);
  return resolve(scope.condition(String(name)) ? yes : no);
}

function equals(argument: unknown, _: Scope, resolve: Resolve): boolean {
  const [left, right] = items('Fn::Equals', argument, 2).map((item) => resolve(item));
  return JSON.stringify(plain(left)) === JSON.stringify(plain(right));
}

function findInMap(argument: unknown, scope: Scope, resolve: Resolve): unknown {
  const [map, top, second, options] = items('Fn::FindInMap', argument, 3).map((item) => resolve(item));
  const found = scope.mapping(String(map), String(top), String(second));
  if (found !== undefined) return found;
  const fallback = (options as Json | undefined)?.['DefaultValue'];
  if (fallback !== undefined) return fallback;
  throw validationError(`Template error: Unable to get mapping for ${map}::${top}::${second}`);
}

function getStackOutput(argument: unknown, scope: Scope, resolve: Resolve): unknown {
  const { StackName, OutputName, Region, RoleArn } = resolve(argument) as Json;
  if (Region !== undefined && Region !== scope.region) {
    throw validationError(
      `Template error: Fn::GetStackOutput reads ${StackName}.${OutputName} of region ${Region}; this place has only ${scope.region}`,
    );
  }
  if (RoleArn !== undefined && RoleArn !== '') {
    throw validationError(
      `Template error: Fn::GetStackOutput reads ${StackName}.${OutputName} of another account; this place has only one`,
    );
  }
  return scope.stackOutput(String(StackName), String(OutputName));
}

function truth(resolved: unknown): boolean {
  return resolved === true || resolved === 'true';
}

function items(name: string, argument: unknown, least: number): readonly unknown[] {
  if (!Array.isArray(argument) || argument.length < least) {
    throw validationError(`Template error: every ${name} object requires a list of at least ${least} parameters`);
  }
  return argument;
}

function asList(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw validationError(`Template error: ${name} requires a list, got ${JSON.stringify(value)}`);
  return value;
}

function text(name: string, value: unknown): string {
  if (value === NO_VALUE) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw validationError(`Template error: ${name} requires text, got ${JSON.stringify(value)}`);
}

function plain(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}

function zones(region: string): string[] {
  return ['a', 'b', 'c'].map((letter) => `${region}${letter}`);
}
