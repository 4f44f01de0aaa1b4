import type { Json } from '../aws.ts';
import { FUNCTIONS } from './intrinsic-functions.ts';
import { NO_VALUE, type Scope } from './scope.ts';
import { validationError } from './template.ts';

/**
 * Replaces every intrinsic function in a value by what it means in a scope; a property whose value is `AWS::NoValue` disappears.
 *
 * @example
 * resolve({ 'Fn::Sub': '${Queue.Arn}/x' }, scope) // => 'arn:aws:sqs:…/x'
 */
export function resolve(value: unknown, scope: Scope): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope)).filter((item) => item !== NO_VALUE);
  const [name, extra] = Object.keys(value);
  if (name !== undefined && extra === undefined) {
    const argument = (value as Json)[name];
    if (name === 'Ref') return scope.ref(String(argument));
    const run = FUNCTIONS[name];
    if (run !== undefined) return run(argument, scope, (nested) => resolve(nested, scope));
    if (name.startsWith('Fn::')) throw validationError(`Template error: the intrinsic function ${name} is not supported here`);
  }
  return resolveMembers(value as Json, scope);
}

function resolveMembers(value: Json, scope: Scope): Json {
  const resolved: Json = {};
  for (const [key, member] of Object.entries(value)) {
    const result = resolve(member, scope);
    if (result !== NO_VALUE) resolved[key] = result;
  }
  return resolved;
}
