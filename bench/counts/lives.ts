import type { Hop } from './ledger.ts';

/** What one message costs from beginning to end. */
export interface Life {
  readonly life: string;
  readonly calls: number;
  readonly writeUnits: number;
  readonly readUnits: number;
}

/** How often a message takes which hop. */
const LIVES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'fails twice, then is handled': { 'fail, first receive': 1, 'fail, second receive': 1, 'handle, third receive, after two failures': 1 },
  'fails for good, until it is in the failure store': { 'dead letter, permanent failure': 1, 'index, one letter': 1 },
  'fails five times, until it is in the failure store': {
    'fail, first receive': 1,
    'fail, second receive': 3,
    'dead letter, fifth attempt': 1,
    'index, one letter': 1,
  },
  'is redriven alone and handled': { 'redrive, one failure': 1, 'consume, the first time': 1 },
  'is redriven with 99 others and handled': { 'redrive, 100 failures': 1, 'consume, 10 copies that were redriven': 1 },
};

/** Sums the hops of whole lives, each per message. */
export function livesOf(hops: readonly Hop[]): readonly Life[] {
  const found = new Map(hops.map((hop) => [hop.hop, hop]));
  return Object.entries(LIVES).map(([life, times]) => {
    const sum = (of: (hop: Hop) => number) =>
      Object.entries(times).reduce((total, [name, count]) => {
        const hop = found.get(name);
        if (!hop) throw new Error(`there is no hop '${name}'`);
        return total + (count * of(hop)) / hop.messages;
      }, 0);
    return {
      life,
      calls: sum(({ calls }) => callsOf(calls)),
      writeUnits: sum(({ writeUnits }) => writeUnits),
      readUnits: sum(({ readUnits }) => readUnits),
    };
  });
}

/** All calls, whatever they are. */
export function callsOf(calls: Hop['calls']): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}
