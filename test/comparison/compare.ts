import { CIRCUMSTANCES, type Circumstances } from './circumstances.ts';
import { runConsumer } from './consumer-run.ts';
import type { Contender } from './contender.ts';
import { lookThenMark, markThenDo, oneTransaction } from './contenders/by-hand.ts';
import { posthaste, posthasteExternal } from './contenders/posthaste.ts';
import { fifoAlone, powertools, powertoolsFifo } from './contenders/powertools.ts';
import { judge } from './verdict.ts';

/** Everybody who consumes the same queue. */
export const CONTENDERS: readonly Contender[] = [
  lookThenMark,
  markThenDo,
  fifoAlone,
  powertools,
  powertoolsFifo,
  oneTransaction,
  posthasteExternal,
  posthaste,
];

/** What one contender made of one kind of trouble, over all seeds. */
export interface ComparisonRow {
  readonly contender: string;
  readonly circumstances: string;
  readonly seeds: number;
  readonly messages: number;
  /** Seeds in which a message was lost, duplicated or stuck. */
  readonly seedsViolated: number;
  /** Messages by what became of them. */
  readonly lost: number;
  readonly duplicated: number;
  readonly stuck: number;
  readonly deadLettered: number;
  /** The first seeds that broke a promise, to be looked at. */
  readonly examples: readonly number[];
}

/** What is compared. */
export interface CompareOptions {
  /** Runs of each contender in each circumstance. */
  readonly seeds: number;
  /** @default - all */
  readonly contenders?: readonly Contender[];
  /** @default - all */
  readonly circumstances?: readonly Circumstances[];
  /** Told after each row. */
  readonly onRow?: (row: ComparisonRow) => void;
}

/** Runs every contender through the same messages, the same seeds and the same troubles, and counts what became of each message. */
export async function compare(options: CompareOptions): Promise<readonly ComparisonRow[]> {
  const { seeds, contenders = CONTENDERS, circumstances = CIRCUMSTANCES, onRow = () => {} } = options;
  const rows: ComparisonRow[] = [];
  for (const each of circumstances) {
    for (const contender of contenders) {
      const row = await rowOf(contender, each, seeds);
      rows.push(row);
      onRow(row);
    }
  }
  return rows;
}

async function rowOf(contender: Contender, circumstances: Circumstances, seeds: number): Promise<ComparisonRow> {
  const count = { messages: 0, seedsViolated: 0, lost: 0, duplicated: 0, stuck: 0, deadLettered: 0 };
  const examples: number[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { fates } = await runConsumer(contender, { seed, swarm: circumstances.swarmOf(seed) });
    const { lost, duplicated, stuck, deadLettered } = judge(fates);
    count.messages += fates.length;
    count.lost += lost.length;
    count.duplicated += duplicated.length;
    count.stuck += stuck.length;
    count.deadLettered += deadLettered.length;
    if (lost.length + duplicated.length + stuck.length === 0) continue;
    count.seedsViolated += 1;
    if (examples.length < 3) examples.push(seed);
  }
  return { contender: contender.name, circumstances: circumstances.name, seeds, ...count, examples };
}
