/** What a handler's answer means for the batch it was given. */
export type BatchVerdict =
  | { readonly kind: 'success' }
  /** The whole batch counts as failed; `reason` says why. */
  | { readonly kind: 'failure'; readonly reason: string }
  /** These records failed; the rest succeeded. */
  | { readonly kind: 'partial'; readonly failed: ReadonlySet<string> };

const SUCCESS: BatchVerdict = { kind: 'success' };

/**
 * Reads a partial batch response by Lambda's rules (Lambda guide, "Success and failure conditions" of partial batch responses):
 * nothing, `{}` and an empty or null list mean complete success; anything malformed means complete failure.
 *
 * @param payload the handler's JSON value
 * @param known the identifiers of the batch: message ids for SQS, sequence numbers for streams
 */
export function readBatchResponse(payload: unknown, known: ReadonlySet<string>): BatchVerdict {
  if (payload === undefined || payload === null) return SUCCESS;
  if (typeof payload !== 'object' || Array.isArray(payload)) return failure('the response is not an object');
  const list = (payload as { batchItemFailures?: unknown }).batchItemFailures;
  if (list === undefined || list === null) return SUCCESS;
  if (!Array.isArray(list)) return failure('batchItemFailures is not a list');
  if (list.length === 0) return SUCCESS;
  const failed = new Set<string>();
  for (const item of list) {
    const id: unknown = item?.itemIdentifier;
    if (typeof id !== 'string' || id === '') return failure('an itemIdentifier is missing, empty or null');
    if (!known.has(id)) return failure(`the itemIdentifier ${id} is not in the batch`);
    failed.add(id);
  }
  return { kind: 'partial', failed };
}

function failure(reason: string): BatchVerdict {
  return { kind: 'failure', reason };
}
