import type { Json } from '../aws.ts';
import { readExpressions } from './expressions.ts';
import { integer, refuseLegacy, tableName } from './fields.ts';
import { hashText } from './key-schema.ts';
import { readPage, readPageRequest, refuseWrongSelect } from './read-page.ts';
import { positionOf, sourceOf } from './read-source.ts';
import { invalid } from './refusals.ts';
import { END } from './sorted-map.ts';
import { checkedItem } from './value-check.ts';
import { tableOf, type World } from './world.ts';

const MAX_SEGMENTS = 1_000_000;

/** Scan: everything, in the order of the partition keys' hashes; a segment is a share of the hashes. */
export function scan(world: World, input: Json): Json {
  const name = tableName(input);
  refuseLegacy(input, ['ScanFilter', 'ConditionalOperator', 'AttributesToGet']);
  const request = readPageRequest(world, input);
  const segment = readSegment(input);
  const startKey = input['ExclusiveStartKey'] ? checkedItem(input['ExclusiveStartKey']) : undefined;
  const expressions = readExpressions(input, ['ProjectionExpression', 'FilterExpression']);
  const source = sourceOf(tableOf(world, name), input, request.consistent);
  refuseWrongSelect(request, source, expressions);
  const from = startKey ? `${positionOf(source, startKey)}\0` : segment.from;
  if (from < segment.from || from >= segment.to)
    throw invalid('The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment.');
  return readPage(source, source.rows.between(from, segment.to), request, expressions);
}

function readSegment(input: Json): { from: string; to: string } {
  const total = integer(input, 'TotalSegments', 1, MAX_SEGMENTS);
  const segment = integer(input, 'Segment', 0, MAX_SEGMENTS - 1);
  if (segment !== undefined && total === undefined) {
    throw invalid('The TotalSegments parameter is required but was not present in the request when Segment parameter is present');
  }
  if (total === undefined || segment === undefined) {
    if (total === undefined) return { from: '', to: END };
    throw invalid('The Segment parameter is required but was not present in the request when parameter TotalSegments is present');
  }
  if (segment >= total) {
    throw invalid(
      `The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: ${segment} is not less than TotalSegments: ${total}`,
    );
  }
  return { from: startOf(segment, total), to: segment + 1 === total ? END : startOf(segment + 1, total) };
}

function startOf(segment: number, total: number): string {
  return hashText(Math.ceil((segment / total) * 2 ** 32));
}
