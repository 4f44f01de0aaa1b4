import { isExhausted } from '../retry/attempts.ts';
import { codeOf } from '../retry/classify.ts';
import { BUSY_RETRY } from '../retry/policy.ts';
import { delayOf } from '../retry/policy-delay.ts';
import type { Batch, Known, RunState } from './consumer.batch-state.ts';
import { startBatch } from './consumer.batch-state.ts';
import { busy, paused } from './consumer.coming-back.ts';
import { logOutcomes, reportMetrics } from './consumer.counts.ts';
import { type Deadline, deadlinesOf, startDeadline } from './consumer.deadline.ts';
import type { QueueRecord, QueueResponse } from './consumer.event.ts';
import { type Lane, planLanes } from './consumer.lanes.ts';
import { type Again, DEFERRED, type Outcome } from './consumer.outcome.ts';
import type { ConsumerPorts } from './consumer.ports.ts';
import { type Delivery, maxAgeMs, readRecord } from './consumer.reading.ts';
import { enterEnd, handleDelivery } from './consumer.run.ts';
import { errorText } from './error-text.ts';

/** What became of each record, by its place in the batch; filled while the batch runs. */
type Outcomes = Map<number, Outcome>;

/**
 * Handles one batch. Each record stands for itself: what it holds never throws, and the answer lists exactly the records that come back.
 * It returns before `remainingMs` are over, whatever the handlers or AWS do.
 */
export async function consumeBatch(records: readonly QueueRecord[], ports: ConsumerPorts, remainingMs: number): Promise<QueueResponse> {
  const now = ports.clock.now();
  const deadline = startDeadline(ports.clock, deadlinesOf(now, remainingMs, ports.settings.reserveMs));
  const reading = { router: ports.router, now, maxAgeMs: maxAgeMs(ports.inbox.retentionMs) };
  const deliveries = records.map((record, index) => readRecord(record, index, reading));
  const outcomes: Outcomes = new Map();
  const scene: { batch?: Batch } = {};
  try {
    await Promise.race([work(deliveries, { ports, deadline, outcomes, scene }), deadline.aborted]);
    const ends = deliveries.map((delivery) => outcomes.get(delivery.index) ?? cutOff(delivery, scene.batch, ports));
    await deadline.bounded(finish(deliveries, ends, { ports, batch: scene.batch }));
    reportMetrics(ports, ends);
    if (scene.batch) logOutcomes(scene.batch, deliveries, ends);
    return {
      batchItemFailures: records
        .filter((_, index) => ends[index]?.kind === 'again')
        .map((record) => ({ itemIdentifier: record.messageId })),
    };
  } finally {
    deadline.stop();
  }
}

interface Work {
  readonly ports: ConsumerPorts;
  readonly deadline: Deadline;
  readonly outcomes: Outcomes;
  readonly scene: { batch?: Batch };
}

async function work(deliveries: readonly Delivery[], { ports, deadline, outcomes, scene }: Work): Promise<void> {
  // 1. What the inbox knows of the messages that were handed out before: one read.
  const known = await look(deliveries, ports, deadline);
  const batch = startBatch(ports, deadline, known);
  scene.batch = batch;

  // 2. The calm lanes together, then each suspect on its own.
  const lanes = planLanes(deliveries, batch.attemptsOf);
  await Promise.all(lanes.calm.map((lane) => runLane(batch, lane, outcomes)));
  for (const lane of lanes.suspects) await runLane(batch, lane, outcomes);
}

function needsLook({ seen, reading }: Delivery): boolean {
  return seen && reading.kind === 'run';
}

async function look(deliveries: readonly Delivery[], ports: ConsumerPorts, deadline: Deadline): Promise<Known | undefined> {
  const ids = deliveries.flatMap(({ reading, seen }) => (reading.kind === 'run' && seen ? [reading.message.id] : []));
  if (ids.length === 0 || !deadline.mayStart()) return new Map();
  try {
    return await ports.inbox.look(ports.settings.name, ids, { until: deadline.startUntil });
  } catch (error) {
    ports.log.warn('inbox not reached; messages that were received before come back', {
      consumer: ports.settings.name,
      code: codeOf(error),
      error: errorText(error),
    });
    return undefined;
  }
}

