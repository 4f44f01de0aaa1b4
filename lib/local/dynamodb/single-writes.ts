import type { Json } from '../aws.ts';
import { copyItem, type Item } from './attribute-value.ts';
import { capacityMode, createMeter } from './capacity.ts';
import { commit, type PlannedWrite } from './commit.ts';
import { selectPaths } from './document-path.ts';
import { choice } from './fields.ts';
import { collectionMetrics, wantsCollectionMetrics } from './item-collections.ts';
import { enveloped, invalid } from './refusals.ts';
import { tableOf, type World } from './world.ts';
import { addressOf, planWrite, refuseEmptyKeys } from './write-plan.ts';
import { readWrite, type WriteRequest } from './write-request.ts';

const RETURN_VALUES = ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'] as const;
type ReturnValues = (typeof RETURN_VALUES)[number];

/** PutItem: replaces the item, or creates it. */
export function putItem(world: World, input: Json): Json {
  return write(world, 'put', input);
}

/** DeleteItem: succeeds also when there is no item. */
export function deleteItem(world: World, input: Json): Json {
  return write(world, 'delete', input);
}

/** UpdateItem: changes the item, or creates it with its key. */
export function updateItem(world: World, input: Json): Json {
  return write(world, 'update', input);
}

function write(world: World, kind: 'put' | 'update' | 'delete', input: Json): Json {
  const { request, returns, mode, metrics } = enveloped(() => {
    const mode = capacityMode(input);
    const metrics = wantsCollectionMetrics(input);
    const returns = choice(input, 'ReturnValues', RETURN_VALUES) ?? 'NONE';
    if (kind !== 'update' && returns !== 'NONE' && returns !== 'ALL_OLD') throw invalid('ReturnValues can only be ALL_OLD or NONE');
    return { request: readWrite(kind, input), returns, mode, metrics };
  });
  const table = tableOf(world, request.tableName);
  refuseEmptyKeys(table, request);
  const planned = planWrite(table, request, addressOf(table, request));
  const units = commit(world, planned);
  const meter = createMeter(mode);
  meter.write(table, units);
  const attributes = returned(returns, request, planned);
  const consumed = meter.report()?.[0];
  const collections = metrics ? collectionMetrics(table, request.item) : undefined;
  return {
    ...(attributes && { Attributes: attributes }),
    ...(consumed && { ConsumedCapacity: consumed }),
    ...(collections && { ItemCollectionMetrics: collections }),
  };
}

function returned(returns: ReturnValues, request: WriteRequest, { before, after }: PlannedWrite): Item | undefined {
  const paths = request.expressions.UpdateExpression?.tree.map((action) => action.path) ?? [];
  switch (returns) {
    case 'NONE':
      return undefined;
    case 'ALL_OLD':
      return before && copyItem(before.item);
    case 'ALL_NEW':
      return after && copyItem(after.item);
    case 'UPDATED_OLD':
      return nonEmpty(before && copyItem(selectPaths(paths, before.item)));
    case 'UPDATED_NEW':
      return nonEmpty(after && copyItem(selectPaths(paths, after.item)));
  }
}

function nonEmpty(item: Item | undefined): Item | undefined {
  return item && Object.keys(item).length > 0 ? item : undefined;
}
