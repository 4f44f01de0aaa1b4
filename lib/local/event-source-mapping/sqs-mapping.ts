import type { Cancel } from '../../core/clock.ts';
import { createBatchBuffer } from './batch-buffer.ts';
import { readBatchResponse } from './batch-response.ts';
import { compileFilterCriteria } from './filter-criteria.ts';
import { batchView, invokeBatch, type MappingRunner, type MappingTarget, type RunnerDeps, retryDelayMs } from './mapping-runner.ts';
import { createCounters } from './mapping-stats.ts';
import { concurrencyLimit, rampStepMs } from './poller-scaling.ts';
import { createQueueClient } from './queue-client.ts';
import { type ReceivedMessage, type SqsEventRecord, sqsEventRecord } from './sqs-event.ts';

/** The signal by which a queue tells that messages can be received. */
export interface QueueSignal {
  onAvailable(queueArn: string, listener: () => void): Cancel;
}

interface Delivery {
  readonly records: readonly SqsEventRecord[];
  readonly receivedAt: number;
  /** Invocations refused so far for lack of concurrency. */
  throttles: number;
}

/**
 * Polls one queue for one function (Lambda guide, "Using Lambda with Amazon SQS"). Nothing runs while the queue is empty: the
 * queue's signal wakes it. FIFO order needs little here: the queue keeps a group's messages back while one of them is in flight.
 */
