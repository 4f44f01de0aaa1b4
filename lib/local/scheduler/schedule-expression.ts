import { type Cron, nextCron, parseCron } from './cron.ts';
import { instantOf, type WallTime } from './time-zone.ts';

/** When a schedule runs. */
export type ScheduleExpression =
  | { readonly kind: 'rate'; readonly everyMs: number }
  | { readonly kind: 'at'; readonly time: WallTime }
  | { readonly kind: 'cron'; readonly cron: Cron };

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Parses `rate(5 minutes)`, `at(2026-01-31T10:00:00)` or `cron(0 10 * * ? *)`; undefined for anything else. */
export function parseExpression(text: string): ScheduleExpression | undefined {
  const [, kind, inside = ''] = /^(rate|at|cron)\((.*)\)$/.exec(text.trim()) ?? [];
  if (kind === 'rate') {
    const [, count = '', unit = ''] = /^\s*([1-9]\d*)\s+(minute|hour|day)s?\s*$/.exec(inside) ?? [];
    const unitMs = UNIT_MS[unit];
    return unitMs === undefined ? undefined : { kind, everyMs: Number(count) * unitMs };
  }
  if (kind === 'at') {
    const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(inside);
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (match ?? []).slice(1).map(Number);
    const isReal = match !== null && new Date(Date.UTC(year, month - 1, day, hour, minute, second)).toISOString().startsWith(inside);
    return isReal ? { kind, time: { year, month, day, hour, minute, second } } : undefined;
  }
  const cron = kind === 'cron' ? parseCron(inside) : undefined;
  return cron && { kind: 'cron', cron };
}

/** Between which instants and in which zone an expression is evaluated; all in milliseconds since the epoch. */
export interface Bounds {
  readonly zone: string;
  /** When a rate starts to count: its StartDate, or when it was made. */
  readonly anchor: number;
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/**
 * The first run after `after`, within the bounds; undefined when there is none. A rate runs first at its start date, or at once
 * (EventBridge Scheduler User Guide, "Rate-based schedules"); start and end dates do not apply to one-time schedules.
 */
export function nextRun(expression: ScheduleExpression, after: number, { zone, anchor, start, end }: Bounds): number | undefined {
  if (expression.kind === 'at') {
    const instant = instantOf(expression.time, zone);
    return instant !== undefined && instant > after ? instant : undefined;
  }
  const next =
    expression.kind === 'rate'
      ? nextTick(expression.everyMs, after, anchor)
      : nextCron(expression.cron, Math.max(after, (start ?? 0) - 1), zone);
  return next === undefined || (end !== undefined && next > end) ? undefined : next;
}

function nextTick(everyMs: number, after: number, anchor: number): number {
  return after < anchor ? anchor : anchor + (Math.floor((after - anchor) / everyMs) + 1) * everyMs;
}
