import process from 'node:process';
import { patchGetter, patchValue, type Restore } from './patch.ts';
import { platform } from './platform.ts';

/** `Date`, `performance` and `process.hrtime` tell the time of the process that asks. */
export function patchTime(): Restore[] {
  const { Date: RealDate } = globalThis;
  const prototype = Object.getPrototypeOf(globalThis.performance) as typeof globalThis.performance;
  return [
    patchValue(RealDate, 'now', (now) => () => wallMs() ?? now.call(RealDate)),
    patchValue(globalThis, 'Date', dateOf),
    // A value's constructor is compared with `Date` itself by code that tells dates apart.
    patchValue(RealDate.prototype as object, 'constructor' as never, () => globalThis.Date),
    patchValue(
      prototype,
      'now',
      (now) =>
        function (this: typeof globalThis.performance) {
          return elapsedMs() ?? now.call(this);
        },
    ),
    patchGetter(prototype, 'timeOrigin', (read) => (self) => platform()?.startedAt ?? read(self)),
    patchValue(process, 'hrtime', hrtimeOf),
    patchValue(process, 'uptime', (uptime) => () => {
      const ms = elapsedMs();
      return ms === undefined ? uptime.call(process) : ms / 1_000;
    }),
  ];
}

/** What the clock on the wall of the process that asks shows, in whole milliseconds; undefined outside of one. */
function wallMs(): number | undefined {
  const asking = platform();
  return asking && Math.floor(asking.clock.now());
}

/** Since the process that asks began; undefined outside of one. */
function elapsedMs(): number | undefined {
  const asking = platform();
  return asking && asking.clock.now() - asking.startedAt;
}

function dateOf(RealDate: DateConstructor): DateConstructor {
  const simulated: DateConstructor = new Proxy(RealDate, {
    construct: (target, args, newTarget) => {
      const now = args.length === 0 ? wallMs() : undefined;
      return Reflect.construct(target, now === undefined ? args : [now], newTarget === simulated ? target : newTarget);
    },
    apply: (target) => {
      const now = wallMs();
      return now === undefined ? target() : new target(now).toString();
    },
  });
  return simulated;
}

function hrtimeOf(hrtime: NodeJS.HRTime): NodeJS.HRTime {
  const { bigint } = hrtime;
  const simulated = (since?: [number, number]): [number, number] => {
    const ms = elapsedMs();
    if (ms === undefined) return hrtime(since);
    const [seconds, nanos] = [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1_000_000)];
    if (since === undefined) return [seconds, nanos];
    const borrowed = nanos < since[1] ? 1 : 0;
    return [seconds - since[0] - borrowed, nanos - since[1] + borrowed * 1_000_000_000];
  };
  return Object.assign(simulated, {
    bigint: () => {
      const ms = elapsedMs();
      return ms === undefined ? bigint() : BigInt(Math.round(ms * 1_000_000));
    },
  });
}
