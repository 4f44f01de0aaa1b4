import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { attributesOf } from '../unit-of-work/attributes-of.ts';
import { FAILURE_STATUSES, type Failure, type FailureGroup } from './failure.ts';
import { type Attributes, attributesOfKey } from './failure-items.ts';
import { groupRowKey } from './failure-keys.ts';

/** A failure before and after a change, as far as its group counts it. */
export interface Move {
  readonly before: Pick<Failure, 'status' | 'fingerprint'> | undefined;
  readonly after: Failure;
  /** Whether it tells of another failure: then the group's times and versions follow. */
  readonly isNews: boolean;
}

/** Groups as they were read. */
export type Groups = ReadonlyMap<string, FailureGroup>;

/** Versions of a handler that a group names: one deployment too many is left out, so that no group outgrows its item. */
const MAX_VERSIONS = 20;
const MAX_SAMPLE_CHARACTERS = 1_000;
const COUNT_PREFIX = 'count_';

/** What a transaction changes in groups: all moves of one in one update. */
export function groupUpdates(table: string, moves: readonly Move[], groups: Groups): TransactWriteItem[] {
  const fingerprints = new Set(moves.flatMap(({ before, after }) => [...(before ? [before.fingerprint] : []), after.fingerprint]));
  return [...fingerprints].flatMap((fingerprint) => {
    const change = new Map([...counted(fingerprint, moves), ...versions(fingerprint, moves, groups)]);
    const news = moves.filter(({ after, isNews }) => isNews && after.fingerprint === fingerprint).map(({ after }) => after);
    const update = updateOf(change, [...sampleOf(news, groups.get(fingerprint)), ...timesOf(news, groups.get(fingerprint))]);
    return update === undefined ? [] : [{ Update: { TableName: table, Key: attributesOfKey(groupRowKey(fingerprint)), ...update } }];
  });
}

/** By how much each count of a group changes. */
function counted(fingerprint: string, moves: readonly Move[]): Map<string, unknown> {
  const counts = new Map<string, number>();
  const count = (name: string, by: number) => counts.set(name, (counts.get(name) ?? 0) + by);
  for (const { before, after } of moves) {
    const [was, is] = [before?.fingerprint === fingerprint, after.fingerprint === fingerprint];
    if (was && before !== undefined) count(`${COUNT_PREFIX}${before.status}`, -1);
    if (is) count(`${COUNT_PREFIX}${after.status}`, 1);
    if (is && !was) count('total', 1);
  }
  return new Map([...counts].filter(([, by]) => by !== 0));
}

function versions(fingerprint: string, moves: readonly Move[], groups: Groups): Map<string, unknown> {
  const known = groups.get(fingerprint)?.handlerVersions ?? [];
  const told = moves.flatMap(({ after, isNews }) => (isNews && after.fingerprint === fingerprint ? [after.handlerVersion] : []));
  const added = new Set(told.filter((version) => version !== undefined && version !== '' && !known.includes(version)));
  return new Map(added.size === 0 || known.length + added.size > MAX_VERSIONS ? [] : [['handlerVersions', added]]);
}

/** One assignment of an update, and the condition under which it may be made. */
interface Assignment {
  readonly name: string;
  readonly value: unknown;
  readonly when: 'absent' | 'later' | 'earlier';
}

/** The group of a first failure says what it is about; of several, which come in no order, the earliest. */
function sampleOf(news: readonly Failure[], group: FailureGroup | undefined): Assignment[] {
  const first = news.toSorted((one, other) => one.failedAt - other.failedAt)[0];
  if (first === undefined || group !== undefined) return [];
  const { consumer, reason, errorType, errorMessage, messageType, id } = first;
  const sample = { consumer, reason, errorType, errorMessage: errorMessage.slice(0, MAX_SAMPLE_CHARACTERS), messageType, sampleId: id };
  return Object.entries(sample).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value, when: 'absent' as const }]));
}

function timesOf(news: readonly Failure[], group: FailureGroup | undefined): Assignment[] {
  if (news.length === 0) return [];
  const times = news.map(({ failedAt }) => failedAt);
  const [firstAt, lastAt] = [Math.min(...times), Math.max(...times)];
  return [
    ...(group === undefined || firstAt < group.firstAt ? [{ name: 'firstAt', value: firstAt, when: 'earlier' as const }] : []),
    ...(group === undefined || lastAt > group.lastAt ? [{ name: 'lastAt', value: lastAt, when: 'later' as const }] : []),
  ];
}

/** Another transaction may have moved a time further since the group was read. */
const CONDITIONS = {
  absent: () => [],
  earlier: (name: string) => [`(attribute_not_exists(#${name}) OR #${name} > :${name})`],
  later: (name: string) => [`(attribute_not_exists(#${name}) OR #${name} < :${name})`],
} as const;

function updateOf(additions: ReadonlyMap<string, unknown>, assignments: readonly Assignment[]) {
  if (additions.size === 0 && assignments.length === 0) return undefined;
  const set = assignments.map(({ name, when }) => `#${name} = ${when === 'absent' ? `if_not_exists(#${name}, :${name})` : `:${name}`}`);
  const add = [...additions.keys()].map((name) => `#${name} :${name}`);
  const conditions = assignments.flatMap(({ name, when }) => CONDITIONS[when](name));
  const values = new Map([...additions, ...assignments.map(({ name, value }) => [name, value] as const)]);
  return {
    UpdateExpression: [...(set.length > 0 ? [`SET ${set.join(', ')}`] : []), ...(add.length > 0 ? [`ADD ${add.join(', ')}`] : [])].join(
      ' ',
    ),
    ...(conditions.length > 0 && { ConditionExpression: conditions.join(' AND ') }),
    ExpressionAttributeNames: Object.fromEntries([...values.keys()].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: attributesOf(Object.fromEntries([...values].map(([name, value]) => [`:${name}`, value]))),
  };
}

/** Reads a group back. */
export function groupFrom(item: Attributes): FailureGroup {
  const { sk, consumer, reason, errorType, errorMessage, messageType, sampleId, firstAt, lastAt, total, ...rest } = unmarshall(item);
  const counts = FAILURE_STATUSES.flatMap((status) => {
    const count = Number(rest[`${COUNT_PREFIX}${status}`] ?? 0);
    return count === 0 ? [] : [[status, count] as const];
  });
  return {
    fingerprint: String(sk),
    ...{ consumer, reason, errorType, errorMessage, sampleId, firstAt, lastAt, total },
    ...(messageType !== undefined && { messageType }),
    counts: Object.fromEntries(counts),
    handlerVersions: [...((rest['handlerVersions'] as ReadonlySet<string> | undefined) ?? [])].sort(),
  };
}
