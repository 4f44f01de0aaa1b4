import type { AwsRequest, Json } from '../local/aws.ts';

/** A batch of which a service does a part. */
interface PartialBatch {
  /** What is done, as the input of a smaller batch; undefined when nothing is. */
  readonly input: Json | undefined;
  /** The answer to the whole batch, from the answer to the smaller one. */
  complete(answer: Json): Json;
}

/** The member that holds the requests of each batch action. */
const ENTRIES: Readonly<Record<string, string>> = {
  PublishBatch: 'PublishBatchRequestEntries',
  SendMessageBatch: 'Entries',
  DeleteMessageBatch: 'Entries',
  ChangeMessageVisibilityBatch: 'Entries',
};

/** S3 names each object of which it says something (API reference, "DeleteObjects"). */
const DELETIONS = 'DeleteObjects';

const UNPROCESSED: Readonly<Record<string, string>> = { BatchGetItem: 'UnprocessedKeys', BatchWriteItem: 'UnprocessedItems' };

/** Whether an action takes several requests that succeed one by one. */
export const isBatch = (action: string): boolean => action in ENTRIES || action in UNPROCESSED || action === DELETIONS;

/** Leaves out the requests of a batch that `fails` says. */
export function splitBatch({ action, input }: AwsRequest, fails: () => boolean): PartialBatch {
  if (action === DELETIONS) return splitObjects(input, fails);
  const member = ENTRIES[action];
  return member === undefined ? splitTables(action, input, fails) : splitEntries(member, input, fails);
}

/** Refused entries are in `Failed` (API reference of SNS and SQS, "BatchResultErrorEntry"). */
function splitEntries(member: string, input: Json, fails: () => boolean): PartialBatch {
  const [failing, passing] = partition(input[member] as readonly Json[], fails);
  const failed = failing.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false, Message: 'Try again' }));
  return {
    input: passing.length > 0 ? { ...input, [member]: passing } : undefined,
    complete: (answer) => ({ Successful: [], ...answer, Failed: [...((answer['Failed'] ?? []) as Json[]), ...failed] }),
  };
}

function splitObjects(input: Json, fails: () => boolean): PartialBatch {
  const asked = input['Delete'] as Json;
  const [failing, passing] = partition(asked['Objects'] as readonly Json[], fails);
  const errors = failing.map(({ Key }) => ({ Key, Code: 'InternalError', Message: 'We encountered an internal error. Please try again.' }));
  return {
    input: passing.length > 0 ? { ...input, Delete: { ...asked, Objects: passing } } : undefined,
    complete: (answer) => ({ ...answer, Errors: [...((answer['Errors'] ?? []) as Json[]), ...errors] }),
  };
}

/**
 * What DynamoDB had no time for comes back as it was asked for; it does one request at least (API reference, "BatchWriteItem": if none
 * can be processed, it refuses the whole).
 */
function splitTables(action: string, input: Json, fails: () => boolean): PartialBatch {
  const done: Record<string, unknown> = {};
  const left: Record<string, unknown> = {};
  let isFirst = true;
  const isLeft = () => {
    const wasFirst = isFirst;
    isFirst = false;
    return !wasFirst && fails();
  };
  for (const [table, asked] of Object.entries(input['RequestItems'] as Json)) {
    const [failing, passing] = partition(requestsOf(asked), isLeft);
    if (passing.length > 0) done[table] = withRequests(asked, passing);
    if (failing.length > 0) left[table] = withRequests(asked, failing);
  }
  const member = UNPROCESSED[action] as string;
  return {
    input: { ...input, RequestItems: done },
    complete: (answer) => ({ ...answer, [member]: { ...(answer[member] as Json | undefined), ...left } }),
  };
}

// A BatchWriteItem lists its requests, a BatchGetItem has them as `Keys` beside how to read them.
const requestsOf = (asked: unknown): readonly Json[] => (Array.isArray(asked) ? asked : ((asked as Json)['Keys'] as Json[]));
const withRequests = (asked: unknown, requests: readonly Json[]) =>
  Array.isArray(asked) ? requests : { ...(asked as Json), Keys: requests };

function partition<T>(all: readonly T[], test: () => boolean): readonly [T[], T[]] {
  const [yes, no]: [T[], T[]] = [[], []];
  for (const one of all) (test() ? yes : no).push(one);
  return [yes, no];
}
