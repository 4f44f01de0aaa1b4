/** A wall-clock time without a zone; months count from 1. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const numeric = 'numeric' as const;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  });
  formats.set(zone, made);
  return made;
}

/** Whether the runtime knows the zone. */
export function isTimeZone(zone: string): boolean {
  try {
    return formatOf(zone) !== undefined;
  } catch {
    return false;
  }
}

/** What the clocks on the wall of a zone show at an instant. */
export function wallTimeAt(instant: number, zone: string): WallTime {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return { year: part('year'), month: part('month'), day: part('day'), hour: part('hour'), minute: part('minute'), second: part('second') };
}

const asUtc = ({ year, month, day, hour, minute, second }: WallTime): number => Date.UTC(year, month - 1, day, hour, minute, second);

/**
 * The first instant at which a zone's clocks show a time; undefined for a time that they skip in spring. A time shown twice in autumn
 * counts once (EventBridge Scheduler User Guide, "Daylight saving time on EventBridge Scheduler").
 */
export function instantOf(wall: WallTime, zone: string): number | undefined {
  const naive = asUtc(wall);
  if (zone === 'UTC') return naive;
  const offsets = [naive - DAY_MS, naive + DAY_MS].map((near) => asUtc(wallTimeAt(near, zone)) - near);
  const candidates = [...new Set(offsets)].map((offset) => naive - offset).sort((a, b) => a - b);
  return candidates.find((instant) => asUtc(wallTimeAt(instant, zone)) === naive);
}
