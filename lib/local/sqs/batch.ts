import { AwsError, type Json } from '../aws.ts';
import { objectList } from './input.ts';
import { sqsQueryErrorCode } from './sqs-errors.ts';

const MAX_ENTRIES = 10;
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

/** The entries of a batch whose ids are sound. Throws one of the four batch errors otherwise: then nothing was done. */
export function batchEntries(input: Json, entryName: string): readonly Json[] {
  const entries = objectList(input, 'Entries');
  if (entries.length === 0) throw new AwsError('EmptyBatchRequest', `There should be at least one ${entryName} in the request.`);
  if (entries.length > MAX_ENTRIES) {
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_ENTRIES}. You have sent ${entries.length}.`,
    );
  }
  const seen = new Set<unknown>();
  for (const { Id: id } of entries) {
    if (typeof id !== 'string' || !ENTRY_ID.test(id)) {
      throw new AwsError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      );
    }
    if (seen.has(id)) throw new AwsError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`);
    seen.add(id);
  }
  return entries;
}

/** Does each entry on its own: what one refuses does not touch the others. */
export function perEntry(entries: readonly Json[], act: (entry: Json) => Json): Json {
  const successful: Json[] = [];
  const failed: Json[] = [];
  for (const entry of entries) {
    const id = entry['Id'];
    try {
      successful.push({ Id: id, ...act(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: id, SenderFault: error.status < 500, Code: sqsQueryErrorCode(error.code), Message: error.message });
    }
  }
  return { Successful: successful, Failed: failed };
}
