import type { Cancel, Clock } from '../../core/clock.ts';
import type { Rng } from '../../core/rng.ts';
import type { ExecutionReport, Instance } from './instance.ts';
import type { InvokeMessage } from './sandbox-protocol.ts';

/** What the pool must know of a function to run it. */
export interface PoolTarget {
  readonly functionName: string;
  /** Identity of code and settings: instances are shared by equal keys only. */
  readonly key: object;
  /** Reserved concurrency of the function, if it has one. */
  readonly reserved: number | undefined;
  /** Makes an instance; `onGone` must be called when it ends. */
  readonly create: (onGone: () => void) => Instance;
}

/** A finished invocation, or the refusal to start one. */
type PoolOutcome = { readonly kind: 'done'; readonly cold: boolean; readonly report: ExecutionReport } | { readonly kind: 'throttled' };

/** Which busy instances to end. */
export interface KillOptions {
  readonly functionName?: string;
  /** All of them instead of one picked at random. */
  readonly all?: boolean;
}

/** The limits of the pool. */
export interface PoolOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /** An idle instance lives this long. */
  readonly idleMs: number;
  /** Concurrent invocations that functions without reserved concurrency share. */
  readonly unreservedLimit: () => number;
}

/** Execution environments: one per concurrent invocation, used again while warm. */
export interface Pool {
  run(target: PoolTarget, message: InvokeMessage): Promise<PoolOutcome>;
  /** Keeps at least this many instances loaded. */
  keepWarm(target: PoolTarget, count: number): void;
  /** Ends the instances of code that is no longer current; busy ones finish first. */
  retire(key: object): void;
  /** Ends busy instances in the middle of their work; returns how many. */
  kill(options?: KillOptions): number;
  /** Instances alive and invocations running, of one function or of all. */
  count(functionName?: string): { readonly instances: number; readonly busy: number };
  close(): void;
}

interface Slot {
  readonly target: PoolTarget;
  instance: Instance;
  busy: boolean;
  idleSince: number;
  retired: boolean;
}

interface Group {
  readonly slots: Set<Slot>;
  /** A stack: the instance used last is used first, so that surplus ones grow old and end. */
  readonly idle: Slot[];
  warm: number;
}

/** Makes an empty pool. */
export function createPool({ clock, rng, idleMs, unreservedLimit }: PoolOptions): Pool {
  const groups = new Map<object, Group>();
  const busyOf = new Map<string, number>();
  let unreservedBusy = 0;
  let cancelReaping: Cancel | undefined;

  function groupOf(key: object): Group {
    const group = groups.get(key) ?? { slots: new Set(), idle: [], warm: 0 };
    groups.set(key, group);
    return group;
  }

  function spawn(target: PoolTarget): Slot {
    const group = groupOf(target.key);
    const slot = { target, busy: false, idleSince: clock.now(), retired: false } as Slot;
    slot.instance = target.create(() => {
      group.slots.delete(slot);
      const position = group.idle.indexOf(slot);
      if (position !== -1) group.idle.splice(position, 1);
    });
    group.slots.add(slot);
    return slot;
  }

  /** Reserved concurrency is both a guarantee and a ceiling (Lambda guide, "Configuring reserved concurrency"). */
  function hasRoom(target: PoolTarget): boolean {
    if (target.reserved !== undefined) return (busyOf.get(target.functionName) ?? 0) < target.reserved;
    return unreservedBusy < unreservedLimit();
  }

  function count(target: PoolTarget, change: 1 | -1): void {
    busyOf.set(target.functionName, (busyOf.get(target.functionName) ?? 0) + change);
    if (target.reserved === undefined) unreservedBusy += change;
  }

  async function run(target: PoolTarget, message: InvokeMessage): Promise<PoolOutcome> {
    if (!hasRoom(target)) return { kind: 'throttled' };
    const group = groupOf(target.key);
    const warm = group.idle.pop();
    const slot = warm ?? spawn(target);
    slot.busy = true;
    count(target, 1);
    const report = await slot.instance.run(message);
    count(target, -1);
    slot.busy = false;
    release(group, slot);
    return { kind: 'done', cold: warm === undefined, report };
  }

  function release(group: Group, slot: Slot): void {
    if (!group.slots.has(slot)) return;
    if (slot.retired) {
      slot.instance.stop();
      return;
    }
    slot.idleSince = clock.now();
    group.idle.push(slot);
    cancelReaping ??= clock.after(idleMs, reap);
  }

  function reap(): void {
    cancelReaping = undefined;
    let oldest: number | undefined;
    for (const group of groups.values()) {
      for (const slot of [...group.idle]) {
        if (slot.idleSince + idleMs <= clock.now() && group.slots.size > group.warm) endIdle(group, slot);
        else oldest = Math.min(oldest ?? slot.idleSince, slot.idleSince);
      }
    }
    if (oldest !== undefined) cancelReaping = clock.after(Math.max(oldest + idleMs - clock.now(), 1_000), reap);
  }

  function endIdle(group: Group, slot: Slot): void {
    group.idle.splice(group.idle.indexOf(slot), 1);
    group.slots.delete(slot);
    slot.instance.stop();
  }

  function allSlots(functionName?: string): Slot[] {
    const slots = [...groups.values()].flatMap((group) => [...group.slots]);
    return functionName === undefined ? slots : slots.filter((slot) => slot.target.functionName === functionName);
  }

  return {
    run,
    keepWarm(target, wanted) {
      const group = groupOf(target.key);
      group.warm = wanted;
      while (group.slots.size < wanted) release(group, spawn(target));
    },
    retire(key) {
      const group = groups.get(key);
      if (!group) return;
      groups.delete(key);
      group.warm = 0;
      for (const slot of [...group.slots]) {
        slot.retired = true;
        if (!slot.busy) endIdle(group, slot);
      }
    },
    kill({ functionName, all = false } = {}) {
      const busy = allSlots(functionName).filter((slot) => slot.busy);
      const one = busy[Math.floor(rng.next() * busy.length)];
      const victims = all ? busy : one ? [one] : [];
      for (const victim of victims) victim.instance.kill();
      return victims.length;
    },
    count(functionName) {
      const slots = allSlots(functionName);
      return { instances: slots.length, busy: slots.filter((slot) => slot.busy).length };
    },
    close() {
      cancelReaping?.();
      for (const slot of allSlots()) slot.instance.stop();
      groups.clear();
    },
  };
}
