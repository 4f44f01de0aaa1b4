import type { Json } from '../../aws.ts';
import { array, object } from './properties.ts';

/**
 * The provisioned throughput of a global table and its indexes, in the API's shape: writes are set on the table, reads on the
 * replica, each fixed or the minimum of its autoscaling.
 */
export function throughputOf(properties: Json, replica: Json): Json {
  if (properties['BillingMode'] !== 'PROVISIONED') {
    return { GlobalSecondaryIndexes: indexes(properties, () => ({})) };
  }
  const replicaIndexes = new Map(array(replica, 'GlobalSecondaryIndexes').map((index) => [index['IndexName'], index]));
  return {
    ProvisionedThroughput: units(properties, replica),
    GlobalSecondaryIndexes: indexes(properties, (index) => ({
      ProvisionedThroughput: units(index, replicaIndexes.get(index['IndexName']) ?? {}),
    })),
  };
}

function indexes(properties: Json, throughput: (index: Json) => Json): Json[] | undefined {
  const declared = array(properties, 'GlobalSecondaryIndexes');
  if (declared.length === 0) return undefined;
  return declared.map((index) => {
    const { IndexName, KeySchema, Projection } = index;
    return { IndexName, KeySchema, Projection, ...throughput(index) };
  });
}

function units(writes: Json, reads: Json): Json {
  const write = object(writes, 'WriteProvisionedThroughputSettings');
  const read = object(reads, 'ReadProvisionedThroughputSettings');
  return {
    WriteCapacityUnits: write['WriteCapacityUnits'] ?? object(write, 'WriteCapacityAutoScalingSettings')['MinCapacity'] ?? 1,
    ReadCapacityUnits: read['ReadCapacityUnits'] ?? object(read, 'ReadCapacityAutoScalingSettings')['MinCapacity'] ?? 1,
  };
}
