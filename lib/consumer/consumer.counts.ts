import type { Batch } from './consumer.batch-state.ts';
import { CONSUMER_METRICS, MESSAGE_OUTCOME } from './consumer.contract.ts';
import type { Outcome } from './consumer.outcome.ts';
import type { ConsumerPorts } from './consumer.ports.ts';
import type { Delivery } from './consumer.reading.ts';

const METRIC_OF = {
  done: CONSUMER_METRICS.processed,
  duplicate: CONSUMER_METRICS.duplicates,
  ignored: CONSUMER_METRICS.ignored,
  parked: CONSUMER_METRICS.deadLettered,
  aside: CONSUMER_METRICS.setAside,
  discarded: CONSUMER_METRICS.discarded,
  failed: CONSUMER_METRICS.retried,
  busy: CONSUMER_METRICS.deferred,
  leased: CONSUMER_METRICS.deferred,
  cut: CONSUMER_METRICS.deferred,
  deferred: CONSUMER_METRICS.deferred,
  paused: CONSUMER_METRICS.deferred,
  waiting: CONSUMER_METRICS.deferred,
  scheduled: CONSUMER_METRICS.retried,
} as const;

/** Counts what became of a batch, one metric per kind of end; what did not occur is not reported. */
export function reportMetrics({ metrics, settings }: ConsumerPorts, outcomes: readonly Outcome[]): void {
  const counts = new Map<string, number>();
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const outcome of outcomes) {
    count(METRIC_OF[outcome.kind === 'again' ? outcome.because : outcome.kind]);
    if (outcome.kind === 'again' && outcome.blocks) count(CONSUMER_METRICS.blocked);
  }
  for (const [name, value] of counts) metrics.add(name, value, { dimensions: { consumer: settings.name } });
}

/** One line a message, for whoever watches (`posthaste tail`): where the logger's level is above DEBUG it costs nothing that shows. */
export function logOutcomes(batch: Batch, deliveries: readonly Delivery[], outcomes: readonly Outcome[]): void {
  for (const [place, delivery] of deliveries.entries()) {
    const end = outcomes[place];
    if (end === undefined) continue;
    const fields = end.kind === 'again' ? { outcome: end.because, delayMs: end.delayMs } : { outcome: end.kind };
    batch.logOf(delivery).debug(MESSAGE_OUTCOME, fields);
  }
}
