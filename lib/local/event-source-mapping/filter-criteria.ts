import { AwsError } from '../aws.ts';
import { compilePattern, type EventPattern, PatternError } from './event-pattern.ts';

/** Whether a record passes a mapping's filter criteria; a mapping without criteria passes everything. */
export type RecordFilter = (record: Readonly<Record<string, unknown>>) => boolean;

interface CompiledFilter {
  readonly matches: EventPattern;
  /** How the pattern wants to see the body: as parsed JSON, as text, or not at all. */
  readonly body: 'json' | 'text' | 'ignored';
}

/**
 * Compiles `FilterCriteria`; a record passes when any of the filters matches. For SQS the body is compared in the form the
 * pattern uses, and a record in the other form is dropped (Lambda guide, "Using event filtering with an Amazon SQS event source").
 */
export function compileFilterCriteria(criteria: unknown): RecordFilter {
  const patterns = patternsOf(criteria);
  if (patterns.length === 0) return () => true;
  const filters = patterns.map(compile);
  return (record) => {
    const parsed = filters.some((filter) => filter.body === 'json') ? parseBody(record['body']) : undefined;
    return filters.some((filter) => passes(filter, record, parsed));
  };
}

function patternsOf(criteria: unknown): string[] {
  const filters = (criteria as { Filters?: unknown } | null | undefined)?.Filters ?? [];
  if (!Array.isArray(filters)) throw invalid('Filters is not a list.');
  // Five by default, ten on request (Lambda guide, "Control which events Lambda sends to your function").
  if (filters.length > 10) throw invalid('Number of filters cannot be larger than 10.');
  return filters.flatMap((filter: { Pattern?: unknown } | null) => {
    const pattern = filter?.Pattern ?? undefined;
    if (pattern !== undefined && typeof pattern !== 'string') throw invalid('A filter pattern is a string.');
    return pattern === undefined ? [] : [pattern];
  });
}

function compile(source: string): CompiledFilter {
  if (source.length > 4_096) throw invalid('Filter pattern must not be longer than 4096 characters.');
  try {
    const pattern = JSON.parse(source);
    const body = pattern?.body;
    return { matches: compilePattern(pattern), body: body === undefined ? 'ignored' : Array.isArray(body) ? 'text' : 'json' };
  } catch (error) {
    if (error instanceof PatternError) throw invalid(`Invalid filter pattern definition. ${error.message}`);
    throw invalid('Invalid filter pattern definition.');
  }
}

function passes(filter: CompiledFilter, record: Readonly<Record<string, unknown>>, parsedBody: unknown): boolean {
  if (filter.body !== 'json') return filter.matches(record);
  return parsedBody !== undefined && filter.matches({ ...record, body: parsedBody });
}

function parseBody(body: unknown): unknown {
  if (typeof body !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}
