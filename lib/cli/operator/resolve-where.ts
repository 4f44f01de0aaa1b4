import { FAILURE_STATUSES, type Failure, type FailureFilter, type FailureStatus } from '../../dlq/failure.ts';
import { ArgumentError } from '../arguments.ts';
import type { Desk } from './desk.ts';
import { shortId } from './printable.ts';

/** Characters of a whole id and of a whole fingerprint (`failureIdOf`, `FailureRecord`); what is shorter is the beginning of one. */
const WHOLE = { id: 32, fingerprint: 16 } as const;

/** A failure, and how it stands. */
type Named = Required<Pick<FailureFilter, 'id' | 'status'>>;

/** Whether it is an id as a whole. */
export const isWholeId = (id: string): boolean => id.length >= WHOLE.id;

/** Something that can be done to failures in some standings only. */
export interface Doing {
  readonly among: readonly FailureStatus[];
  /** What they are then, e.g. `sent back`. */
  readonly done: string;
}

/**
 * The filter with whole ids, where somebody wrote the beginning of one. Throws `ArgumentError` if it begins none, or several, or if the
 * failure stands so that it cannot be done.
 */
export async function resolveWhere(desk: Desk, where: FailureFilter, doing?: Doing): Promise<FailureFilter> {
  const named = where.id === undefined ? undefined : await resolveNamed(desk, { id: where.id, status: where.status, doing });
  const fingerprint = where.fingerprint === undefined ? undefined : await resolveFingerprint(desk, where.fingerprint);
  return { ...where, ...named, ...(fingerprint !== undefined && { fingerprint }) };
}

interface Naming {
  readonly id: string;
  readonly status: FailureStatus | undefined;
  readonly doing: Doing | undefined;
}

async function resolveNamed(desk: Desk, { id, status, doing }: Naming): Promise<Named> {
  if (status !== undefined || doing === undefined) return resolveId(desk, id, status);
  // An id may be as short as tells it from the others that this can be done to.
  const likely = isWholeId(id) ? undefined : onlyOf(id, await beginningWith(desk, id, doing.among));
  const found = likely ?? (await resolveId(desk, id));
  if (doing.among.includes(found.status)) return found;
  throw new ArgumentError(
    `the failure ${shortId(found.id)} is ${found.status}; only what is ${doing.among.join(' or ')} can be ${doing.done}`,
  );
}

/** A failure by its id or the beginning of it: in the given standing, or however it stands. */
export async function resolveId(desk: Desk, given: string, status?: FailureFilter['status']): Promise<Named> {
  if (isWholeId(given)) {
    if (status !== undefined) return { id: given, status };
    const { failure } = await desk.operations.ask({ operation: 'show', id: given });
    return { id: failure.id, status: failure.status };
  }
  const only = onlyOf(given, await beginningWith(desk, given, status === undefined ? FAILURE_STATUSES : [status]));
  if (only !== undefined) return only;
  const standing = status === undefined ? 'no failure' : `no failure that is ${status}`;
  throw new ArgumentError(`${standing} has an id that begins with ${JSON.stringify(given)}: ids are shown by ${desk.command('dlq list')}`);
}

function onlyOf(given: string, [only, another]: readonly Failure[]): Named | undefined {
  if (another === undefined) return only && { id: only.id, status: only.status };
  const both = `${shortId(only?.id ?? '')} and ${shortId(another.id)}`;
  throw new ArgumentError(`several failures have an id that begins with ${JSON.stringify(given)}, e.g. ${both}: give more of it`);
}

/** Two of them at most: more would make no difference. */
async function beginningWith(desk: Desk, given: string, statuses: readonly FailureStatus[]): Promise<readonly Failure[]> {
  const found = new Map<string, Failure>();
  desk.terminal.progress(`looking for ${given} …`);
  for (const status of statuses) {
    for await (const failure of failuresOf(desk, { status })) {
      if (failure.id.startsWith(given)) found.set(failure.id, failure);
      if (found.size > 1) break;
    }
    if (found.size > 1) break;
  }
  desk.terminal.progress('');
  return [...found.values()];
}

async function resolveFingerprint(desk: Desk, given: string): Promise<string> {
  if (given.length >= WHOLE.fingerprint) return given;
  const { groups } = await desk.operations.ask({ operation: 'groups' });
  const found = [...new Set(groups.map(({ fingerprint }) => fingerprint).filter((each) => each.startsWith(given)))];
  const [only] = found;
  if (only === undefined)
    throw new ArgumentError(
      `no group has a fingerprint that begins with ${JSON.stringify(given)}: they are shown by ${desk.command('dlq group')}`,
    );
  if (found.length > 1)
    throw new ArgumentError(`${found.length} groups have a fingerprint that begins with ${JSON.stringify(given)}: give more of it`);
  return only;
}

/** Failures that the function answers at once, at most. */
export const PAGE = 100;

/** All that the filter selects, page by page. */
export async function* failuresOf(desk: Desk, where: FailureFilter): AsyncGenerator<Failure> {
  let cursor: string | undefined;
  do {
    const page = await desk.operations.ask({ operation: 'list', where, limit: PAGE, ...(cursor !== undefined && { cursor }) });
    yield* page.failures;
    cursor = page.cursor;
  } while (cursor !== undefined && !desk.signal.aborted);
}
