import type { Clock } from '../core/clock.ts';
import { isPosthasteError, messageOf } from '../core/errors.ts';
import { type Page, pagesOf } from '../core/pages.ts';
import type { Failure, FailureAudit, FailureFilter, FailureGroup } from '../dlq/failure.ts';
import type { FailureStore, Transition } from '../dlq/failure-store.ts';
import { editedCopy } from './edited-copy.ts';
import { diffOf } from './line-diff.ts';
import { OperationError } from './operations.errors.ts';
import type { Answers, Author } from './operations.ts';

/** What operators do with failures besides sending them back. */
export interface WorkFailuresDeps {
  readonly failures: FailureStore;
  readonly clock: Clock;
}

/** A synchronous invocation answers at most 6 MB ("Lambda quotas", "Invocation payload"); some of it is for escaping. */
const MAX_ANSWER_BYTES = 4_500_000;
const LIST_LIMIT = 25;
const EXPORT_LIMIT = 50;
const CHANGE_LIMIT = 50;
/** Groups in one answer: more than that nobody reads, and each may have an error message of kilobytes. */
const MAX_GROUPS = 500;

/** Groups that a filter selects, those with most that stands as it says first. */
export async function groupsOf({ failures }: WorkFailuresDeps, where: FailureFilter = {}): Promise<readonly FailureGroup[]> {
  const status = where.status ?? 'open';
  const found: FailureGroup[] = [];
  for await (const { items } of pagesOf((cursor) => failures.groups(cursor))) {
    found.push(...items.filter((group) => isSelected(group, where)));
    found.sort((one, other) => (other.counts[status] ?? 0) - (one.counts[status] ?? 0) || other.lastAt - one.lastAt);
    found.length = Math.min(found.length, MAX_GROUPS);
  }
  return found;
}

function isSelected(group: FailureGroup, where: FailureFilter): boolean {
  const { fingerprint, consumer, type, reason, since, until, status } = where;
  const is = (asked: string | undefined, given: string | undefined) => asked === undefined || asked === given;
  return (
    is(fingerprint, group.fingerprint) &&
    is(consumer, group.consumer) &&
    is(type, group.messageType) &&
    is(reason, group.reason) &&
    (since === undefined || group.lastAt >= since) &&
    (until === undefined || group.firstAt < until) &&
    (status === undefined || (group.counts[status] ?? 0) > 0)
  );
}

/** A page of failures that fits an answer. */
export async function listOf(deps: WorkFailuresDeps, request: Listing): Promise<Answers['list']> {
  const { items, cursor } = await fitting(deps, { limit: LIST_LIMIT, ...request }, async (failure) => failure);
  return { failures: items, ...(cursor !== undefined && { cursor }) };
}

/** A page of failures with their bodies, whichever way they are stored. */
export async function exportOf(deps: WorkFailuresDeps, request: Omit<Listing, 'limit'>): Promise<Answers['export']> {
  const withText = async (failure: Failure) => {
    const { body, ...missing } = await bodyOf(deps, failure);
    return { ...failure, text: body, ...missing };
  };
  const { items, cursor } = await fitting(deps, { ...request, limit: EXPORT_LIMIT }, withText);
  return { failures: items, ...(cursor !== undefined && { cursor }) };
}

/** What is asked of a listing. */
export interface Listing {
  readonly where?: FailureFilter;
  readonly limit?: number;
  readonly cursor?: string;
}

// A page that does not fit is asked for again, as long as fits: only where a page ends is there a cursor.
async function fitting<T>(deps: WorkFailuresDeps, listing: Listing, shown: (failure: Failure) => Promise<T>): Promise<Page<T>> {
  const { where = {}, limit = LIST_LIMIT, cursor } = listing;
  const page = await deps.failures.list(where, { limit, ...(cursor !== undefined && { cursor }) });
  const items: T[] = [];
  let bytes = 0;
  for (const failure of page.items) {
    const item = await shown(failure);
    bytes += Buffer.byteLength(JSON.stringify(item));
    if (bytes > MAX_ANSWER_BYTES && items.length > 0) return fitting(deps, { ...listing, limit: items.length }, shown);
    items.push(item);
  }
  return { items, ...(page.cursor !== undefined && { cursor: page.cursor }) };
}

/** One failure with its body and its story. */
export async function show(deps: WorkFailuresDeps, id: string): Promise<Answers['show']> {
  const failure = await existing(deps.failures, id);
  return { failure, ...(await bodyOf(deps, failure)), audits: await deps.failures.audits(id) };
}

/** A body that is gone, or larger than any answer, hides neither its failure nor the others of a page. */
async function bodyOf({ failures }: WorkFailuresDeps, failure: Failure): Promise<{ readonly body: string; readonly missing?: string }> {
  try {
    const body = await failures.bodyOf(failure);
    if (failure.body.kind === 'inline' || Buffer.byteLength(JSON.stringify(body)) <= MAX_ANSWER_BYTES) return { body };
    return { body: '', missing: `its ${failure.body.bytes} bytes are more than an answer holds; it is the object ${failure.body.key}` };
  } catch (error) {
    if (!isPosthasteError(error, 'FAILURE_BODY')) throw error;
    return { body: '', missing: messageOf(error) };
  }
}

async function existing(failures: FailureStore, id: string): Promise<Failure> {
  const failure = await failures.get(id);
  if (failure === undefined) {
    throw new OperationError(
      'FAILURE_UNKNOWN',
      `there is no failure '${id}': list the failures for their ids; what was worked is kept for 60 days`,
    );
  }
  return failure;
}

/** Archives what a filter selects, or restores it. */
export async function change(
  { failures, clock }: WorkFailuresDeps,
  action: 'archive' | 'restore',
  { where, author, deadline }: { readonly where: FailureFilter; readonly author: Author; readonly deadline: number },
): Promise<Answers['archive']> {
  const filter: FailureFilter = action === 'restore' ? { ...where, status: 'archived' } : where;
  const audit = { at: clock.now(), action, ...author, result: action === 'archive' ? 'archived' : 'open again' };
  let [changed, refused] = [0, 0];
  let more = false;
  for await (const { items, cursor: next } of pagesOf((cursor) =>
    failures.list(filter, { limit: CHANGE_LIMIT, ...(cursor !== undefined && { cursor }) }),
  )) {
    const { applied, refused: others } = await (items.length === 0 ? NOTHING : failures[action](items, audit));
    changed += applied.length;
    refused += others.length;
    more = next !== undefined;
    if (clock.now() >= deadline) break;
  }
  return { changed, refused, ...(more && { more: true as const }) };
}

const NOTHING: Transition = { applied: [], refused: [] };

/** Puts a copy with another body in the place of a failure. */
export async function edit(
  { failures, clock }: WorkFailuresDeps,
  { id, body, author }: { readonly id: string; readonly body: string; readonly author: Author },
): Promise<Answers['edit']> {
  const failure = await existing(failures, id);
  const before = await failures.bodyOf(failure);
  const copy = editedCopy({ failure, body: before }, body);
  const diff = diffOf(before, copy.body);
  const audit: Omit<FailureAudit, 'failureId'> = { at: clock.now(), action: 'edit', ...author, result: `edited as ${copy.id}`, diff };
  return { failure: await failures.replace(failure, copy, audit), diff };
}
