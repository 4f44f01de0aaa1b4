import { type ComparisonRow, compare } from './compare.ts';
import { comparePublishers, type PublisherRow } from './compare-publishers.ts';
import { type SingleFaultRow, sweepSingleFaults } from './single-faults.ts';

/** Everything that is compared, as plain data. */
export interface Comparison {
  readonly seeds: number;
  readonly consumers: readonly ComparisonRow[];
  readonly singleFaults: readonly SingleFaultRow[];
  readonly publishers: readonly PublisherRow[];
}

/** Compares consumers and publishers, each over so many seeds per kind of trouble. */
export async function compareAll({
  seeds,
  onRow = () => {},
}: {
  readonly seeds: number;
  readonly onRow?: (row: object) => void;
}): Promise<Comparison> {
  const singleFaults = await sweepSingleFaults();
  for (const row of singleFaults) onRow({ ...row, breaking: row.breaking.length });
  return { seeds, singleFaults, consumers: await compare({ seeds, onRow }), publishers: await comparePublishers({ seeds, onRow }) };
}
