import { CIRCUMSTANCES, type Circumstances } from './circumstances.ts';
import { outbox, type Publisher, publishThenPut, putThenPublish } from './publisher.ts';
import { runPublisher } from './publisher-run.ts';

/** Everybody who writes an order and tells of it. */
export const PUBLISHERS: readonly Publisher[] = [putThenPublish, publishThenPut, outbox];

/** What has a meaning for who publishes. */
const TROUBLES: readonly string[] = ['calm', 'crashes', 'lost answers', 'throttles', 'everything'];

/** What one publisher made of one kind of trouble, over all seeds. */
export interface PublisherRow {
  readonly publisher: string;
  readonly circumstances: string;
  readonly seeds: number;
  readonly orders: number;
  /** Seeds in which an order was untold or a phantom. */
  readonly seedsViolated: number;
  /** Written, and nobody will ever be told. */
  readonly untold: number;
  /** Told of, and never written. */
  readonly phantom: number;
  /** Neither written nor told of: the caller got an error or no answer, and nothing contradicts it. */
  readonly refused: number;
}

/** Lets every publisher place the same orders under the same seeds and troubles, and counts what became of each. */
export async function comparePublishers({
  seeds,
  publishers = PUBLISHERS,
  circumstances = CIRCUMSTANCES.filter(({ name }) => TROUBLES.includes(name)),
  onRow = () => {},
}: {
  readonly seeds: number;
  readonly publishers?: readonly Publisher[];
  readonly circumstances?: readonly Circumstances[];
  readonly onRow?: (row: PublisherRow) => void;
}): Promise<readonly PublisherRow[]> {
  const rows: PublisherRow[] = [];
  for (const each of circumstances) {
    for (const publisher of publishers) {
      const row = await rowOf(publisher, each, seeds);
      rows.push(row);
      onRow(row);
    }
  }
  return rows;
}

async function rowOf(publisher: Publisher, circumstances: Circumstances, seeds: number): Promise<PublisherRow> {
  const count = { orders: 0, seedsViolated: 0, untold: 0, phantom: 0, refused: 0 };
  for (let seed = 1; seed <= seeds; seed += 1) {
    const fates = await runPublisher(publisher, { seed, swarm: circumstances.swarmOf(seed) });
    const untold = fates.filter(({ written, told }) => written && !told).length;
    const phantom = fates.filter(({ written, told }) => told && !written).length;
    count.orders += fates.length;
    count.untold += untold;
    count.phantom += phantom;
    count.refused += fates.filter(({ written, told }) => !written && !told).length;
    if (untold + phantom > 0) count.seedsViolated += 1;
  }
  return { publisher: publisher.name, circumstances: circumstances.name, seeds, ...count };
}
