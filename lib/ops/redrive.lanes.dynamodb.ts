import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { backOff, type FailureTableDeps, readItem, transact } from '../dlq/failure-table.dynamodb.ts';
import { attributesOf } from '../unit-of-work/attributes-of.ts';
import { REDRIVE_LANES } from './ops.contract.ts';
import { isUnended, mayStillSend, type RedriveRow, type Rival } from './redrive.rows.ts';

/** A row that goes into its lanes, and how. */
export interface Entry {
  readonly redrive: Pick<RedriveRow, 'id' | 'lanes'>;
  /** The write that makes the redrive run; it is part of the transaction that takes the lanes. */
  readonly write: TransactWriteItem;
  /** Whether somebody else has made it run. */
  readonly isDone: () => Promise<boolean>;
  readonly get: (id: string) => Promise<RedriveRow | undefined>;
}

/** Who had which lane last. */
interface Lanes {
  /** Counts the writes. */
  readonly version: number;
  readonly holders: Readonly<Record<string, string>>;
}

const KEY = { pk: REDRIVE_LANES, sk: REDRIVE_LANES };

/**
 * Lets a redrive run unless another one, which has not ended, has one of its lanes: resolves with that one. Lanes are never given back: whether
 * one is free says the row of the redrive that took it last, so that none stays taken for want of a runner. Whoever runs again writes here
 * first, and whoever has read it ended is refused then, and looks again.
 */
export async function enterLanes(deps: FailureTableDeps, entry: Entry): Promise<Rival | undefined> {
  for (let round = 1; ; round += 1) {
    const lanes = await readLanes(deps);
    const rival = await rivalIn(lanes, entry);
    if (rival !== undefined) return rival;
    if (await transact(deps, [lanesPut(deps, lanes, entry), entry.write])) return undefined;
    if (await entry.isDone()) return undefined;
    await backOff(deps, round);
  }
}

async function readLanes(deps: FailureTableDeps): Promise<Lanes> {
  const item = await readItem(deps, KEY);
  return item === undefined ? { version: 0, holders: {} } : (unmarshall(item) as unknown as Lanes);
}

async function rivalIn({ holders }: Lanes, { redrive: { id, lanes }, get }: Entry): Promise<Rival | undefined> {
  const looked = new Map<string, RedriveRow>();
  for (const consumer of lanes) {
    const holder = holders[consumer];
    if (holder === undefined || holder === id) continue;
    const redrive = looked.get(holder) ?? (await get(holder));
    if (redrive === undefined) continue;
    looked.set(holder, redrive);
    if (isUnended(redrive) && mayStillSend(redrive, consumer)) return { redrive, consumer };
  }
  return undefined;
}

function lanesPut({ table }: FailureTableDeps, { version, holders }: Lanes, { redrive: { id, lanes } }: Entry): TransactWriteItem {
  const taken = Object.fromEntries(lanes.map((consumer) => [consumer, id]));
  return {
    Put: {
      TableName: table,
      Item: attributesOf({ ...KEY, version: version + 1, holders: { ...holders, ...taken } }),
      ConditionExpression: 'attribute_not_exists(pk) OR #version = :seen',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: attributesOf({ ':seen': version }),
    },
  };
}