async function runLane(batch: Batch, { fifo, deliveries }: Lane, outcomes: Outcomes): Promise<void> {
  // Without the inbox nothing is known of one of them: those behind it must not overtake it, nor those before it be given up on.
  const unknown = !batch.looked && deliveries.some(needsLook);
  let stop: Again | undefined;
  for (const delivery of deliveries) {
    const outcome: Outcome = stop ?? (unknown ? busy(batch, delivery) : await outcomeFor(batch, delivery));
    outcomes.set(delivery.index, outcome);
    // A group stops at its first failure, or the next message would be applied before it. Its followers return at once: while the
    // head is invisible, SQS hands out none of the group (SQS FIFO "Delivery logic"). A copy of a failed message waits like the original.
    if (outcome.kind === 'scheduled') stop ??= DEFERRED;
    if (outcome.kind === 'again') stop ??= { ...DEFERRED, delayMs: fifo ? 0 : outcome.delayMs };
  }
}

/** The last net: a mistake in our own code costs one record a delay, not the batch its response. */
async function outcomeFor(batch: Batch, delivery: Delivery): Promise<Outcome> {
  if (!batch.deadline.mayStart()) return DEFERRED;
  const wait = paused(batch);
  if (wait) return wait;
  try {
    return await handleDelivery(batch, delivery);
  } catch (error) {
    batch.logOf(delivery).error('record not handled', { code: codeOf(error), error: errorText(error) });
    return busy(batch, delivery);
  }
}

/** For records without an outcome at the deadline. */
function cutOff({ index, receiveCount }: Delivery, batch: Batch | undefined, { clock, rng, settings }: ConsumerPorts): Outcome {
  // The inbox did not answer in all the time there was: whoever comes back at once spends receives on more of the same.
  if (!batch) return { ...DEFERRED, delayMs: delayOf(BUSY_RETRY, receiveCount, rng) };
  const run = batch.running.get(index);
  if (!run) return DEFERRED;
  // Its handler may still be running somewhere: nobody else gets in before the lease ends.
  const leasedMs = run.leaseUntil === undefined ? 0 : Math.max(1, run.leaseUntil - clock.now());
  const again = (delayMs: number): Again => ({ kind: 'again', because: 'cut', delayMs: Math.max(leasedMs, delayMs) });
  // AWS or its neighbours took the time, not its handler; at once they would take as long again.
  if (!hadItsTime(batch, run)) return again(delayOf(BUSY_RETRY, receiveCount, rng));
  const blocks = run.begun === true && !run.blocks && !batch.exhausts(run.delivery) && isExhausted(run.attempts, settings);
  return { ...again(delayOf(settings.retry, receiveCount, rng)), ...(blocks && { blocks }) };
}

/** A handler that had half of the invocation and was still not done is slow itself; one that was begun late is not. */
function hadItsTime({ deadline }: Batch, { phase, startedAt = deadline.abortAt }: RunState): boolean {
  return phase === 'handling' && deadline.abortAt - startedAt >= (deadline.abortAt - deadline.begunAt) / 2;
}

interface Finish {
  readonly ports: ConsumerPorts;
  readonly batch: Batch | undefined;
}

async function finish(deliveries: readonly Delivery[], ends: readonly Outcome[], { ports, batch }: Finish): Promise<void> {
  const back = deliveries.flatMap(({ record, index }) => {
    const end = ends[index];
    return end?.kind === 'again' ? [{ receiptHandle: record.receiptHandle, delayMs: end.delayMs }] : [];
  });
  const innocent = ends.flatMap((end, index) => {
    const run = end.kind === 'again' && end.because === 'cut' ? batch?.running.get(index) : undefined;
    // The end of a run that had its time stays out of the books: it counts as a crash does, and makes the message a suspect.
    return batch && run && !hadItsTime(batch, run) ? [enterEnd(batch, run)] : [];
  });
  await Promise.all([back.length > 0 ? ports.visibility.change(back) : undefined, ...innocent]);
}
