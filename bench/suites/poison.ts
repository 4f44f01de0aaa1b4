import { awsOn, type Child, startChild } from '../child.ts';
import type { RoundsRequest, RoundsResult } from '../poison/consumer-process.ts';
import { KINDS, type Kind, POISON_NAMES, POISONS, type PoisonName } from '../poison/poisons.ts';
import { formatSpread, quantile, type Report, type Suite, spreadOf } from '../report.ts';

/**
 * DynamoDB answers within single-digit milliseconds ("What is Amazon DynamoDB?"); the stub takes as long for SQS, and twice as long for a
 * transaction.
 */
const ANSWER_MS = 5;
const BATCH_SIZES = [10, 100] as const;
const HANDLER_MS = [0, 20] as const;
const WARM_UP_TURNS = 1;
const TURNS = 7;
/** Batches of each kind in a turn, by their size. */
const ROUNDS = { 10: 12, 100: 3 } as const;
const LEAST = 0.95;

/** What one poison record in every batch costs its neighbours. */
export const poison: Suite = {
  name: 'poison',
  async run(say) {
    const server = startChild(new URL('../consumer/stub-server.ts', import.meta.url), { args: [String(ANSWER_MS)] });
    let consumer: Child | undefined;
    try {
      const { port } = await server.said<{ port: number }>();
      consumer = startChild(new URL('../poison/consumer-process.ts', import.meta.url), { env: awsOn(port), quiet: true });
      await consumer.said();
      return reportOf(await measure(consumer, say));
    } finally {
      consumer?.end();
      server.end();
    }
  },
};

/** Batches of one size whose handlers take so long. */
interface Row {
  readonly batchSize: keyof typeof ROUNDS;
  readonly handlerMs: number;
  /** Milliseconds of each invocation, by kind and turn. */
  readonly times: Readonly<Record<Kind, number[][]>>;
}

async function measure(consumer: Child, say: (text: string) => void): Promise<readonly Row[]> {
  const rows = BATCH_SIZES.flatMap((batchSize) => HANDLER_MS.map((handlerMs): Row => ({ batchSize, handlerMs, times: noTimes() })));
  for (let turn = 1; turn <= WARM_UP_TURNS + TURNS; turn += 1) {
    say(`poison: turn ${turn} of ${WARM_UP_TURNS + TURNS}`);
    for (const { batchSize, handlerMs, times } of rows) {
      const taken = await consumer.ask<RoundsResult>({ batchSize, handlerMs, rounds: ROUNDS[batchSize] } satisfies RoundsRequest);
      if (turn > WARM_UP_TURNS) for (const kind of KINDS) times[kind].push(taken[kind]);
    }
  }
  return rows;
}

function noTimes(): Record<Kind, number[][]> {
  return Object.fromEntries(KINDS.map((kind) => [kind, [] as number[][]])) as Record<Kind, number[][]>;
}

/** A neighbour's throughput beside a poison, of that in a sound batch of the same turn. */
function ratiosOf({ times }: Row, name: PoisonName): readonly number[] {
  return times.sound.map((sound, turn) => median(sound) / median(times[name][turn] ?? []));
}

/** The same of all turns together. */
function ratioOf({ times }: Row, name: PoisonName): number {
  return median(times.sound.flat()) / median(times[name].flat());
}

const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);

function reportOf(rows: readonly Row[]): Report {
  const named = ({ batchSize, handlerMs }: Row) => `batch of ${batchSize}, handlers of ${handlerMs} ms`;
  return {
    suite: 'poison',
    title: 'What one poison record costs its neighbours',
    method: `One record of every batch is poison. A consumer in a process of its own with the stock AWS SDK and default settings (ten handlers at a time), against a stub in another process that answers over loopback HTTP after ${ANSWER_MS} ms, DynamoDB and SQS alike, and after ${2 * ANSWER_MS} ms for a transaction, which DynamoDB prepares and then commits (Idziorek et al., USENIX ATC 2023). A neighbour’s throughput is one over the time of the invocation, so the ratio is the time of a sound batch over that of a batch with the poison; at 1 the neighbours are as fast as if it were sound. The kinds take turns batch by batch; ${WARM_UP_TURNS} turn to warm up, then ${TURNS} of ${ROUNDS[10]} batches of 10 and ${ROUNDS[100]} of 100 of each kind; cells are min / median / max of the medians of a turn, and the target is held to the medians of all turns together. Two rows and one column are beyond the target, because calls in series are all they are made of: handlers of 0 ms do nothing but their one write, so that a batch is a single call, and the poison has two or three of its own; and a poison on its third receive that works as long as its neighbours is looked up and entered in the books before it may run. A poison that hangs until the deadline is out of scope: its neighbours commit, and the invocation ends with it.`,
    tables: [
      {
        caption: 'Neighbours’ throughput beside a poison, of that in a sound batch:',
        columns: ['batch', 'sound batch, ms', ...POISON_NAMES.map((name) => POISONS[name].what)],
        rows: rows.map((row) => [
          named(row),
          formatSpread(spreadOf(row.times.sound.map(median)), 1),
          ...POISON_NAMES.map((name) => formatSpread(spreadOf(ratiosOf(row, name)), 2)),
        ]),
      },
    ],
    targets: rows
      .filter(({ handlerMs }) => handlerMs > 0)
      .map((row) => {
        const names = POISON_NAMES.filter((name) => name !== 'returnsLate');
        const worst = Math.min(...names.map((name) => ratioOf(row, name)));
        return { what: `${named(row)}, the worst poison`, target: `≥ ${LEAST}`, measured: worst.toFixed(2), met: worst >= LEAST };
      }),
  };
}
