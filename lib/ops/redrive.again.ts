import { mapConcurrent } from '../core/map-concurrent.ts';
import type { Failure } from '../dlq/failure.ts';
import type { FailureStore } from '../dlq/failure-store.ts';
import type { ConsumerEntry } from '../topology/topology.contract.ts';
import type { RedriveInbox } from './redrive.inbox.ts';
import type { RedriveRow } from './redrive.rows.ts';

/** Inboxes, and whose they are. */
export interface Inboxes {
  readonly inbox: RedriveInbox;
  readonly consumers: ReadonlyMap<string, ConsumerEntry>;
  readonly until?: number;
}

type Asked = Pick<RedriveRow, 'id' | 'options'>;

interface Consented extends Inboxes {
  readonly failures: Pick<FailureStore, 'audits'>;
  readonly redrive: Asked;
}

/** Reasons of what an at-most-once consumer had begun and did not finish. */
export const LOST: ReadonlySet<string> = new Set(['AT_MOST_ONCE_FAILED', 'OUTCOME_UNKNOWN']);

const AT_ONCE = 5;

/**
 * The runs after which failures may run again, by failure, if there is consent: they are written down with the claim. Consent is for one more
 * run after exactly that one; whoever goes on after a crash, and finds another, knows that the message was sent and has had its run. A redrive
 * that was stopped and resumed asks for no other run than the one that its claim named before it was taken back.
 */
export async function agreedRuns(inboxes: Consented, failures: readonly Failure[]): Promise<ReadonlyMap<string, string>> {
  const runs = new Map<string, string>();
  if (!inboxes.redrive.options.runAgain) return runs;
  const redrives = new Map(failures.map((failure) => [failure.id, failure.redrives]));
  for (const { id, kind, run } of await begunOf(inboxes, failures)) {
    // What was never claimed has nothing on file, and costs no call.
    const named = redrives.get(id) === 0 ? undefined : await namedBefore(inboxes, id);
    const agreed = named === undefined ? run : named.run;
    if (kind === 'started' && agreed !== undefined) runs.set(id, agreed);
  }
  return runs;
}

/** The run that this redrive named when its claim was taken back, which may be none; undefined if none was. */
async function namedBefore({ failures, redrive }: Consented, failureId: string): Promise<{ readonly run?: string } | undefined> {
  const audits = (await failures.audits(failureId)).filter(({ action, redriveId }) => action === 'release' && redriveId === redrive.id);
  if (audits.length === 0) return undefined;
  const run = audits.find(({ runAgainAfter }) => runAgainAfter !== undefined)?.runAgainAfter;
  return run === undefined ? {} : { run };
}

/** Whether the audit of a failure says that its redrive had consent to run it again. */
export function isAgreed({ options }: Pick<Asked, 'options'>, { runAgainAfter, reason }: Failure): boolean {
  return options.runAgain && (runAgainAfter !== undefined || LOST.has(reason));
}

/** Of those that an at-most-once consumer gave up, how many may have run, for all that their inbox knows. */
export async function countBegun(inboxes: Inboxes, failures: readonly Failure[]): Promise<number> {
  const lost = failures.filter(({ reason }) => LOST.has(reason));
  return (await begunOf(inboxes, lost)).length;
}

interface Begun {
  readonly id: string;
  readonly kind: 'started' | 'running';
  readonly run?: string;
}

async function begunOf({ inbox, consumers, until }: Inboxes, failures: readonly Failure[]): Promise<Begun[]> {
  const begun: Begun[] = [];
  for (const [name, ofOne] of Map.groupBy(failures, ({ consumer }) => consumer)) {
    const consumer = consumers.get(name);
    const ids = ofOne.flatMap(({ messageId }) => messageId ?? []);
    if (consumer === undefined || ids.length === 0) continue;
    const standings = await inbox.look(consumer, ids, until);
    for (const { id, messageId = '' } of ofOne) {
      const { kind, run } = standings.get(messageId) ?? {};
      if (kind === 'started' || kind === 'running') begun.push({ id, kind, ...(run !== undefined && { run }) });
    }
  }
  return begun;
}

/**
 * Lets those run again that there is consent for, right before they are sent. A marker that is gone already, or that of another run by now, is
 * no hindrance: whoever comes second changes nothing.
 */
export async function reopen(
  { inbox, until }: Omit<Inboxes, 'consumers'>,
  consumer: ConsumerEntry,
  failures: readonly Failure[],
): Promise<void> {
  await mapConcurrent(failures, AT_ONCE, async ({ messageId, runAgainAfter: run }) => {
    if (messageId !== undefined && run !== undefined) await inbox.reopen(consumer, { messageId, run }, until);
  });
}
