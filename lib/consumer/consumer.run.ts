import { sleep } from '../core/clock.ts';
import { charged, isExhausted, NO_ATTEMPTS } from '../retry/attempts.ts';
import type { UnitOutcome } from '../unit-of-work/outcome.ts';
import type { Batch, RunState } from './consumer.batch-state.ts';
import { paused, quietly } from './consumer.coming-back.ts';
import { CONSUMER_METRICS } from './consumer.contract.ts';
import { InboxUnreachableError } from './consumer.errors.ts';
import { isFifo } from './consumer.event.ts';
import { failed, release } from './consumer.failure.ts';
import { isLeased, runsOnce } from './consumer.lease.ts';
import { failedOnce, giveBack, uncommittedOnce } from './consumer.once.ts';
import { type Anew, DEFERRED, type Outcome } from './consumer.outcome.ts';
import { exhausted, park } from './consumer.parking.ts';
import type { Delivery } from './consumer.reading.ts';
import { isLastReceive, nearsLastReceive, receivesExhausted } from './consumer.receives.ts';
import { retentionOver } from './consumer.retention.ts';
import type { HandlerContext } from './consumer.routes.ts';
import { standingOutcome } from './consumer.standing.ts';
import { commitRequestOf, openUnit } from './consumer.unit.ts';
import { waitOver } from './consumer.waiting.ts';

/** Takes one record from its reading to its outcome. Never throws for what belongs to the record. */
export async function handleDelivery(batch: Batch, delivery: Delivery): Promise<Outcome> {
  const { reading } = delivery;
  if (reading.kind === 'ignore') return { kind: 'ignored' };
  if (reading.kind === 'park') return park(batch, delivery, { reason: reading.reason, error: reading.error, attempts: [] });
  const run: RunState = {
    delivery,
    reading,
    handled: batch.handledOf(reading),
    attempts: NO_ATTEMPTS,
    begun: false,
    turn: 0,
    phase: 'beginning',
  };

  // 1. What is known from this batch and from the inbox.
  const standing = batch.standing(run);
  if (standing.kind !== 'open') return standingOutcome(batch, run, standing);
  const known = batch.attemptsOf(reading.message.id);
  const refusal = await waitOver(batch, { ...run, attempts: known });
  if (refusal) return refusal;
  const spent = delivery.seen && isExhausted(known, batch.ports.settings);
  if (spent && batch.exhausts(delivery)) return exhausted(batch, { ...run, attempts: known });
  if (nearsLastReceive(batch, delivery) && charged(known) > 0) return receivesExhausted(batch, delivery, { attempts: known });
  const over = await retentionOver(batch, delivery, known);
  if (over) return over;
  if (spent) reportBlocked(batch, run);

  // 2. The run itself. A unit that may share a transaction leaves its slot before it commits.
  let outcome = await oneTurn(batch, run);
  while (outcome.kind === 'anew') outcome = await anotherTurn(batch, run);

  // 3. The books: a run that came to an end must not look like a crash. About one that outlived the deadline it was decided there.
  if (outcome.kind !== 'again' || batch.deadline.signal.aborted) return outcome;
  await enterEnd(batch, run);
  const leaves = isLastReceive(batch, delivery) && (outcome.because === 'failed' || outcome.because === 'busy');
  return leaves ? receivesExhausted(batch, delivery, run) : outcome;
}

/** Before the run: one that hangs or takes the process with it says nothing afterwards. */
function reportBlocked({ ports }: Batch, run: RunState): void {
  run.blocks = true;
  ports.metrics.add(CONSUMER_METRICS.blocked, 1, { dimensions: { consumer: ports.settings.name } });
}

/** Enters that a run ended without being charged, unless its end is entered already. */
export async function enterEnd(batch: Batch, run: RunState): Promise<void> {
  if (run.begun === false || run.ended) return;
  run.ended = true;
  const end = { begun: run.begun, history: run.attempts.history };
  const until = { until: batch.deadline.respondAt };
  await quietly(batch, run.delivery, () => batch.ports.inbox.end({ ...run.handled, run: run.handled.token }, end, until));
}

async function oneTurn(batch: Batch, run: RunState): Promise<Outcome | Anew> {
  const ended = await batch.slots.run(() => runInSlot(batch, run));
  return 'outcome' in ended ? ended.outcome : concluded(batch, run, await ended.commit);
}

/** Between the turns of one run: long enough to let a race be over, short against any visibility timeout. */
const TURN_DELAY_MS = 100;

async function anotherTurn(batch: Batch, run: RunState): Promise<Outcome | Anew> {
  const { clock, rng } = batch.ports;
  run.turn += 1;
  await Promise.race([sleep(clock, Math.floor(rng.next() * (TURN_DELAY_MS + 1))), batch.deadline.aborted]);
  const turn = batch.deadline.mayStart() ? await oneTurn(batch, run) : DEFERRED;
  // It was promised another turn, and there is none: nothing more will end its lease.
  if (turn.kind === 'again' && (turn.because === 'deferred' || turn.because === 'paused')) await release(batch, run);
  return turn;
}

