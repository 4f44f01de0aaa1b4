import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { FailureGroup } from './failure.ts';
import { type Groups, groupFrom, groupUpdates, type Move } from './failure-groups.ts';
import { type FailureRow, rowFrom } from './failure-items.ts';
import { failureKey, GROUPS, groupRowKey } from './failure-keys.ts';
import { backOff, type FailureTableDeps, readItems, transact } from './failure-table.dynamodb.ts';

/** What is to be written for one failure, in one transaction with its groups. */
export interface Change {
  readonly writes: readonly TransactWriteItem[];
  readonly moves: readonly Move[];
  /** About how many bytes the writes are. */
  readonly bytes: number;
}

/** What became of a piece of work: its result, and what must be written for it to be true. */
export interface Planned<Result> {
  readonly result: Result;
  readonly change?: Change;
}

/** A change to one failure that depends on how it stands. */
export interface Work<Result> {
  readonly id: string;
  /** Groups that it wants to have read. */
  readonly fingerprints: readonly string[];
  /** Decides again each time that the row turns out to stand differently. */
  plan(existing: FailureRow | undefined): Planned<Result> | Promise<Planned<Result>>;
}

export interface CommitOptions {
  /** Rows as somebody has just read them, by id: a first try needs no reading. */
  readonly rows?: ReadonlyMap<string, FailureRow>;
  /** No try starts at or after this time (epoch milliseconds). */
  readonly until?: number | undefined;
}

/**
 * Does every piece of work, as many in one transaction as fit: a flood of one failure then costs its group one update a batch. Those of a
 * transaction that a condition stopped are done again one by one, on what is there by then.
 */
export async function commitAll<Result>(
  deps: FailureTableDeps,
  works: readonly Work<Result>[],
  options: CommitOptions = {},
): Promise<Result[]> {
  const seen = options.rows ? { rows: options.rows, groups: new Map() } : await look(deps, wantedBy(works), options.until);
  const planned = await Promise.all(works.map(async (work) => ({ work, plan: await work.plan(seen.rows.get(work.id)) })));
  const results = new Map(planned.map(({ work, plan }) => [work, plan.result]));
  // What somebody read before is good enough to write on, under a condition, and not to refuse on.
  const again = options.rows ? planned.filter(({ plan }) => plan.change === undefined) : [];
  for (const chunk of chunksOf(planned)) {
    if (!(await transact(deps, writesOf(deps.table, chunk, seen.groups), options.until))) again.push(...chunk);
  }
  for (const { work } of again) results.set(work, await commitAlone(deps, work, options.until));
  return works.map((work) => results.get(work) as Result);
}

async function commitAlone<Result>(deps: FailureTableDeps, work: Work<Result>, until: number | undefined): Promise<Result> {
  for (let round = 1; ; round += 1) {
    const { rows, groups } = await look(deps, wantedBy([work]), until);
    const { result, change } = await work.plan(rows.get(work.id));
    if (change === undefined) return result;
    if (await transact(deps, [...change.writes, ...groupUpdates(deps.table, change.moves, groups)], until)) return result;
    await backOff(deps, round, until);
  }
}

interface Wanted {
  readonly ids: readonly string[];
  readonly fingerprints: readonly string[];
}

function wantedBy<Result>(works: readonly Work<Result>[]): Wanted {
  return { ids: works.map(({ id }) => id), fingerprints: works.flatMap(({ fingerprints }) => fingerprints) };
}

/** Failures and groups as they are now. */
export async function look(
  deps: FailureTableDeps,
  { ids, fingerprints }: Wanted,
  until?: number,
): Promise<{ readonly rows: ReadonlyMap<string, FailureRow>; readonly groups: Groups }> {
  const keys = [...[...new Set(ids)].map(failureKey), ...[...new Set(fingerprints)].map(groupRowKey)];
  const items = await readItems(deps, keys, until);
  const [rows, groups] = [new Map<string, FailureRow>(), new Map<string, FailureGroup>()];
  for (const item of items) {
    if (item['pk']?.S === GROUPS) groups.set(item['sk']?.S ?? '', groupFrom(item));
    else rows.set(rowFrom(item).id, rowFrom(item));
  }
  return { rows, groups };
}

/** Each change is up to two rows of its own and two groups; a transaction takes 100 actions and 4 MB ("TransactWriteItems" API reference). */
const MAX_CHANGES = 25;
const MAX_BYTES = 3_500_000;

interface Ready<Result> {
  readonly work: Work<Result>;
  readonly plan: Planned<Result>;
}

function chunksOf<Result>(planned: readonly Ready<Result>[]): Ready<Result>[][] {
  const chunks: Ready<Result>[][] = [];
  let [ids, bytes] = [new Set<string>(), 0];
  for (const ready of planned) {
    const { change } = ready.plan;
    if (change === undefined) continue;
    if (chunks.length === 0 || ids.size >= MAX_CHANGES || bytes + change.bytes > MAX_BYTES || ids.has(ready.work.id)) {
      chunks.push([]);
      [ids, bytes] = [new Set(), 0];
    }
    chunks.at(-1)?.push(ready);
    ids.add(ready.work.id);
    bytes += change.bytes;
  }
  return chunks;
}

function writesOf<Result>(table: string, chunk: readonly Ready<Result>[], groups: Groups): TransactWriteItem[] {
  const changes = chunk.map(({ plan }) => plan.change).filter((change) => change !== undefined);
  return [
    ...changes.flatMap(({ writes }) => writes),
    ...groupUpdates(
      table,
      changes.flatMap(({ moves }) => moves),
      groups,
    ),
  ];
}
