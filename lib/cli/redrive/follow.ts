import { sleep } from '../../core/clock.ts';
import type { Redrive } from '../../ops/operations.ts';
import type { Desk } from '../operator/desk.ts';
import { dealtWith, progressLine } from './redrive.render.ts';

/** Questions are this far apart at least. The function works at the redrive while it is asked: then the next one follows at once. */
const POLL_MS = 1_000;
/** Where no line can replace the one before, one every so many milliseconds is enough. */
const LINE_MS = 10_000;
/** Questions in a row that may go unanswered: a redrive goes on without being watched. */
const PATIENCE = 5;

/** A redrive has come to its end, or to a stop. */
export const hasEnded = ({ state }: Redrive): boolean => state === 'finished' || state === 'stopped';

/** Watches a redrive until it ends and resolves with how. Ctrl-C stops it, cleanly: what is under way is finished, the rest waits. */
export async function follow(desk: Desk, first: Redrive, total: number | undefined): Promise<Redrive> {
  const show = createDisplay(desk, total);
  let redrive = first;
  let unanswered = 0;
  let asked = desk.clock.now();
  for (;;) {
    show(redrive);
    if (hasEnded(redrive)) return redrive;
    await sleep(desk.clock, Math.max(0, asked + POLL_MS - desk.clock.now()), desk.signal).catch(() => {});
    if (desk.signal.aborted) return stopped(desk, redrive);
    try {
      asked = desk.clock.now();
      redrive = await desk.operations.ask({ operation: 'redrive-status', id: redrive.id });
      unanswered = 0;
    } catch (error) {
      unanswered += 1;
      if (unanswered < PATIENCE) continue;
      desk.terminal.line(`the redrive goes on without being watched; to watch it again: ${desk.command(`redrive --resume ${redrive.id}`)}`);
      throw error;
    }
  }
}

/** Stops it, unless it has ended in the meantime. */
async function stopped({ operations }: Desk, { id }: Redrive): Promise<Redrive> {
  return operations.ask({ operation: 'stop-redrive', id }).catch(async (error: unknown) => {
    const redrive = await operations.ask({ operation: 'redrive-status', id });
    if (hasEnded(redrive)) return redrive;
    throw error;
  });
}

/** Says what is new: canaries by name, and how far it has come. */
function createDisplay(desk: Desk, total: number | undefined): (redrive: Redrive) => void {
  const results = new Map<string, string>();
  let shown = { at: Number.NEGATIVE_INFINITY, dealt: -1 };
  return (redrive) => {
    for (const { id, result } of redrive.canaries) {
      if (results.get(id) !== result) desk.terminal.line(`canary ${id} ${result}`);
      results.set(id, result);
    }
    if (hasEnded(redrive)) return desk.terminal.progress('');
    const line = progressLine(redrive, total);
    if (desk.live) return desk.terminal.progress(line);
    const now = desk.clock.now();
    if (now - shown.at < LINE_MS || dealtWith(redrive) === shown.dealt) return;
    shown = { at: now, dealt: dealtWith(redrive) };
    desk.terminal.line(line);
  };
}
