import { MAX_DATA_DEPTH } from './message.contract.ts';
import type { MessageIssue } from './message.errors.ts';

/** What kinds of trouble JSON data can hold. */
export interface JsonTrouble extends MessageIssue {
  readonly kind: 'not-json' | 'ill-formed-text' | 'prototype-key' | 'too-deep';
}

/**
 * The first thing in `data` that JSON would lose or change silently, or that would harm a reader: a Date, a NaN, half of a
 * surrogate pair, a key that reaches a prototype. Undefined when the data arrives as it left.
 */
export function jsonTrouble(data: unknown, maxDepth: number = MAX_DATA_DEPTH): JsonTrouble | undefined {
  return data === undefined ? undefined : inspect(data, maxDepth);
}

function inspect(value: unknown, levels: number): JsonTrouble | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : trouble('ill-formed-text', 'a string with half of a surrogate pair');
    case 'number':
      return Number.isFinite(value) ? undefined : trouble('not-json', `${value} is no JSON number`);
    case 'boolean':
      return undefined;
    case 'object':
      if (value === null) return undefined;
      if (levels === 0) return trouble('too-deep', `nested deeper than ${MAX_DATA_DEPTH} levels`);
      return Array.isArray(value) ? inspectArray(value, levels - 1) : inspectObject(value, levels - 1);
    default:
      return trouble('not-json', `${value === undefined ? 'undefined' : `a ${typeof value}`} is not JSON`);
  }
}

function inspectArray(values: readonly unknown[], levels: number): JsonTrouble | undefined {
  for (let index = 0; index < values.length; index += 1) {
    const found = inspect(values[index], levels);
    if (found !== undefined) return below(index, found);
  }
  return undefined;
}

function inspectObject(object: object, levels: number): JsonTrouble | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    const name = (object.constructor as { name?: string } | undefined)?.name ?? 'a class instance';
    return trouble('not-json', `a ${name} is not JSON: give the schema an input that is (a date as an ISO string, a big number as text)`);
  }
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    if (!key.isWellFormed()) return trouble('ill-formed-text', 'a key with half of a surrogate pair');
    if (reachesPrototype(key, value)) return trouble('prototype-key', `the key ${key} reaches the prototype of whatever it is copied onto`);
    const found = inspect(value, levels);
    if (found !== undefined) return below(key, found);
  }
  return undefined;
}

function reachesPrototype(key: string, value: unknown): boolean {
  if (key === '__proto__') return true;
  return key === 'constructor' && typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}

function trouble(kind: JsonTrouble['kind'], message: string): JsonTrouble {
  return { kind, message, path: [] };
}

// Paths are built only once something was found: on the way that every message takes they would cost an array per value.
function below(key: string | number, found: JsonTrouble): JsonTrouble {
  return found.kind === 'too-deep' ? found : { ...found, path: [key, ...found.path] };
}
