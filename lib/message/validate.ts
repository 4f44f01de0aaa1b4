import type { StandardSchemaV1 } from '@standard-schema/spec';
import { messageOf } from '../core/errors.ts';
import { MessageDefinitionError, MessageInvalidError, type MessageIssue } from './message.errors.ts';
import type { AnyMessageDefinition, DataOf } from './message.ts';

/**
 * Runs the definition's schema over `data` and returns what the schema makes of it (defaults filled, unknown keys stripped).
 * Throws `MessageInvalidError` with every issue and its path; a schema that validates asynchronously, or throws, is refused too.
 *
 * @example
 * const order = validateMessage(OrderPlaced, JSON.parse(text)); // typed as the schema's output
 */
export function validateMessage<Definition extends AnyMessageDefinition>(definition: Definition, data: unknown): DataOf<Definition> {
  const result = run(definition, data);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new MessageDefinitionError(
      `the schema of ${definition.name} validates asynchronously; a message is checked in the middle of a batch: use a synchronous schema and look things up in the handler`,
    );
  }
  if (result.issues !== undefined) throw new MessageInvalidError(definition.name, result.issues.map(toIssue));
  return result.value as DataOf<Definition>;
}

function run(
  definition: AnyMessageDefinition,
  data: unknown,
): StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>> {
  try {
    return definition.schema['~standard'].validate(data);
  } catch (cause) {
    throw new MessageInvalidError(definition.name, [{ message: `the schema threw: ${messageOf(cause)}`, path: [] }], { cause });
  }
}

function toIssue(issue: StandardSchemaV1.Issue): MessageIssue {
  const path = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
  return { message: issue.message, path: path.map((part) => (typeof part === 'number' ? part : String(part))) };
}
