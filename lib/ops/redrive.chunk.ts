import type { Failure } from '../dlq/failure.ts';
import { batchOf } from './rate.ts';
import { type BatchDeps, type BatchResult, type BatchRun, readied, sendBack } from './redrive.batch.ts';
import { verdictOn } from './redrive.plan.ts';
import { added, NO_TALLY } from './redrive.tally.ts';

/** Failures that are taken, written down and counted together: a second's worth, so that what a chunk costs is little against its time. */
export function chunkOf(rate: number): number {
  return Math.min(MAX_CHUNK, Math.max(batchOf(rate), Math.ceil(rate / BATCH) * BATCH * Number(rate > BATCH)));
}

const BATCH = 10;
const MAX_CHUNK = 100;
/** Older failures of a key that are looked for. */
const MAX_LINE = 50;

/**
 * The failures of a page that this redrive works, each behind the older ones of its key where the consumer keeps order: pages are in the
 * order of failing, group by group, and the messages of a key may have failed for several reasons.
 */
export async function inLine(deps: BatchDeps, run: BatchRun, page: readonly Failure[]): Promise<readonly Failure[]> {
  const chosen = new Map<string, Failure>();
  const lines = new Map<string, readonly Failure[]>();
  for (const failure of page) {
    if (chosen.has(failure.id) || verdictOf(deps, run, failure) === 'skip') continue;
    const name = JSON.stringify([failure.consumer, failure.key]);
    const line = lines.get(name) ?? (await lineOf(deps, run, failure));
    lines.set(name, line);
    for (const older of line) if (older.id !== failure.id && ageOf(older) < ageOf(failure)) chosen.set(older.id, older);
    chosen.set(failure.id, failure);
  }
  return [...chosen.values()];
}

/** What waits of its key, in the order of sending; nothing where no order is kept. */
async function lineOf(deps: BatchDeps, run: BatchRun, { consumer, key }: Failure): Promise<readonly Failure[]> {
  if (key === undefined || run.consumers.get(consumer)?.ordered !== true) return [];
  const { items } = await deps.failures.list({ ...run.redrive.where, consumer, key }, { limit: MAX_LINE });
  // What is left where it is counts once, when its own turn comes.
  return items.filter((failure) => isSendable(deps, run, failure)).sort((one, other) => ageOf(one) - ageOf(other));
}

// When it was sent: when it failed changes each time that it does.
function ageOf({ messageTime, failedAt }: Failure): number {
  return messageTime ?? failedAt;
}

function verdictOf({ clock }: BatchDeps, run: BatchRun, failure: Failure): string {
  return verdictOn(failure, run.redrive, run.consumers.get(failure.consumer), clock.now()).kind;
}

/** Whether it would be sent as far as can be told without asking anybody. */
export function isSendable(deps: BatchDeps, run: BatchRun, failure: Failure): boolean {
  return ['send', 'renew'].includes(verdictOf(deps, run, failure));
}

/** Works the failures of a chunk: readies, claims, sends and settles them. */
export async function workChunk(deps: BatchDeps, run: BatchRun, failures: readonly Failure[]): Promise<BatchResult> {
  const ready = await readied(deps, run, failures);
  const result: BatchResult = ready.failures.length === 0 ? NO_TALLY : await sendBack(deps, run, ready.failures);
  return { ...added(ready.left, result), ...(result.halt && { halt: result.halt }) };
}
