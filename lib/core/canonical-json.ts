/**
 * A value as JSON whose text depends on the content alone, not on the order in which properties were written: equal content, equal text.
 * As `JSON.stringify` does, it honours `toJSON`, leaves out what JSON cannot hold, and answers `undefined` where nothing is left; other
 * than it, it writes a bigint as its digits and bytes in base64. It throws a `RangeError` for a value that contains itself.
 *
 * @example
 * canonicalJson({ b: 1, a: [2n] }); // => '{"a":["2"],"b":1}'
 */
export function canonicalJson(value: unknown): string | undefined {
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((element) => canonicalJson(element) ?? 'null').join(',')}]`;
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  if ('toJSON' in value && typeof value.toJSON === 'function') return canonicalJson(value.toJSON());
  return canonicalObject(value as Record<string, unknown>);
}

function canonicalObject(object: Record<string, unknown>): string {
  const properties: string[] = [];
  for (const name of Object.keys(object).sort()) {
    const text = canonicalJson(object[name]);
    if (text !== undefined) properties.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${properties.join(',')}}`;
}
