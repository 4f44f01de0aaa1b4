import { setTimeout as wait } from 'node:timers/promises';
import { DEVELOPER, type LocalAws } from '../../../local.ts';
import { GITHUB_STACK } from '../github.contract.ts';

/** Failures whose cause is mended: what the notifier's endpoint refused for good. */
export const MENDED = { consumer: 'notify-maintainers', reason: 'HANDLER_PERMANENT' } as const;

/** A redrive as the operations function tells of it, as far as the report shows it. */
export interface WorkedRedrive {
  readonly id: string;
  readonly state: 'canary' | 'running' | 'stopped' | 'finished';
  readonly because?: string;
  readonly counts: { readonly sent: number; readonly alreadyDone: number; readonly left: number };
  readonly canaries: readonly { readonly id: string; readonly result: 'waiting' | 'done' | 'failed' }[];
}

/** Asks as often as this, milliseconds. The function works at the redrive while it is asked. */
const POLL_MS = 50;
/** Under chaos a canary may meet a fault of its own; whoever works an incident tries again. */
const MAX_REDRIVES = 5;

/**
 * Sends back what failed for a cause that is mended, as an operator would: a few first, the rest once those are handled. Nothing is done where
 * nothing failed of it.
 */
export async function workIncident(local: LocalAws, settled: () => Promise<void>): Promise<readonly WorkedRedrive[]> {
  const redrives: WorkedRedrive[] = [];
  while (redrives.length < MAX_REDRIVES && (await hasOpen(local))) {
    const options = { canary: 3, rate: 100 };
    const author = { who: 'demo', why: 'the endpoint knows releases now' };
    let redrive = await ask<WorkedRedrive>(local, { operation: 'redrive', where: MENDED, options, author });
    while (redrive.state === 'canary' || redrive.state === 'running') {
      await wait(POLL_MS);
      redrive = await ask<WorkedRedrive>(local, { operation: 'redrive-status', id: redrive.id });
    }
    redrives.push(redrive);
    await settled();
  }
  return redrives;
}

async function hasOpen(local: LocalAws): Promise<boolean> {
  const { failures } = await ask<{ readonly failures: readonly unknown[] }>(local, { operation: 'list', where: MENDED, limit: 1 });
  return failures.length > 0;
}

async function ask<Answer>({ aws }: LocalAws, request: Readonly<Record<string, unknown>>): Promise<Answer> {
  const input = { FunctionName: `${GITHUB_STACK}-operations`, Payload: Buffer.from(JSON.stringify(request)).toString('base64') };
  const { Payload, FunctionError } = await aws.call({ service: 'lambda', action: 'Invoke', input, caller: DEVELOPER });
  const text = Buffer.from(String(Payload), 'base64').toString();
  const answer = JSON.parse(text) as Answer & { readonly error?: unknown };
  if (FunctionError !== undefined || answer.error !== undefined) throw new Error(`the operations function answered ${text}`);
  return answer;
}
