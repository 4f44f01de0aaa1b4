import { messageOf } from '../core/errors.ts';

const MAX_LENGTH = 500;
const MAX_CAUSES = 3;

/**
 * An error in one line for logs and attempt notes: its message and those of its causes, where they say more. The cause of a refusal names
 * the action and the resource that a role lacks.
 */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  let current = error;
  for (let depth = 0; depth <= MAX_CAUSES && (depth === 0 || current !== undefined); depth += 1) {
    const text = messageOf(current);
    if (!parts.some((part) => part.includes(text))) parts.push(text);
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(': ').slice(0, MAX_LENGTH).toWellFormed();
}
