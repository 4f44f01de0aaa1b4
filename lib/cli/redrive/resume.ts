import type { Redrive } from '../../ops/operations.ts';
import { agreed, type Desk } from '../operator/desk.ts';
import { viewOf } from '../operator/view.ts';
import { dealtWith } from './redrive.render.ts';
import { type Rest, restLines } from './rest.render.ts';

interface Resuming {
  readonly redrive: Redrive;
  readonly yes: boolean;
  readonly json: boolean;
}

/** Shows what a stopped redrive has left to do, and asks whether to go on; undefined for no. */
export async function agreedRest(desk: Desk, { redrive, yes, json }: Resuming): Promise<Rest | undefined> {
  const rest = await restOf(desk, redrive);
  if (!json) for (const line of restLines(redrive, rest, viewOf(desk))) desk.output.line(line);
  // What it left and what somebody has archived since cannot be told apart: it asks wherever something might be sent.
  if (rest.plan.matching > 0 && !(await agreed(desk, { yes, question: 'go on with it?' }))) return undefined;
  return rest;
}

async function restOf({ operations }: Desk, redrive: Redrive): Promise<Rest> {
  const { where, options, startedAt, canaries, counts } = redrive;
  const canariesLeft = Math.max(0, options.canary - canaries.filter(({ result }) => result === 'done').length);
  // What failed after it began, again or for the first time, is not its business.
  const until = Math.min(where.until ?? Number.POSITIVE_INFINITY, startedAt + 1);
  const plan = await operations.ask({ operation: 'plan', where: { ...where, until }, options });
  // What it left is where it was, and matches.
  const untried = Math.max(0, plan.matching - counts.left);
  return { plan, untried, canaries: canariesLeft, total: plan.more ? undefined : dealtWith(redrive) + untried };
}
