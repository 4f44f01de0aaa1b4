import type { HistoryEvent } from '../history.ts';

/** What a reader wants to see first: what went wrong, then what ran. */
const TELLING = ['fault', 'crash', 'deploy', 'restart', 'freeze', 'heal'];

/**
 * At most `limit` events of a history as lines, in order: all that went wrong, and what happened around it. Where events are left out, a
 * line says how many.
 */
export function formatTimeline(events: readonly HistoryEvent[], limit = 30): string[] {
  const kept = new Set(chooseEvents(events, limit));
  const lines: string[] = [];
  let left = 0;
  for (const [index, event] of events.entries()) {
    if (!kept.has(index)) {
      left += 1;
      continue;
    }
    if (left > 0) lines.push(`${' '.repeat(10)}  … ${left} more`);
    left = 0;
    lines.push(formatEvent(event));
  }
  if (left > 0) lines.push(`${' '.repeat(10)}  … ${left} more`);
  return lines;
}

/** Indices of the most telling events: those nearest to something that went wrong. */
function chooseEvents(events: readonly HistoryEvent[], limit: number): readonly number[] {
  // Troubles of services are many; they come after what goes wrong at a call, and before what goes well.
  const telling = events.flatMap(({ kind }, index) => (TELLING.includes(kind) ? [index] : []));
  const trouble = (index: number) => (events[index]?.kind === 'trouble' ? 0.5 : Number.MAX_SAFE_INTEGER);
  const distance = (index: number) => Math.min(...telling.map((at) => Math.abs(at - index)), trouble(index));
  return events
    .map((_, index) => ({ index, distance: distance(index) }))
    .sort((a, b) => a.distance - b.distance || a.index - b.index)
    .slice(0, limit)
    .map(({ index }) => index);
}

function formatEvent({ at, kind, detail }: HistoryEvent): string {
  const details = Object.entries(detail).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${at.toFixed(0).padStart(10)} ms ${[kind.padEnd(7), ...details].join(' ')}`.trimEnd();
}
