import type { Cancel, Clock } from '../../core/clock.ts';
import type { Rng } from '../../core/rng.ts';
import { AwsError } from '../aws.ts';
import type { DestinationSender } from './destinations.ts';
import type { Executor, InvocationResult } from './executor.ts';
import type { FunctionStore, ResolvedFunction } from './function-store.ts';
import { invokeConfigOf } from './invoke-config-actions.ts';

/** An event that was accepted and is not settled yet. */
interface QueuedEvent {
  readonly functionArn: string;
  readonly payload: string;
  readonly requestId: string;
  readonly traceHeader: string | undefined;
  readonly acceptedAt: number;
  invocations: number;
  throttles: number;
}

/** What is to run. */
interface SubmittedEvent {
  /** JSON. */
  readonly payload: string;
  readonly requestId: string;
  readonly traceHeader?: string | undefined;
}

/** The queue between an asynchronous invocation and the function. */
export interface AsyncInvocations {
  /** Accepts an event; it runs soon and its outcome goes to the configured destinations. */
  submit(target: ResolvedFunction, event: SubmittedEvent): void;
  /** Events accepted and not settled. */
  readonly pending: number;
  /** Nothing is run or retried any more. */
  close(): void;
}

/** What the queue is made of. */
export interface AsyncDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly store: FunctionStore;
  readonly executor: Executor;
  readonly destinations: DestinationSender;
}

/** After a function error the first retry comes after one minute, the second after two more (Lambda guide, "Error handling for async"). */
const RETRY_DELAYS_MS = [60_000, 120_000];

/** Throttles and system errors are retried from one second to five minutes, until the event is too old (same page). */
const MAX_BACKOFF_MS = 300_000;

/** Makes the queue. */
export function createAsyncInvocations({ clock, rng, store, executor, destinations }: AsyncDeps): AsyncInvocations {
  let pending = 0;
  const timers = new Set<Cancel>();
  let closed = false;

  function schedule(event: QueuedEvent, delayMs: number): void {
    // What runs while everything is closed ends as an error, which must not be retried.
    if (closed) return;
    const cancel = clock.after(delayMs, () => {
      timers.delete(cancel);
      void attempt(event);
    });
    timers.add(cancel);
  }

  async function attempt(event: QueuedEvent): Promise<void> {
    const target = find(event.functionArn);
    if (!target) {
      pending -= 1;
      return;
    }
    if (isTooOld(event, target)) {
      settle(event, target, { condition: 'EventAgeExceeded', result: undefined });
      return;
    }
    const { payload, requestId, traceHeader } = event;
    const result = await executor.invoke({ target, payload, requestId, traceHeader });
    if (result.kind === 'throttled') onThrottle(event);
    // A loop does not end by waiting (Lambda guide, recursive loop detection): dead-letter queue or on-failure destination at once.
    else if (result.kind === 'recursive') settle(event, target, { condition: 'RetriesExhausted', result });
    else onDone(event, target, result);
  }

  function isTooOld(event: QueuedEvent, target: ResolvedFunction): boolean {
    return clock.now() - event.acceptedAt > invokeConfigOf(target.entry, target.qualifier).maximumAgeMs;
  }

  function onThrottle(event: QueuedEvent): void {
    const base = Math.min(1_000 * 2 ** event.throttles, MAX_BACKOFF_MS);
    event.throttles += 1;
    schedule(event, Math.round(base * (1 + rng.next() * 0.2)));
  }

  function onDone(event: QueuedEvent, target: ResolvedFunction, result: Extract<InvocationResult, { kind: 'done' }>): void {
    event.invocations += 1;
    const { maximumRetries } = invokeConfigOf(target.entry, target.qualifier);
    if (result.execution.kind === 'result') settle(event, target, { condition: 'Success', result });
    else if (event.invocations > maximumRetries) settle(event, target, { condition: 'RetriesExhausted', result });
    else schedule(event, RETRY_DELAYS_MS[event.invocations - 1] ?? 120_000);
  }

  function settle(
    event: QueuedEvent,
    target: ResolvedFunction,
    end: { condition: 'Success' | 'RetriesExhausted' | 'EventAgeExceeded'; result: InvocationResult | undefined },
  ): void {
    pending -= 1;
    const { requestId, payload, invocations } = event;
    destinations.settle(target, { ...end, requestId, payload, invocations });
  }

  function find(functionArn: string): ResolvedFunction | undefined {
    try {
      return store.resolve(functionArn);
    } catch (error) {
      if (error instanceof AwsError) return undefined;
      throw error;
    }
  }

  return {
    submit(target, { payload, requestId, traceHeader }) {
      pending += 1;
      const acceptedAt = clock.now();
      schedule({ functionArn: target.arn, payload, requestId, traceHeader, acceptedAt, invocations: 0, throttles: 0 }, 0);
    },
    get pending() {
      return pending;
    },
    close() {
      closed = true;
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}
