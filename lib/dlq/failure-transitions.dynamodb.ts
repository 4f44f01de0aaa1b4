import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { attributesOf } from '../unit-of-work/attributes-of.ts';
import type { Failure, FailureAudit, FailureStatus } from './failure.ts';
import { auditPut } from './failure-audits.ts';
import { type Change, commitAll, type Work } from './failure-commit.dynamodb.ts';
import { attributesOfKey, type FailureRow, failureOf } from './failure-items.ts';
import { failureKey, groupKeyOf, keyIndexOf } from './failure-keys.ts';
import { listAudits } from './failure-lists.dynamodb.ts';
import type { ClaimOptions, Release, Settlement, Transition } from './failure-store.ts';
import { WORKED_RETENTION_DAYS } from './failure-table.contract.ts';
import { type FailureTableDeps, transact } from './failure-table.dynamodb.ts';

/** How a failure is to stand from now on. */
interface Step {
  readonly failure: Failure;
  /** Whether it may be done to a failure that stands like this. */
  readonly applies: (failure: Failure) => boolean;
  readonly status: FailureStatus;
  /** Members that change with the status; what is undefined is removed. */
  readonly set?: (failure: Failure) => Members;
  readonly audit?: FailureAudit;
}

type Members = { readonly [Name in keyof FailureRow]?: FailureRow[Name] | undefined };

const WORKED: ReadonlySet<FailureStatus> = new Set(['redriven', 'done', 'archived', 'replaced']);
const DAY_SECONDS = 86_400;
/** Claims that are remembered: more than may be without an ending at a time. */
const MAX_CLAIMS = 20;

/** When the row of a failure that stands like this may go, in epoch seconds. */
export function expiryOf(status: FailureStatus, now: number): number | undefined {
  return WORKED.has(status) ? Math.floor(now / 1_000) + WORKED_RETENTION_DAYS * DAY_SECONDS : undefined;
}

export const waits = ({ status }: Failure): boolean => status === 'open' || status === 'parked';

export function claimAll(
  deps: FailureTableDeps,
  failures: readonly Failure[],
  { redriveId, runAgainAfter, until }: ClaimOptions & { readonly redriveId: string },
): Promise<Transition> {
  const claimedAt = deps.clock.now();
  const set = ({ id, redrives, claimedBy = [] }: Failure) => ({
    ...{ redriveId, claimedAt, redrives: redrives + 1 },
    claimedBy: [...claimedBy, redriveId].slice(-MAX_CLAIMS),
    runAgainAfter: runAgainAfter?.get(id),
  });
  const steps = failures.map((failure): Step => ({ failure, applies: waits, status: 'redriving', set }));
  return takeSteps(deps, steps, until);
}

/**
 * Takes claims back, for what could not be sent and is to be claimed again. `redrives` goes on counting them: its number is part of the
 * deduplication id, and one that was given to a queue, which may have taken the message before it refused it, must not be given again.
 */
export function releaseAll(deps: FailureTableDeps, failures: readonly Failure[], release: Release, until?: number): Promise<Transition> {
  const set = ({ claimedBy = [] }: Failure) => {
    const others = claimedBy.slice(0, -1);
    return { redriveId: others.at(-1), claimedBy: others, claimedAt: undefined, runAgainAfter: undefined };
  };
  const steps = failures.map((failure): Step => {
    const applies = ({ status, redriveId, redrives }: Failure) =>
      status === 'redriving' && redriveId === release.audit.redriveId && redrives === failure.redrives;
    const { id: failureId, runAgainAfter } = failure;
    // The consent goes with the claim; which run it was for stays on file.
    const audit = { ...release.audit, failureId, ...(runAgainAfter !== undefined && { runAgainAfter }) };
    return { failure, applies, status: release.status, set, audit };
  });
  return takeSteps(deps, steps, until);
}

/**
 * Ends claims. What failed again before its redrive was on file is open by then, or claimed by another: it stays so, and what was done is put
 * on file all the same.
 */
export async function settleAll(deps: FailureTableDeps, settlements: readonly Settlement[], until?: number): Promise<Transition> {
  const isClaimed =
    ({ failure: { redrives }, audit }: Settlement) =>
    (failure: Failure) =>
      failure.status === 'redriving' && failure.redriveId === audit.redriveId && failure.redrives === redrives;
  const steps = settlements.map((settlement): Step => ({ ...settlement, applies: isClaimed(settlement) }));
  const transition = await takeSteps(deps, steps, until);
  const audits = new Map(settlements.map(({ failure, audit }) => [failure.id, audit]));
  for (const { id, claimedBy } of transition.refused) {
    const audit = audits.get(id);
    if (audit?.redriveId !== undefined && claimedBy?.includes(audit.redriveId)) await putOnFile(deps, audit, until);
  }
  return transition;
}

