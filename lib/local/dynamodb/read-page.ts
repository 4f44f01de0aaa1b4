import type { Json } from '../aws.ts';
import { copyItem, type Item } from './attribute-value.ts';
import { capacityMode, createMeter, readUnits } from './capacity.ts';
import { holds } from './condition.ts';
import { selectPaths } from './document-path.ts';
import type { Expressions } from './expressions.ts';
import { choice, flag, integer } from './fields.ts';
import { type ReadSource, startKeyOf } from './read-source.ts';
import { invalid } from './refusals.ts';
import type { IndexRow, Row } from './secondary-index.ts';
import type { World } from './world.ts';

/** One page reads up to 1 MB (API reference, Query and Scan). */
const PAGE_BYTES = 1024 * 1024;
const SELECTS = ['ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'SPECIFIC_ATTRIBUTES', 'COUNT'] as const;

/** What a query or scan asks of a page, wherever its rows come from. */
export interface PageRequest {
  readonly consistent: boolean;
  readonly limit: number;
  readonly select: (typeof SELECTS)[number] | undefined;
  readonly capacity: ReturnType<typeof capacityMode>;
}

/** Reads the members that Query and Scan share. */
export function readPageRequest({ options }: World, input: Json): PageRequest {
  const limit = integer(input, 'Limit', 1, 2 ** 31 - 1) ?? Number.POSITIVE_INFINITY;
  return {
    capacity: capacityMode(input),
    select: choice(input, 'Select', SELECTS),
    limit: Math.min(limit, options.hostility?.pageLimit?.() ?? limit),
    consistent: flag(input, 'ConsistentRead'),
  };
}

/** Refuses selections that contradict the projection or the index. */
export function refuseWrongSelect({ select }: PageRequest, source: ReadSource, expressions: Expressions): void {
  const projects = expressions.ProjectionExpression !== undefined;
  if (projects && select && select !== 'SPECIFIC_ATTRIBUTES') {
    throw invalid(`Cannot specify the ProjectionExpression when choosing to get ${select === 'COUNT' ? 'only the Count' : select}`);
  }
  if (select === 'SPECIFIC_ATTRIBUTES' && !projects) {
    throw invalid('Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES');
  }
  if (select === 'ALL_PROJECTED_ATTRIBUTES' && !source.index) {
    throw invalid('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName');
  }
  if (select === 'ALL_ATTRIBUTES' && source.index?.kind === 'global' && source.index.carried) {
    throw invalid(
      `One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index ${source.index.name} because its projection type is not ALL`,
    );
  }
}

interface Walked {
  readonly rows: readonly Row[];
  readonly bytes: number;
  readonly last: Row | undefined;
}

/** Reads one page: limit and size count before the filter, as DynamoDB does. */
export function readPage(source: ReadSource, rows: Iterable<Row>, request: PageRequest, expressions: Expressions): Json {
  const walked = walk(rows, request.limit);
  const meter = createMeter(request.capacity);
  meter.read(source.table, source.index ? 0 : readUnits(walked.bytes, request.consistent));
  if (source.index) meter.read(source.table, readUnits(walked.bytes, request.consistent), source.index);
  const whole = fetchesWholeItems(source, request, expressions);
  const items: Item[] = [];
  for (const row of walked.rows) {
    const full = whole ? (row as IndexRow).row : row;
    if (whole) meter.read(source.table, readUnits(full.size, request.consistent));
    const filter = expressions.FilterExpression;
    if (!filter || holds(filter.tree, full.item, expressions.values)) items.push(full.item);
  }
  const consumed = meter.report()?.[0];
  return {
    ...(request.select !== 'COUNT' && { Items: items.map((item) => shownItem(item, expressions)) }),
    Count: items.length,
    ScannedCount: walked.rows.length,
    ...(walked.last && { LastEvaluatedKey: startKeyOf(source, walked.last.item) }),
    ...(consumed && { ConsumedCapacity: consumed }),
  };
}

function walk(rows: Iterable<Row>, limit: number): Walked {
  const read: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (read.length > 0 && bytes + row.size > PAGE_BYTES) return { rows: read, bytes, last: read.at(-1) };
    read.push(row);
    bytes += row.size;
    if (read.length >= limit) return { rows: read, bytes, last: row };
  }
  return { rows: read, bytes, last: undefined };
}

/** A local index fetches from the table what it does not carry; a global one cannot. */
function fetchesWholeItems({ index }: ReadSource, { select }: PageRequest, { ProjectionExpression: projection }: Expressions): boolean {
  const carried = index?.kind === 'local' ? index.carried : undefined;
  if (!carried) return false;
  return select === 'ALL_ATTRIBUTES' || (projection?.heads.some((head) => !carried.has(head)) ?? false);
}

function shownItem(item: Item, { ProjectionExpression: projection }: Expressions): Item {
  return copyItem(projection ? selectPaths(projection.tree, item) : item);
}
