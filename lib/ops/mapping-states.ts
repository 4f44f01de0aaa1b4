import { GetEventSourceMappingCommand, type GetEventSourceMappingCommandOutput } from '@aws-sdk/client-lambda';
import { type Clock, sleep } from '../core/clock.ts';
import { mapConcurrent } from '../core/map-concurrent.ts';
import type { Rng } from '../core/rng.ts';
import { awsFailure } from '../retry/aws-failure.ts';
import { retry } from '../retry/retry.ts';
import type { CommandSender } from '../topic/send-result.ts';

/** What asking about event source mappings works with: a client made with `maxAttempts: 1`. */
export interface MappingStatesDeps {
  readonly lambda: CommandSender;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** Whether a mapping delivers, in Lambda's words, and when it said so (epoch milliseconds). */
export interface MappingState {
  readonly state: string;
  readonly at: number;
}

/** States of event source mappings, remembered for half a minute. */
export interface MappingStates {
  /** By the mappings' ids. `fresh` asks again about each. One that Lambda does not answer about is as it was last, or absent. */
  read(ids: readonly string[], options: { readonly fresh: boolean }): Promise<ReadonlyMap<string, MappingState>>;
}

const KEPT_MS = 30_000;
/** The other states are changes, which end by themselves (Lambda API Reference, EventSourceMappingConfiguration): they are asked for each time. */
const LASTING: readonly string[] = ['Enabled', 'Disabled'];
/**
 * Deployments, pauses and whoever else manages functions share 15 calls a second in an account and region, which nobody can raise (Lambda
 * quotas, "Other control plane API requests"): some are always left to them.
 */
const A_SECOND = 10;
const AT_ONCE = 5;

/**
 * Remembers states for as long as its process lives, so that a status that is looked at again and again asks Lambda about each mapping twice
 * a minute.
 *
 * @example
 * const states = await createMappingStates({ lambda, clock, rng }).read([id], { fresh: false });
 * states.get(id)?.state; // => 'Enabled'
 */
export function createMappingStates(deps: MappingStatesDeps): MappingStates {
  const known = new Map<string, MappingState>();
  const isDue = (id: string) => {
    const { state, at } = known.get(id) ?? { state: 'unknown', at: 0 };
    return !LASTING.includes(state) || deps.clock.now() - at >= KEPT_MS;
  };
  return {
    async read(ids, { fresh }) {
      const due = [...new Set(ids)].filter((id) => fresh || isDue(id));
      for (let at = 0; at < due.length; at += A_SECOND) {
        if (at > 0) await sleep(deps.clock, 1_000);
        const answers = await mapConcurrent(due.slice(at, at + A_SECOND), AT_ONCE, (id) => stateOf(deps, id));
        for (const { id, ...answer } of answers.filter((each) => each !== undefined)) known.set(id, answer);
        // Whoever is busy is left alone; the rest is asked about next time.
        if (answers.includes(undefined)) break;
      }
      return new Map(known);
    },
  };
}

async function stateOf(
  { lambda, clock, rng }: MappingStatesDeps,
  id: string,
): Promise<(MappingState & { readonly id: string }) | undefined> {
  try {
    const command = new GetEventSourceMappingCommand({ UUID: id });
    const { State = 'unknown' }: GetEventSourceMappingCommandOutput = await retry(() => lambda.send(command), { clock, rng, tries: 2 });
    return { id, state: State, at: clock.now() };
  } catch (error) {
    const failure = awsFailure(error);
    if (failure === 'throttled' || failure === 'ambiguous') return undefined;
    throw error;
  }
}
