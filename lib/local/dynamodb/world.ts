import type { Cancel, Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import type { Place } from '../aws.ts';
import type { DynamoDbHostility } from './hostility.ts';
import { notFound } from './refusals.ts';
import type { Stream } from './stream.ts';
import type { Table } from './table.ts';

/** What the engine needs, and how hostile it should be. */
export interface DynamoDbOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  /** Shards of a new stream; 4 by default. */
  readonly shards?: number;
  /** How long after its expiry an item is deleted, in milliseconds; 2 minutes by default. AWS promises "within a few days". */
  readonly expiryDelayMs?: number;
  /**
   * The order in which the records of one transaction of `n` changes enter the stream: a permutation of 0..n-1. The order of
   * the request by default; DynamoDB promises order only per item, so a simulation may shuffle.
   */
  readonly shuffleTransaction?: (n: number) => readonly number[];
  /** How long a stream keeps its records, in milliseconds; 24 hours by default, as on AWS. A simulation may shorten its days. */
  readonly streamRetentionMs?: number;
  /** How long a shard iterator serves, in milliseconds; 15 minutes by default, as on AWS. */
  readonly iteratorLifeMs?: number;
  /** What a simulation makes worse. @default - nothing */
  readonly hostility?: DynamoDbHostility;
}

/** Called after a commit that appended records to a shard of the stream. */
export type RecordsListener = (shardId: string) => void;

/** The state of the engine, shared by all its actions. */
export interface World {
  readonly options: DynamoDbOptions;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  readonly tables: Map<string, Table>;
  readonly streams: Map<string, Stream>;
  readonly listeners: Map<string, Set<RecordsListener>>;
  /** Remembered transactions by client token. */
  readonly tokens: Map<string, { readonly fingerprint: string; readonly until: number }>;
  /** The next sweep of each table with expiring rows, by table id. */
  readonly timers: Map<string, { readonly at: number; readonly cancel: Cancel }>;
  /** The last stream sequence number given out. */
  sequence: number;
}

/** An empty world. */
export function createWorld(options: DynamoDbOptions): World {
  const { clock, ids, place } = options;
  return {
    options,
    clock,
    ids,
    place,
    tables: new Map(),
    streams: new Map(),
    listeners: new Map(),
    tokens: new Map(),
    timers: new Map(),
    sequence: 0,
  };
}

/** Tells the listeners of a stream that these of its shards may have something to read. */
export function notify({ listeners }: World, streamArn: string, shardIds: Iterable<string>): void {
  for (const listener of listeners.get(streamArn) ?? []) for (const shardId of shardIds) listener(shardId);
}

/** The table of that name; data operations refuse with the bare sentence. */
export function tableOf(world: World, name: string): Table {
  const table = world.tables.get(name);
  if (!table) throw notFound();
  return table;
}

/** The table of that name; control operations name it in the refusal. */
export function describedTable(world: World, name: string): Table {
  const table = world.tables.get(name);
  if (!table) throw notFound(`Requested resource not found: Table: ${name} not found`);
  return table;
}

/** The ARN of a table. */
export function tableArn(place: Place, name: string): string {
  return `arn:aws:dynamodb:${place.region}:${place.accountId}:table/${name}`;
}