/** What is only promised is written after the slot is left. */
type Ended = { readonly outcome: Outcome | Anew | Promise<Outcome | Anew> } | { readonly commit: UnitOutcome | Promise<UnitOutcome> };

async function runInSlot(batch: Batch, run: RunState): Promise<Ended> {
  if (!batch.deadline.mayStart()) return { outcome: DEFERRED };
  const wait = paused(batch);
  if (wait) return { outcome: wait };
  const refusal = run.turn > 0 ? undefined : await begin(batch, run);
  if (refusal) return { outcome: refusal };
  const { ports, deadline } = batch;
  const unit = openUnit(batch, run);
  try {
    run.phase = 'handling';
    run.startedAt = ports.clock.now();
    await run.reading.route.handle(run.reading.message, { ...contextOf(batch, run), idempotencyKey: unit.unitId, unit });
  } catch (error) {
    run.phase = 'ending';
    unit.seal();
    // Decided here, written outside: a failure keeps no neighbour from a slot or from its commit.
    return { outcome: (runsOnce(batch) ? failedOnce : failed)(batch, run, error) };
  }
  run.phase = 'ending';
  const request = commitRequestOf(batch, run, unit);
  // What has been reported as unfinished must not commit behind the report's back.
  if (deadline.signal.aborted) return { outcome: DEFERRED };
  if (batch.packer && mayPack(batch, run)) return { commit: batch.packer.submit(request) };
  return { commit: await ports.committer.commit(request) };
}

/** Takes the lease and enters the run in the books; an outcome when it must not run. */
async function begin(batch: Batch, run: RunState): Promise<Outcome | Anew | undefined> {
  const { ports, deadline } = batch;
  const { delivery, handled } = run;
  const until = { until: deadline.abortAt };
  batch.running.set(delivery.index, run);
  try {
    if (isLeased(batch, run)) {
      const leaseMs = deadline.endAt - ports.clock.now() + LEASE_MARGIN_MS;
      const claim = await ports.inbox.claim(handled, leaseMs, { ...until, once: runsOnce(batch) });
      if (claim.kind !== 'mine') return standingOutcome(batch, run, claim);
      run.leaseUntil = claim.until;
    }
    // One that runs once at most needs no books: its marker says that it began.
    if (delivery.seen && !runsOnce(batch)) {
      // If its answer is lost it is in the books all the same.
      run.begun = 'perhaps';
      run.attempts = await ports.inbox.begin({ ...handled, run: handled.token }, until);
      run.begun = true;
    }
  } catch (error) {
    if (runsOnce(batch)) await giveBack(batch, run);
    return failed(batch, run, new InboxUnreachableError({ cause: error }));
  }
  if (!deadline.signal.aborted) return undefined;
  if (runsOnce(batch)) await giveBack(batch, run);
  return DEFERRED;
}

/** Added to a lease beyond the end of its function, for clocks that differ: time only decides when to look again, ownership decides who completes. */
const LEASE_MARGIN_MS = 5_000;

function contextOf(batch: Batch, { delivery, handled, attempts, begun }: RunState): Omit<HandlerContext, 'unit' | 'idempotencyKey'> {
  return {
    signal: batch.deadline.signal,
    log: batch.logOf(delivery),
    // The books already hold this run's own beginning.
    attempt: begun === true ? charged(attempts) : 1,
    consumer: handled.consumer,
    receiveCount: delivery.receiveCount,
  };
}

/** Only what is fresh shares: a message that came back may be the one that spoils every pack it is in. */
function mayPack(batch: Batch, run: RunState): boolean {
  return !run.delivery.seen && run.turn === 0 && !isLeased(batch, run) && !isFifo(run.delivery.record);
}

async function concluded(batch: Batch, run: RunState, outcome: UnitOutcome): Promise<Outcome | Anew> {
  if (outcome.status !== 'committed' && runsOnce(batch)) return uncommittedOnce(batch, run, outcome);
  if (outcome.status === 'guardFailed') return standingOutcome(batch, run, batch.ports.inbox.standing(outcome.existing, run.handled));
  if (outcome.status !== 'committed') return failed(batch, run, outcome.error);
  const { message, fingerprint } = run.reading;
  batch.settled.set(message.id, fingerprint);
  const latency = batch.ports.clock.now() - Date.parse(message.time);
  batch.ports.metrics.add(CONSUMER_METRICS.latency, Math.max(0, latency), {
    unit: 'Milliseconds',
    dimensions: { consumer: run.handled.consumer },
  });
  return { kind: 'done' };
}
