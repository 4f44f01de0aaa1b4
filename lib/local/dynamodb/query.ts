import type { Json } from '../aws.ts';
import { readExpressions } from './expressions.ts';
import { refuseLegacy, tableName } from './fields.ts';
import { type KeyRange, keyRangeOf } from './key-condition.ts';
import { partsOf } from './key-schema.ts';
import { readPage, readPageRequest, refuseWrongSelect } from './read-page.ts';
import { positionOf, type ReadSource, sourceOf } from './read-source.ts';
import { invalid } from './refusals.ts';
import { checkedItem } from './value-check.ts';
import { tableOf, type World } from './world.ts';

/** Query: the items of one partition, in the order of their sort keys. */
export function query(world: World, input: Json): Json {
  const name = tableName(input);
  refuseLegacy(input, ['KeyConditions', 'QueryFilter', 'ConditionalOperator', 'AttributesToGet']);
  const request = readPageRequest(world, input);
  const startKey = input['ExclusiveStartKey'] ? checkedItem(input['ExclusiveStartKey']) : undefined;
  const descending = input['ScanIndexForward'] === false;
  if (input['KeyConditionExpression'] === undefined || input['KeyConditionExpression'] === null) {
    throw invalid('Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.');
  }
  const expressions = readExpressions(input, ['ProjectionExpression', 'FilterExpression', 'KeyConditionExpression']);
  const condition = expressions.KeyConditionExpression?.tree as NonNullable<typeof expressions.KeyConditionExpression>['tree'];
  const source = sourceOf(tableOf(world, name), input, request.consistent);
  const range = keyRangeOf(condition, expressions.values, source.key);
  refuseKeyFilter(source, expressions.FilterExpression?.heads ?? []);
  refuseWrongSelect(request, source, expressions);
  const { from, to } = startKey ? resumed(range, positionOf(source, startKey), descending) : range;
  return readPage(source, source.rows.between(from, to, descending), request, expressions);
}

function resumed(range: KeyRange, position: string, descending: boolean): { from: string; to: string } {
  if (!position.startsWith(range.partition)) {
    throw invalid('The provided starting key is outside query boundaries based on provided conditions');
  }
  if (position < range.from || position >= range.to) throw invalid('The provided starting key does not match the range key predicate');
  return descending ? { from: range.from, to: position } : { from: `${position}\0`, to: range.to };
}

function refuseKeyFilter(source: ReadSource, heads: readonly string[]): void {
  for (const { name } of partsOf(source.key)) {
    if (!heads.includes(name)) continue;
    throw invalid(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${name}`);
  }
}
