/**
 * The seam through which a simulation makes tables and streams as bad as the service may be. Each hook is asked at its moment; without
 * hooks every copy of an item is current, every batch is processed whole, and shards live as long as their stream.
 */
export interface DynamoDbHostility {
  /**
   * How many milliseconds after a write its table's global indexes follow; until then they miss the item, or show it as it was ("Using
   * global secondary indexes", data synchronization between tables and global secondary indexes).
   */
  indexLagMs?(): number;
  /** How many milliseconds after a write the replica follows that eventually consistent reads may ask ("DynamoDB read consistency"). */
  replicaLagMs?(): number;
  /** Whether an eventually consistent read asks that replica. Reads in transactions and strongly consistent ones never do. */
  readsReplica?(): boolean;
  /**
   * Whether a key of a BatchGetItem or a request of a BatchWriteItem comes back unprocessed. It is not asked for the first: when nothing
   * at all can be processed, the call fails instead (both API references).
   */
  leavesOver?(): boolean;
  /**
   * The most items that a page of a Query or Scan reads, below the limit of the caller: the absence of `LastEvaluatedKey` is the only
   * sign of the end ("Paginating table query results").
   */
  pageLimit?(): number | undefined;
  /** Into how many shards the shard that takes a record closes just before: one (it rolled over), two (it split), or none. */
  splitsInto?(): 0 | 1 | 2;
  /**
   * Whether a GetRecords finds nothing though there is something: "it might take multiple calls to get to a portion of the shard that
   * contains stream records" (API reference). The stream's listeners are told again afterwards.
   */
  findsNothing?(): boolean;
}
