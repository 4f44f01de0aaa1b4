import { AwsError, type Json } from '../aws.ts';
import { capacityMode, createMeter } from './capacity.ts';
import { broken, list, required, shown, structure, tableName } from './fields.ts';
import { refuseEmptyKey, rowKey } from './key-schema.ts';
import { type CancellationReason, invalid, transactionCancelled } from './refusals.ts';
import { fetch, readGet } from './single-reads.ts';
import { tableOf, type World } from './world.ts';

const MAX_ACTIONS = 100;

/** TransactGetItems: all items as of one moment. */
export function transactGetItems(world: World, input: Json): Json {
  const actions = list(input, 'TransactItems');
  if (!actions) throw required('TransactItems');
  if (actions.length === 0) throw broken(`Value '[]' at 'transactItems'`, 'Member must have length greater than or equal to 1');
  if (actions.length > MAX_ACTIONS)
    throw broken(shown('TransactItems', actions), `Member must have length less than or equal to ${MAX_ACTIONS}`);
  const meter = createMeter(capacityMode(input), 'Read');
  const gets = actions.map((action) => {
    const get = structure(action, 'Get');
    if (!get) throw required('Get');
    return { name: tableName(get), request: { ...readGet(get), consistent: true } };
  });
  const targets = gets.map(({ name, request }) => ({ table: tableOf(world, name), request }));
  for (const { table, request } of targets) refuseEmptyKey(table.key, request.key);
  const responses: Json[] = [];
  const seen = new Set<string>();
  for (const [at, { table, request }] of targets.entries()) {
    try {
      const item = fetch(table, request, meter);
      responses.push(item ? { Item: item } : {});
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const reason = { Code: 'ValidationError', Message: error.message };
      throw transactionCancelled(targets.map((_, index): CancellationReason => (index === at ? reason : { Code: 'None' })));
    }
    seen.add(`${table.name}/${rowKey(table.key, request.key)}`);
  }
  if (seen.size < targets.length) throw invalid('Transaction request cannot include multiple operations on one item');
  const consumed = meter.report();
  return { Responses: responses, ...(consumed && { ConsumedCapacity: consumed }) };
}
