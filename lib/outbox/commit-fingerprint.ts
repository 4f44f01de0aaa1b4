import { hash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.ts';
import type { CollectedUnit, PreparedWrite } from '../unit-of-work/unit-of-work.ts';
import { IdempotencyRequestError } from './outbox.errors.ts';

/**
 * A hash of what a commit is about: the caller's request, or else the unit's writes and what its messages say. Ids, times, traces and
 * destinations are no part of it: they differ at every try of the same work, or with the deployment between two.
 */
export function commitFingerprint(unit: CollectedUnit, request: unknown): string {
  const content = request === undefined ? contentOf(unit) : request;
  return hash('sha256', textOf(content));
}

function textOf(content: unknown): string {
  let text: string | undefined;
  try {
    text = canonicalJson(content);
  } catch (cause) {
    throw new IdempotencyRequestError({ cause });
  }
  if (text === undefined) throw new IdempotencyRequestError();
  return text;
}

function contentOf({ writes, messages }: CollectedUnit): unknown {
  return [writes.map(writeContent), messages.map(({ type, key, data }) => [type, key, data])];
}

// What DynamoDB shall answer with is no part of what is written.
function writeContent({ site, action }: PreparedWrite): unknown {
  const operations = Object.values(action).map(({ ReturnValuesOnConditionCheckFailure: _, ...operation }) => operation);
  return [site.kind, operations];
}
