import { createHash } from 'node:crypto';
import { type ErrorRule, typeName } from '../retry/error-rules.ts';

/**
 * A digest of error rules in their order: what the construct deploys and the runtime compares, so that what was printed at synth is what
 * runs. Classes and predicates count by their names, which bundling keeps.
 *
 * @example
 * rulesDigest([errorRule(TypeError, deadLetter())]) === rulesDigest([errorRule(RangeError, deadLetter())]); // => false
 */
export function rulesDigest(rules: readonly ErrorRule[]): string {
  return createHash('sha256').update(JSON.stringify(rules, plain)).digest('hex').slice(0, 32);
}

function plain(name: string, value: unknown): unknown {
  if (typeof value === 'function') return value.name;
  return name === 'type' && typeof value === 'object' ? typeName(value as { readonly name: string }) : value;
}
