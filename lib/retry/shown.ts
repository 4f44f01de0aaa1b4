/** A value that was given where something else belongs, as an error shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return `the function ${value.name || 'without a name'}`;
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? `'${value}'` : String(value);
  const members = Object.keys(value);
  return Array.isArray(value) ? `a list of ${value.length}` : `an object of ${members.length === 0 ? 'nothing' : members.join(', ')}`;
}
