/**
 * What arrives of a value that travels as JSON: nothing is shared, undefined members are gone, and what JSON does not know is changed
 * as `JSON.stringify` changes it.
 *
 * @example
 * jsonCopy({ a: [undefined], b: undefined }); // => { a: [null] }
 */
export function jsonCopy(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : copyOf(value);
    default:
      return throughText(value);
  }
}

/** Events are almost only plain objects and arrays, whose texts need not be written to be read again. */
function copyOf(value: object): unknown {
  if (Array.isArray(value)) return elementsOf(value);
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.hasOwn(value, '__proto__') || 'toJSON' in value)
    return throughText(value);
  const copy: Record<string, unknown> = {};
  for (const name in value) {
    const member = jsonCopy((value as Record<string, unknown>)[name]);
    if (member !== undefined) copy[name] = member;
  }
  return copy;
}

function elementsOf(list: readonly unknown[]): unknown[] {
  const copy: unknown[] = [];
  // Holes are elements of the text, and none of `map`.
  for (let index = 0; index < list.length; index += 1) copy.push(jsonCopy(list[index]) ?? null);
  return copy;
}

function throughText(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}
