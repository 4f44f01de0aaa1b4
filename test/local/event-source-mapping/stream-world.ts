import type { Json } from '../../../lib/local/aws.ts';
import type { DynamoDbHostility } from '../../../lib/local/dynamodb/hostility.ts';
import type { MappingFaults } from '../../../lib/local/event-source-mapping/mapping-faults.ts';
import { createMappingWorld, type EventRecord, type MappingWorld } from './mapping-world.ts';

/** Records of one partition key stay in one shard, so a batch of them is predictable: same id, versions in `v`. */
export const versions = (world: MappingWorld) => world.batches.map((batch) => batch.map((record) => versionOf(record)));
export const versionOf = (record: EventRecord) => Number((record.dynamodb as unknown as { NewImage: { v: { N: string } } }).NewImage.v.N);
export const putVersions = (world: MappingWorld, count: number) => {
  for (let v = 1; v <= count; v += 1) world.put('orders', 'k', { v: { N: String(v) } });
};

/** A table with a stream, mapped from its beginning. */
export function streamWorld(input: Json = {}, options: { faults?: MappingFaults; tables?: DynamoDbHostility } = {}) {
  const world = createMappingWorld(options);
  const EventSourceArn = world.table('orders');
  const uuid = world.createMapping({ EventSourceArn, StartingPosition: 'TRIM_HORIZON', ...input });
  return { world, EventSourceArn, uuid };
}
