import { CONSUMER_METRICS } from '../../consumer/consumer.contract.ts';
import { INDEXER_METRICS } from '../../dlq/dlq.contract.ts';
import { OUTBOX_METRICS } from '../../outbox/outbox.contract.ts';
import { printable } from '../operator/printable.ts';
import type { Terminal } from '../terminal.ts';
import type { TailEvent } from './read-line.ts';

/** What metrics are called where there is room for a word. */
const WORDS: Readonly<Record<string, string>> = {
  [CONSUMER_METRICS.processed]: 'processed',
  [CONSUMER_METRICS.duplicates]: 'duplicate',
  [CONSUMER_METRICS.retried]: 'retried',
  [CONSUMER_METRICS.deadLettered]: 'dead-lettered',
  [CONSUMER_METRICS.setAside]: 'set aside by a rule',
  [CONSUMER_METRICS.discarded]: 'discarded by a rule',
  [CONSUMER_METRICS.lost]: 'perhaps lost',
  [CONSUMER_METRICS.paused]: 'paused',
  [CONSUMER_METRICS.deferred]: 'deferred',
  [CONSUMER_METRICS.ignored]: 'ignored',
  [CONSUMER_METRICS.blocked]: 'blocked',
  [OUTBOX_METRICS.published]: 'published',
  [OUTBOX_METRICS.parked]: 'parked',
  [OUTBOX_METRICS.publishFailed]: 'not published yet',
  [OUTBOX_METRICS.pending]: 'overdue',
  [OUTBOX_METRICS.swept]: 'published by a sweep',
  [INDEXER_METRICS.indexed]: 'kept as open',
  [INDEXER_METRICS.parked]: 'kept as parked',
  [INDEXER_METRICS.unkept]: 'not kept yet',
};

/** Outcomes that cost nobody a thought. */
const CALM: readonly string[] = ['done', 'duplicate', 'ignored'];

/** An event as a line: when, who, what, about which message. */
export function eventLine(event: TailEvent, terminal: Terminal): string {
  const { at, from, outcome, counts, level } = event;
  const start = `${terminal.dim(new Date(at).toISOString().slice(11, 23))}  ${printable(from, 48)}`;
  if (counts !== undefined) return [`${start}  ${countsText(counts)}`, ...ofConsumer(event)].join('  ');
  if (outcome !== undefined) {
    const shown = printable(outcome);
    const paint = CALM.includes(outcome) ? terminal.green : terminal.red;
    return [`${start}  ${paint(shown)}`, ...detailsOf(event)].join('  ');
  }
  const text = printable(event.text, 500);
  const shown = level === 'WARN' || level === 'ERROR' ? terminal.red(`${level} ${text}`) : text;
  return [`${start}  ${shown}`, ...detailsOf(event)].join('  ');
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, value]) => `${value} ${WORDS[name] ?? printable(name, 60)}`)
    .join(', ');
}

const ofConsumer = ({ consumer }: TailEvent): readonly string[] => (consumer === undefined ? [] : [`of ${printable(consumer, 48)}`]);

function detailsOf(event: TailEvent): readonly string[] {
  const { messageType, messageId, redrive, code, error, attempt, delayMs } = event;
  // An error of the configuration says at its end what to do.
  const why = [code, error].flatMap((part) => (part === undefined ? [] : [printable(part, 500)])).join(': ');
  return [
    ...ofConsumer(event),
    ...[messageType, messageId, redrive].flatMap((part) => (part === undefined ? [] : [printable(part, 100)])),
    ...(why === '' ? [] : [why]),
    ...(attempt === undefined ? [] : [`attempt ${attempt}`]),
    ...(delayMs === undefined ? [] : [`again in ${(delayMs / 1_000).toFixed(1)}s`]),
  ];
}
