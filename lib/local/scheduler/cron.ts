import { instantOf, wallTimeAt } from './time-zone.ts';

/** A parsed cron expression: which minutes, hours, days, months and years it names. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: ReadonlySet<number>;
  readonly years: ReadonlySet<number> | 'every';
  /** Whether a date, in the proleptic Gregorian calendar, is named by the day-of-month or the day-of-week field. */
  matchesDay(year: number, month: number, day: number): boolean;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const DAY_MS = 86_400_000;
const LAST_YEAR = 2199;

/**
 * Parses `minutes hours day-of-month month day-of-week year` (EventBridge Scheduler User Guide, "Cron-based schedules"): lists, ranges,
 * steps, names, `?`, `L`, `W` and `#`. Undefined for what is not such an expression.
 */
export function parseCron(text: string): Cron | undefined {
  const fields = text.trim().split(/\s+/);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  if (fields.length !== 6 || (dayOfMonth === '?') === (dayOfWeek === '?')) return undefined;
  const minutes = numbers(minute, { min: 0, max: 59 });
  const hours = numbers(hour, { min: 0, max: 23 });
  const months = numbers(month, { min: 1, max: 12, names: MONTHS });
  const years = year === '*' ? 'every' : numbers(year, { min: 1970, max: LAST_YEAR });
  const matchesDay = dayOfWeek === '?' ? parseDayOfMonth(dayOfMonth) : parseDayOfWeek(dayOfWeek);
  if (!minutes || !hours || !months || !years || !matchesDay) return undefined;
  return { minutes, hours, months: new Set(months), years: years === 'every' ? years : new Set(years), matchesDay };
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

/** The numbers a field names, ascending; undefined when it is malformed or out of bounds. */
function numbers(field: string, bounds: Bounds): number[] | undefined {
  const found = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', step] = part.split('/');
    const span = spanOf(range, bounds, step !== undefined);
    const by = step === undefined ? 1 : Number(step);
    if (span === undefined || !Number.isInteger(by) || by < 1) return undefined;
    for (let value = span[0]; value <= span[1]; value += by) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}

function spanOf(range: string, bounds: Bounds, hasStep: boolean): readonly [number, number] | undefined {
  if (range === '*') return [bounds.min, bounds.max];
  const [from = '', to] = range.split('-');
  const first = numberOf(from, bounds);
  const last = to === undefined ? (hasStep ? bounds.max : first) : numberOf(to, bounds);
  return first === undefined || last === undefined || last < first ? undefined : [first, last];
}

function numberOf(text: string, { min, max, names = [] }: Bounds): number | undefined {
  const index = names.indexOf(text.toUpperCase());
  const value = index >= 0 ? index + min : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
const weekdayOf = (year: number, month: number, day: number): number => new Date(Date.UTC(year, month - 1, day)).getUTCDay();

function parseDayOfMonth(field: string): Cron['matchesDay'] | undefined {
  if (field === 'L') return (year, month, day) => day === daysIn(year, month);
  const nearest = /^(\d{1,2})W$/.exec(field)?.[1];
  if (nearest !== undefined) return (year, month, day) => day === nearestWeekday(year, month, Number(nearest));
  const days = numbers(field, { min: 1, max: 31 });
  return days && ((_, __, day) => days.includes(day));
}

/** The weekday closest to a date, in the same month. */
function nearestWeekday(year: number, month: number, day: number): number {
  const last = daysIn(year, month);
  const weekday = weekdayOf(year, month, day);
  if (weekday === 6) return day === 1 ? day + 2 : day - 1;
  if (weekday === 0) return day === last ? day - 2 : day + 1;
  return day;
}

/** Days of the week count from 1, Sunday. */
function parseDayOfWeek(field: string): Cron['matchesDay'] | undefined {
  const bounds = { min: 1, max: 7, names: DAYS };
  const [, name = '', last, nth] = /^(\w+?)(?:(L)|#([1-5]))$/.exec(field === 'L' ? '7' : field) ?? [];
  if (last !== undefined || nth !== undefined) {
    const wanted = numberOf(name, bounds);
    if (wanted === undefined) return undefined;
    return (year, month, day) => {
      if (weekdayOf(year, month, day) + 1 !== wanted) return false;
      return last === undefined ? Math.ceil(day / 7) === Number(nth) : day + 7 > daysIn(year, month);
    };
  }
  const days = numbers(field === 'L' ? '7' : field, bounds);
  return days && ((year, month, day) => days.includes(weekdayOf(year, month, day) + 1));
}

/** The first instant after `after` that the expression names in the zone; undefined when there is none. */
export function nextCron(cron: Cron, after: number, zone: string): number | undefined {
  const start = wallTimeAt(after, zone);
  for (let date = Date.UTC(start.year, start.month - 1, start.day); ; date += DAY_MS) {
    const [year, month, day] = [new Date(date).getUTCFullYear(), new Date(date).getUTCMonth() + 1, new Date(date).getUTCDate()];
    if (year > LAST_YEAR) return undefined;
    const isNamed = cron.months.has(month) && (cron.years === 'every' || cron.years.has(year)) && cron.matchesDay(year, month, day);
    if (!isNamed) continue;
    for (const hour of cron.hours) {
      for (const minute of cron.minutes) {
        const instant = instantOf({ year, month, day, hour, minute, second: 0 }, zone);
        if (instant !== undefined && instant > after) return instant;
      }
    }
  }
}
