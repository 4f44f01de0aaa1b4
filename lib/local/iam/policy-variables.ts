import type { ConditionContext } from './condition-context.ts';
import { literally } from './wildcard.ts';

const VARIABLE = /\$\{([^}]*)\}/g;

/** Whether a policy string mentions a variable such as `${aws:PrincipalArn}`. */
export function hasVariables(text: string): boolean {
  return text.includes('${');
}

/**
 * Replaces the policy variables of a string (IAM User Guide: Policy variables). `${key, 'default'}` falls back; `${*}`, `${?}` and
 * `${$}` are the characters themselves, and a value's own wildcards are literal. Undefined when a variable has no single value:
 * such a string matches nothing.
 */
export function fillVariables(text: string, context: ConditionContext): string | undefined {
  let missing = false;
  const filled = text.replace(VARIABLE, (_, inner: string) => {
    if (inner === '*' || inner === '?' || inner === '$') return literally(inner);
    const comma = inner.indexOf(',');
    const name = (comma === -1 ? inner : inner.slice(0, comma)).trim().toLowerCase();
    const value = context(name);
    if (typeof value === 'string') return literally(value);
    if (comma === -1) {
      missing = true;
      return '';
    }
    return literally(
      inner
        .slice(comma + 1)
        .trim()
        .replace(/^'|'$/g, ''),
    );
  });
  return missing ? undefined : filled;
}
