import type { Cancel } from '../../core/clock.ts';
import type { InvokeOutcome } from '../lambda/invoker.ts';
import { createBatchBuffer } from './batch-buffer.ts';
import { readBatchResponse } from './batch-response.ts';
import { batchView, invokeBatch, type MappingTarget, type RunnerDeps, retryDelayMs } from './mapping-runner.ts';
import type { MappingCounters } from './mapping-stats.ts';
import type { StreamRecord } from './stream-event.ts';
import { type Discard, reportDiscard } from './stream-failure.ts';

/** A stream keeps a record for a day (DynamoDB guide, "Change data capture for DynamoDB Streams"). */
const RETENTION_MS = 24 * 60 * 60 * 1_000;

/** What a lane needs besides the mapping: where it belongs and whom to tell. */
export interface LaneOptions {
  readonly deps: RunnerDeps;
  readonly target: MappingTarget;
  readonly shardId: string;
  readonly counters: MappingCounters;
  /** Called when records left the lane. */
  readonly onProgress: () => void;
}

/** One sequence of batches in order: a shard, or one of the parts that the parallelization factor splits it into. */
export interface StreamLane {
  add(record: StreamRecord): void;
  /** Starts what can start. */
  pump(): void;
  stop(): void;
  /** Records taken and not yet passed. */
  readonly size: number;
  readonly oldest: StreamRecord | undefined;
}

interface Work {
  records: readonly StreamRecord[];
  /** Failed invocations that count against the retry quota. */
  failures: number;
  /** Consecutive tries without an answer from the function: throttles and lost deliveries. */
  setbacks: number;
  invocations: number;
  functionError: boolean;
  /** Delivered once more after success. */
  repeated: boolean;
}

/**
 * Runs batches one after the other, with retries, bisecting and checkpoints (Lambda guide, "Process DynamoDB records with Lambda" and
 * "Configuring partial batch response with DynamoDB and Lambda").
 */
