import type { RateLimits } from '../../ops/rate.limits.ts';
import { ArgumentError } from '../arguments.ts';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds of `90s`, `15m`, `2h`, `3d` or `1w`; throws `ArgumentError` for anything else. */
export function durationOf(option: string, given: string): number {
  const ms = durationIn(given);
  if (ms === undefined) throw new ArgumentError(`${option} takes a time span such as 90s, 15m, 2h, 3d or 1w, not ${JSON.stringify(given)}`);
  return ms;
}

function durationIn(given: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)([smhdw])$/.exec(given) ?? [];
  return number === undefined ? undefined : Math.round(Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS]);
}

const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?$/;

/** Epoch milliseconds of a span before `now`, or of a date and time in ISO 8601, which is UTC unless it says otherwise. */
export function instantOf(option: string, given: string, now: number): number {
  const span = durationIn(given);
  if (span !== undefined) return now - span;
  const [, , , zone] = DATE_TIME.exec(given) ?? [];
  const instant = DATE.test(given) || DATE_TIME.test(given) ? Date.parse(DATE.test(given) || zone ? given : `${given}Z`) : Number.NaN;
  if (Number.isNaN(instant)) {
    throw new ArgumentError(
      `${option} takes a time span before now (90s, 15m, 2h, 3d) or a time such as 2026-11-23T14:30, which is UTC, not ${JSON.stringify(given)}`,
    );
  }
  return instant;
}

const SECONDS = { s: 1, min: 60, m: 60, h: 3_600 } as const;

/** Messages a second of `10/s`, `600/min`, `36000/h`, or `10`, which is a second's; throws `ArgumentError` in the unit that was given. */
export function rateOf(option: string, given: string, { min, max, whole }: RateLimits): number {
  const [, number, unit = 's'] = /^(\d{1,7}(?:\.\d{1,3})?)(?:\/(s|min|m|h))?$/.exec(given) ?? [];
  const said = JSON.stringify(given);
  if (number === undefined) throw new ArgumentError(`${option} takes messages per time such as 10/s or 600/min, not ${said}`);
  const seconds = SECONDS[unit as keyof typeof SECONDS];
  const rate = Number(number) / seconds;
  if (rate < min || rate > max)
    throw new ArgumentError(`${option} takes ${min * seconds}/${unit} to ${max * seconds}/${unit}, not ${said}`);
  if (whole && !Number.isInteger(rate)) throw new ArgumentError(`${option} takes a whole number of messages a second here, not ${said}`);
  return rate;
}
