import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { arrivalOf } from './arrival-of.ts';
import type { FailureStore } from './failure-store.ts';

/** The batches that Lambda gave up of an outbox's stream, as objects. */
export interface StreamFailureObjects {
  /** Names of some, the oldest days first. */
  list(bucket: string): Promise<readonly string[]>;
  /** The text of one; undefined when it is gone. */
  read(bucket: string, key: string): Promise<string | undefined>;
  remove(bucket: string, key: string): Promise<void>;
}

/** What taking them in takes. */
export interface StreamFailureDeps {
  readonly store: Pick<FailureStore, 'add'>;
  readonly objects: StreamFailureObjects;
  readonly clock: Clock;
  readonly log: Logger;
}

/** An outbox and the bucket of what its stream gave up. */
export interface StreamFailureSource {
  readonly name: string;
  readonly failuresBucket: string;
}

/**
 * Takes the batches that streams gave up into the failure store, and removes each object only once it is kept; says how many. The rows of such
 * a batch still wait in the outbox, where the sweeper publishes them: there is nothing to send back, only to look into and to archive.
 */
export async function takeStreamFailures(
  deps: StreamFailureDeps,
  outboxes: readonly StreamFailureSource[],
  { deadline }: { readonly deadline: number },
): Promise<number> {
  let taken = 0;
  for (const outbox of outboxes) {
    for (const key of await keysOf(deps, outbox)) {
      if (deps.clock.now() >= deadline) return taken;
      if (await take(deps, outbox, { key, deadline })) taken += 1;
    }
  }
  return taken;
}

async function keysOf({ objects, log }: StreamFailureDeps, { name, failuresBucket }: StreamFailureSource): Promise<readonly string[]> {
  try {
    return await objects.list(failuresBucket);
  } catch (error) {
    log.error('the failures of a stream could not be listed', { outbox: name, error: messageOf(error) });
    return [];
  }
}

async function take(
  { store, objects, clock, log }: StreamFailureDeps,
  { name, failuresBucket }: StreamFailureSource,
  { key, deadline }: { readonly key: string; readonly deadline: number },
): Promise<boolean> {
  try {
    const body = await objects.read(failuresBucket, key);
    if (body === undefined) return false;
    const letter = { messageId: key, body, attributes: {}, eventSourceARN: '' };
    await store.add([arrivalOf(letter, { source: 'stream', consumer: name }, clock.now())], { until: deadline });
    await objects.remove(failuresBucket, key);
    return true;
  } catch (error) {
    log.error('a failure of a stream could not be kept, and waits', { outbox: name, key, error: messageOf(error) });
    return false;
  }
}