export function runSqsMapping(deps: RunnerDeps & { readonly sqs: QueueSignal }, target: MappingTarget): MappingRunner {
  const { clock } = deps;
  const { config } = target;
  const counters = createCounters();
  const passes = compileFilterCriteria(config.filterCriteria);
  const queue = createQueueClient(deps, config);
  const buffer = createBatchBuffer<SqsEventRecord>(config.batchSize, deps.faults.batchSize);
  const timers = { wake: undefined as Cancel | undefined, window: undefined as Cancel | undefined, again: undefined as Cancel | undefined };
  let stopped = false;
  let windowOver = config.windowSeconds === 0;
  let busySince: number | undefined;
  let sourceErrors = 0;

  const arm = (name: keyof typeof timers, ms: number, action: () => void) => {
    if (stopped || timers[name]) return;
    timers[name] = clock.after(ms, () => {
      timers[name] = undefined;
      action();
    });
  };
  const wake = () => arm('wake', 0, pump);
  const limit = () => concurrencyLimit(config, deps.scaling, busySince === undefined ? 0 : clock.now() - busySince);

  function pump(): void {
    if (stopped) return;
    if (counters.inFlight === 0 && buffer.size === 0) busySince = undefined;
    let more = true;
    while (counters.inFlight < limit()) {
      const batch = buffer.take(windowOver);
      if (batch) start(batch);
      else if (more) more = receive();
      else break;
    }
    const step = counters.inFlight < limit() ? undefined : rampStepMs(config, deps.scaling, limit());
    if (step !== undefined) arm('again', step, pump);
  }

  /** Whether it is worth looking again: a queue that gives less than was asked for has no more, or signals when it has. */
  function receive(): boolean {
    const count = Math.min(10, buffer.room);
    const messages = poll(count);
    counters.received += messages.length;
    const refused: SqsEventRecord[] = [];
    for (const record of messages.map((message) => sqsEventRecord(message, config.eventSourceArn))) {
      const bytes = Buffer.byteLength(JSON.stringify(record));
      // A second batch of one receive would run beside the first and break the order of a group: what is left comes back by itself.
      if (config.source === 'sqs-fifo' && !buffer.fits(bytes)) break;
      if (passes(record)) buffer.add(record, bytes);
      else refused.push(record);
    }
    counters.filtered += refused.length;
    // A message that no filter wants is deleted, not left (Lambda guide, "Using event filtering with an Amazon SQS event source").
    if (refused.length > 0) remove(refused);
    if (buffer.size > 0 && config.windowSeconds > 0) arm('window', config.windowSeconds * 1_000, closeWindow);
    return messages.length === count;
  }

  function closeWindow(): void {
    windowOver = true;
    pump();
  }

  function poll(count: number): readonly ReceivedMessage[] {
    try {
      const messages = queue.receive(count);
      if (sourceErrors > 0) recover();
      return messages;
    } catch (error) {
      sourceErrors += 1;
      target.onProblem(`PROBLEM: ${(error as Error).message}`);
      arm('again', retryDelayMs(deps.rng, sourceErrors), pump);
      return [];
    }
  }

  /** The queue may be another one of the same name, made after the first was deleted: its signal must be asked for again. */
  function recover(): void {
    sourceErrors = 0;
    target.onProblem(null);
    cancelSignal();
    cancelSignal = deps.sqs.onAvailable(config.eventSourceArn, wake);
  }

  function start(records: readonly SqsEventRecord[]): void {
    busySince ??= clock.now();
    if (config.windowSeconds > 0) {
      windowOver = false;
      timers.window?.();
      timers.window = undefined;
      if (buffer.size > 0) arm('window', config.windowSeconds * 1_000, closeWindow);
    }
    const fault = deps.faults.beforeInvoke?.(viewOf(records));
    if (fault?.kind === 'skip') return;
    const copies = fault?.kind === 'duplicate' ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const delivery: Delivery = { records, receivedAt: clock.now(), throttles: 0 };
      counters.inFlight += 1;
      if (fault?.kind === 'delay') clock.after(fault.ms, () => deliver(delivery));
      else deliver(delivery);
    }
  }

  function deliver(delivery: Delivery): void {
    void invokeBatch(deps, config.functionArn, delivery.records).then((outcome) => {
      if (outcome.kind === 'throttled') {
        onThrottle(delivery);
        return;
      }
      counters.invocations += 1;
      settle(delivery.records, outcome.kind === 'result' ? outcome.payload : undefined, outcome.kind === 'result');
      release();
    });
  }

  /** Retried until the messages become visible again, then given up (Lambda guide, "Backoff strategy for failed invocations"). */
  function onThrottle(delivery: Delivery): void {
    counters.throttled += 1;
    delivery.throttles += 1;
    const delay = retryDelayMs(deps.rng, delivery.throttles);
    if (clock.now() + delay < delivery.receivedAt + queue.visibilityMs()) {
      clock.after(delay, () => deliver(delivery));
      return;
    }
    counters.dropped += delivery.records.length;
    release();
  }

  function settle(records: readonly SqsEventRecord[], payload: unknown, succeeded: boolean): void {
    if (deps.faults.afterInvoke?.(viewOf(records))?.kind === 'lose-response') return;
    const done = succeeded ? successesOf(records, payload) : [];
    counters.failed += records.length - done.length;
    if (done.length > 0) counters.deleted += remove(done);
  }

  function successesOf(records: readonly SqsEventRecord[], payload: unknown): readonly SqsEventRecord[] {
    if (!config.reportsItemFailures) return records;
    const verdict = readBatchResponse(payload, new Set(records.map((record) => record.messageId)));
    if (verdict.kind === 'failure') return [];
    return verdict.kind === 'success' ? records : records.filter((record) => !verdict.failed.has(record.messageId));
  }

  function remove(records: readonly SqsEventRecord[]): number {
    try {
      return queue.remove(records.map((record) => record.receiptHandle));
    } catch (error) {
      target.onProblem(`PROBLEM: ${(error as Error).message}`);
      return 0;
    }
  }

  function release(): void {
    counters.inFlight -= 1;
    wake();
  }

  const viewOf = (records: readonly SqsEventRecord[]) =>
    batchView(
      target,
      records.map((record) => record.messageId),
      records,
    );
  let cancelSignal = deps.sqs.onAvailable(config.eventSourceArn, wake);
  wake();
  return {
    stop() {
      stopped = true;
      cancelSignal();
      for (const cancel of Object.values(timers)) cancel?.();
    },
    stats: () => ({ ...counters, iteratorAgeMs: undefined }),
  };
}
