import type { Failure, FailureAudit, FailureGroup } from '../dlq/failure.ts';
import type { Redrive } from '../ops/operations.ts';
import type { Violation } from './conservation.ts';

/** Everything that a failure store has on file. */
export interface FailureBooks {
  readonly failures: readonly Pick<Failure, 'id' | 'status' | 'fingerprint' | 'redrives' | 'editOf'>[];
  readonly groups: readonly Pick<FailureGroup, 'fingerprint' | 'counts'>[];
  readonly audits: readonly Pick<FailureAudit, 'failureId' | 'action' | 'result' | 'redriveId'>[];
  readonly redrives: readonly Pick<Redrive, 'id' | 'state' | 'counts'>[];
}

/**
 * Whether the books of a failure store balance: groups count what is there (G6); of each time that a failure was claimed it is on file what
 * came of it, or the claim still stands; and a redrive that has finished counts nothing that is not on file (G7). It may count less: a runner
 * that was overtaken, because a clock is wrong or it stood still, puts on file what it did and is not asked any more.
 */
export function checkFailureBooks(books: FailureBooks): readonly Violation[] {
  return [...groupsMiscounted(books), ...claimsUnaccounted(books), ...redrivesMiscounted(books)];
}

function groupsMiscounted({ failures, groups }: FailureBooks): Violation[] {
  const names = (fingerprint: string) => failures.filter((failure) => failure.fingerprint === fingerprint).map(({ status }) => status);
  const fingerprints = new Set([...failures, ...groups].map(({ fingerprint }) => fingerprint));
  return [...fingerprints].flatMap((fingerprint) => {
    const counts = groups.find((group) => group.fingerprint === fingerprint)?.counts ?? {};
    const [counted, there] = [textOf(counts), textOf(Object.fromEntries(countEach(names(fingerprint))))];
    if (counted === there) return [];
    return [{ guarantee: 'G6', message: `the group ${fingerprint} counts ${counted || 'nothing'}, where ${there || 'nothing'} is` }];
  });
}

function textOf(counts: Readonly<Record<string, number>>): string {
  const present = Object.entries(counts).filter(([, count]) => count !== 0);
  return present
    .map(([status, count]) => `${count} ${status}`)
    .sort()
    .join(', ');
}

function claimsUnaccounted({ failures, audits }: FailureBooks): Violation[] {
  return failures.flatMap(({ id, status, redrives, editOf }) => {
    const onFile = audits.filter(({ failureId, action }) => failureId === id && ['redrive', 'release'].includes(action)).length;
    const accounted = onFile + (status === 'redriving' ? 1 : 0);
    // A copy goes on counting where its original ended when it took its place.
    if (accounted === redrives || (editOf !== undefined && accounted < redrives)) return [];
    return [{ guarantee: 'G7', message: `${id} was claimed ${redrives} times, and of ${accounted} of them it is on file what came of it` }];
  });
}

function redrivesMiscounted({ redrives, audits }: FailureBooks): Violation[] {
  const ended = redrives.filter(({ state }) => state === 'finished');
  return ended.flatMap(({ id, counts }) => {
    const own = countEach(audits.filter(({ redriveId, action }) => redriveId === id && action === 'redrive').map(({ result }) => result));
    const [sent, alreadyDone] = [own.get('sent') ?? 0, own.get('already done') ?? 0];
    if (counts.sent <= sent && counts.alreadyDone <= alreadyDone) return [];
    const message = `the redrive ${id} counts ${counts.sent} sent and ${counts.alreadyDone} already done, where ${sent} and ${alreadyDone} are on file`;
    return [{ guarantee: 'G7', message }];
  });
}

function countEach(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