export function createStreamLane({ deps, target, shardId, counters, onProgress }: LaneOptions): StreamLane {
  const { clock } = deps;
  const { config } = target;
  const buffer = createBatchBuffer<StreamRecord>(config.batchSize, deps.faults.batchSize);
  const queue: Work[] = [];
  const unpassed: StreamRecord[] = [];
  let busy = false;
  let stopped = false;
  let windowOver = config.windowSeconds === 0;
  let cancelWindow: Cancel | undefined;

  function pump(): void {
    if (busy || stopped) return;
    if (queue.length === 0) {
      const records = buffer.take(windowOver);
      if (!records) {
        armWindow();
        return;
      }
      windowOver = config.windowSeconds === 0;
      cancelWindow?.();
      cancelWindow = undefined;
      queue.push(newWork(records));
    }
    const work = queue[0];
    if (!work) return;
    busy = true;
    dropTooOld(work);
    if (work.records.length === 0) finish();
    else attempt(work);
  }

  function armWindow(): void {
    if (buffer.size === 0 || cancelWindow) return;
    cancelWindow = clock.after(config.windowSeconds * 1_000, () => {
      cancelWindow = undefined;
      windowOver = true;
      pump();
    });
  }

  /** Records are in the order of their creation, so those too old are a prefix. */
  function dropTooOld(work: Work): void {
    const age = (record: StreamRecord) => clock.now() - record.createdMs;
    const limitMs = config.maximumRecordAgeSeconds < 0 ? Number.POSITIVE_INFINITY : config.maximumRecordAgeSeconds * 1_000;
    const tooOld = countPrefix(work.records, (record) => age(record) > limitMs);
    if (tooOld > 0) discard(work, work.records.slice(0, tooOld), 'RecordAgeExceeded');
    const trimmed = countPrefix(work.records, (record) => age(record) > RETENTION_MS);
    counters.dropped += trimmed;
    pass(work, trimmed);
  }

  function attempt(work: Work): void {
    const fault = deps.faults.beforeInvoke?.(viewOf(work));
    if (fault?.kind === 'skip') {
      again(work);
      return;
    }
    if (fault?.kind === 'duplicate') work.repeated = true;
    if (fault?.kind === 'delay') clock.after(fault.ms, () => run(work));
    else run(work);
  }

  function run(work: Work): void {
    counters.inFlight += 1;
    const events = work.records.map((record) => record.event);
    void invokeBatch(deps, config.functionArn, events).then((outcome) => {
      counters.inFlight -= 1;
      onOutcome(work, outcome);
    });
  }

  function onOutcome(work: Work, outcome: InvokeOutcome): void {
    if (outcome.kind === 'throttled') {
      counters.throttled += 1;
      again(work);
      return;
    }
    counters.invocations += 1;
    work.invocations += 1;
    if (deps.faults.afterInvoke?.(viewOf(work))?.kind === 'lose-response') {
      again(work);
      return;
    }
    work.setbacks = 0;
    work.functionError = outcome.kind === 'error';
    const passed = outcome.kind === 'result' ? checkpoint(work, outcome.payload) : 0;
    if (passed === work.records.length) {
      onSuccess(work);
      return;
    }
    counters.failed += work.records.length - passed;
    counters.deleted += passed;
    pass(work, passed);
    onFailure(work, passed > 0);
  }

  /** How many records from the front succeeded: up to the lowest failing sequence number. */
  function checkpoint(work: Work, payload: unknown): number {
    if (!config.reportsItemFailures) return work.records.length;
    const verdict = readBatchResponse(payload, new Set(work.records.map((record) => record.sequenceNumber)));
    if (verdict.kind === 'success') return work.records.length;
    return verdict.kind === 'failure' ? 0 : work.records.findIndex((record) => verdict.failed.has(record.sequenceNumber));
  }

  function onSuccess(work: Work): void {
    if (work.repeated) {
      work.repeated = false;
      run(work);
      return;
    }
    counters.deleted += work.records.length;
    pass(work, work.records.length);
    finish();
  }

  function onFailure(work: Work, split: boolean): void {
    // A batch cut at the reported record, or in halves, has used nothing of its retry quota.
    if (config.bisectBatchOnFunctionError && (split || work.records.length > 1)) {
      if (!split) bisect(work);
      finish();
      return;
    }
    work.failures += 1;
    if (config.maximumRetryAttempts >= 0 && work.failures > config.maximumRetryAttempts) {
      discard(work, work.records, 'RetryAttemptsExhausted');
      finish();
      return;
    }
    retryAfter(retryDelayMs(deps.rng, work.failures));
  }

  function bisect(work: Work): void {
    const middle = Math.ceil(work.records.length / 2);
    const halves = [work.records.slice(0, middle), work.records.slice(middle)].map((records) => ({ ...work, records }));
    queue.splice(0, 1, ...halves);
  }

  function again(work: Work): void {
    work.setbacks += 1;
    retryAfter(retryDelayMs(deps.rng, work.setbacks));
  }

  function retryAfter(ms: number): void {
    clock.after(ms, () => {
      busy = false;
      pump();
    });
  }

  function finish(): void {
    if (queue[0]?.records.length === 0) queue.shift();
    busy = false;
    onProgress();
    pump();
  }

  function discard(work: Work, records: readonly StreamRecord[], condition: Discard['condition']): void {
    counters.dropped += records.length;
    const invocation = { invokeCount: work.invocations, functionError: work.functionError };
    const problem = reportDiscard(deps, target, { shardId, records, condition, ...invocation });
    if (problem !== null) target.onProblem(problem);
    pass(work, records.length);
  }

  function pass(work: Work, count: number): void {
    work.records = work.records.slice(count);
    unpassed.splice(0, count);
  }

  const viewOf = (work: Work) =>
    batchView(
      target,
      work.records.map((record) => record.sequenceNumber),
      work.records.map((record) => record.event),
    );

  return {
    add(record) {
      unpassed.push(record);
      buffer.add(record, Buffer.byteLength(JSON.stringify(record.event)));
    },
    pump,
    stop() {
      stopped = true;
      cancelWindow?.();
    },
    get size() {
      return unpassed.length;
    },
    get oldest() {
      return unpassed[0];
    },
  };
}

function newWork(records: readonly StreamRecord[]): Work {
  return { records, failures: 0, setbacks: 0, invocations: 0, functionError: false, repeated: false };
}

function countPrefix<T>(items: readonly T[], holds: (item: T) => boolean): number {
  const end = items.findIndex((item) => !holds(item));
  return end === -1 ? items.length : end;
}