/** Unless somebody has, who went on with the redrive in the meantime. */
async function putOnFile(deps: FailureTableDeps, audit: FailureAudit, until?: number): Promise<void> {
  const others = await listAudits(deps, audit.failureId);
  if (others.some(({ redriveId, action }) => redriveId === audit.redriveId && action === audit.action)) return;
  await transact(deps, [auditPut(deps.table, audit)], until);
}

export function archiveAll(
  deps: FailureTableDeps,
  failures: readonly Failure[],
  audit: Omit<FailureAudit, 'failureId'>,
): Promise<Transition> {
  return takeSteps(
    deps,
    failures.map((failure) => ({ failure, applies: waits, status: 'archived', audit: { ...audit, failureId: failure.id } })),
  );
}

export function restoreAll(
  deps: FailureTableDeps,
  failures: readonly Failure[],
  audit: Omit<FailureAudit, 'failureId'>,
): Promise<Transition> {
  const applies = ({ status }: Failure) => status === 'archived';
  return takeSteps(
    deps,
    failures.map((failure) => ({ failure, applies, status: 'open', audit: { ...audit, failureId: failure.id } })),
  );
}

type Taken = { readonly applied: true; readonly failure: Failure } | { readonly applied: false; readonly failure: Failure };

async function takeSteps(deps: FailureTableDeps, steps: readonly Step[], until?: number): Promise<Transition> {
  const rows = new Map(steps.map(({ failure }) => [failure.id, failure as FailureRow]));
  const taken = await commitAll(
    deps,
    steps.map((step) => workOf(deps, step)),
    { rows, until },
  );
  const of = (applied: boolean) => taken.filter((one) => one.applied === applied).map(({ failure }) => failure);
  return { applied: of(true), refused: of(false) };
}

function workOf(deps: FailureTableDeps, step: Step): Work<Taken> {
  return {
    id: step.failure.id,
    fingerprints: [],
    plan(row) {
      if (row === undefined) return { result: { applied: false, failure: step.failure } };
      if (!step.applies(row)) return { result: { applied: false, failure: failureOf(row) } };
      const members: Members = { ...step.set?.(row), status: step.status };
      const after = Object.fromEntries(
        Object.entries({ ...row, ...members }).filter(([, value]) => value !== undefined),
      ) as unknown as FailureRow;
      return { result: { applied: true, failure: failureOf(after) }, change: changeOf(deps, row, { after, members, step }) };
    },
  };
}

interface Stepped {
  readonly after: FailureRow;
  readonly members: Members;
  readonly step: Step;
}

function changeOf({ table, clock }: FailureTableDeps, before: FailureRow, { after, members, step }: Stepped): Change {
  const expiresAt = expiryOf(step.status, clock.now());
  const keyIndex = keyIndexOf(after.status, after.key);
  const written = {
    ...{ ...members, groupKey: groupKeyOf(after.status, after.fingerprint) },
    ...(keyIndex !== undefined && { keyIndex }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
  const writes: TransactWriteItem[] = [{ Update: { TableName: table, ...updateOf(before, written) } }];
  if (step.audit !== undefined) writes.push(auditPut(table, step.audit));
  return { writes, moves: [{ before, after, isNews: false }], bytes: 4_096 + 2 * (step.audit?.diff?.length ?? 0) };
}

/** Sets members of a row that stands as somebody read it. Letters that came since are no hindrance, unless they changed how it stands. */
function updateOf({ id, status, fingerprint, redrives, redriveId }: FailureRow, written: Readonly<Record<string, unknown>>) {
  const names = Object.keys(written).filter((name) => written[name] !== undefined);
  const gone = Object.keys({ expiresAt: undefined, ...written }).filter((name) => written[name] === undefined);
  const expected = { status, fingerprint, redrives, ...(redriveId !== undefined && { redriveId }) };
  const conditions = Object.keys(expected).map((name) => `#${name} = :was_${name}`);
  const assignments = names.map((name) => `#${name} = :${name}`).join(', ');
  const removals = gone.length > 0 ? ` REMOVE ${gone.map((name) => `#${name}`).join(', ')}` : '';
  return {
    Key: attributesOfKey(failureKey(id)),
    UpdateExpression: `SET ${assignments}${removals} ADD #revision :one`,
    ConditionExpression: [...conditions, ...(redriveId === undefined ? ['attribute_not_exists(#redriveId)'] : [])].join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(
      [...new Set([...names, ...gone, ...Object.keys(expected), 'revision', 'redriveId'])].map((name) => [`#${name}`, name]),
    ),
    ExpressionAttributeValues: attributesOf({
      ...Object.fromEntries(names.map((name) => [`:${name}`, written[name]])),
      ...Object.fromEntries(Object.entries(expected).map(([name, value]) => [`:was_${name}`, value])),
      ':one': 1,
    }),
  };
}
