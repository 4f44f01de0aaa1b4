import { isExhausted } from '../retry/attempts.ts';
import { codeOf } from '../retry/classify.ts';
import { BUSY_RETRY } from '../retry/policy.ts';
import { delayOf } from '../retry/policy-delay.ts';
import type { Batch, Known, RunState } from './consumer.batch-state.ts';
import { startBatch } from './consumer.batch-state.ts';
import { busy, paused } from './consumer.coming-back.ts';
import { logOutcomes, reportMetrics } from './consumer.counts.ts';
import { deadlinesOf, startDeadline } from './consumer.deadline.ts';
import type { QueueRecord, QueueResponse } from './consumer.event.ts';
import { type Lane, lanesOf, needsLook, planLanes } from './consumer.lanes.ts';
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
  const batch = startBatch(ports, deadline);
  try {
    await Promise.race([work(batch, deliveries, outcomes), deadline.aborted]);
    const ends = deliveries.map((delivery) => outcomes.get(delivery.index) ?? cutOff(batch, delivery));
    await deadline.bounded(finish(batch, deliveries, ends));
    reportMetrics(ports, ends);
    logOutcomes(batch, deliveries, ends);
    return {
      batchItemFailures: records
        .filter((_, index) => ends[index]?.kind === 'again')
        .map((record) => ({ itemIdentifier: record.messageId })),
    };
  } finally {
    deadline.stop();
  }
}

async function work(batch: Batch, deliveries: readonly Delivery[], outcomes: Outcomes): Promise<void> {
  const runAll = (lanes: readonly Lane[]) => Promise.all(lanes.map((lane) => runLane(batch, lane, outcomes)));
  const { fresh, returning } = lanesOf(deliveries);

  // 1. What is fresh waits for nobody; meanwhile one read says what the inbox knows of the messages that were handed out before.
  const freshDone = runAll(fresh);
  batch.learn(await look(batch, deliveries));

  // 2. Of these the calm lanes together, then each suspect on its own.
  const lanes = planLanes(returning, batch.attemptsOf);
  await Promise.all([freshDone, runAll(lanes.calm)]);
  for (const lane of lanes.suspects) await runLane(batch, lane, outcomes);
}

async function look({ ports, deadline }: Batch, deliveries: readonly Delivery[]): Promise<Known | undefined> {
  const ids = deliveries.filter(needsLook).flatMap(({ reading }) => (reading.message ? [reading.message.id] : []));
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
  const unknown = deliveries.some(needsLook) && !batch.looked();
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
function cutOff(batch: Batch, { index, receiveCount }: Delivery): Outcome {
  const { clock, rng, settings } = batch.ports;
  const run = batch.running.get(index);
  // Where the inbox did not answer in all the time there was, whoever comes back at once spends receives on more of the same.
  if (!run) return batch.looked() ? DEFERRED : { ...DEFERRED, delayMs: delayOf(BUSY_RETRY, receiveCount, rng) };
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

async function finish(batch: Batch, deliveries: readonly Delivery[], ends: readonly Outcome[]): Promise<void> {
  const back = deliveries.flatMap((delivery) => {
    const end = ends[delivery.index];
    return end?.kind === 'again' ? [{ delivery, delayMs: end.delayMs, because: end.because }] : [];
  });
  const innocent = ends.flatMap((end, index) => {
    const run = end.kind === 'again' && end.because === 'cut' ? batch.running.get(index) : undefined;
    // The end of a run that had its time stays out of the books: it counts as a crash does, and makes the message a suspect.
    return run && !hadItsTime(batch, run) ? [enterEnd(batch, run)] : [];
  });
  await Promise.all([batch.returns.settle(back), ...innocent]);
}
