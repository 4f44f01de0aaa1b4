import { AwsError, type Json } from '../aws.ts';

/** One value that a parameter had. */
export interface ParameterVersion {
  readonly name: string;
  readonly value: string;
  readonly type: string;
  readonly tier: string;
  readonly version: number;
  /** Seconds since the epoch. */
  readonly modified: number;
  readonly description: string | undefined;
}

/** Inputs of all actions, as the SDK shapes them. */
export interface SsmInput {
  readonly Name?: string;
  readonly Names?: readonly string[];
  readonly Value?: string;
  readonly Type?: string;
  readonly Tier?: string;
  readonly Description?: string;
  readonly Overwrite?: boolean;
  readonly AllowedPattern?: string;
  readonly Path?: string;
  readonly Recursive?: boolean;
  readonly WithDecryption?: boolean;
  readonly MaxResults?: number;
  readonly NextToken?: string;
  readonly ParameterFilters?: readonly ParameterFilter[];
  readonly ResourceId?: string;
  readonly Tags?: readonly { Key: string; Value: string }[];
  readonly TagKeys?: readonly string[];
}

/** Which parameters DescribeParameters shows. */
export interface ParameterFilter {
  readonly Key: string;
  readonly Option?: string;
  readonly Values?: readonly string[];
}

/** AWS Systems Manager User Guide, "Managing parameter tiers": bytes of a value by tier. */
const MAX_BYTES: Readonly<Record<string, number>> = { Standard: 4_096, Advanced: 8_192, 'Intelligent-Tiering': 8_192 };
const TYPES = ['String', 'StringList', 'SecureString'];

/** Refuses what PutParameter refuses. */
export function checkParameter(input: SsmInput, type: string): void {
  const { Name: name = '', Value: value = '', AllowedPattern, Tier = 'Standard' } = input;
  if (!/^[\w./-]+$/.test(name) || Buffer.byteLength(name) > 2_048) {
    throw invalid(`Parameter name: can't be "${name}": only a mix of letters, numbers and the symbols .-_/ is allowed.`);
  }
  if (/^\/?(aws|ssm)/i.test(name)) throw invalid('Parameter name: can\'t be prefixed with "ssm" or "aws" (case-insensitive).');
  if (!TYPES.includes(type)) {
    throw new AwsError(
      'UnsupportedParameterType',
      `The parameter type is not supported: ${type || 'none'}; it is one of ${TYPES.join(', ')}.`,
    );
  }
  if (value === '') throw invalid('The parameter value must have a length of at least 1.');
  const limit = MAX_BYTES[Tier] ?? 0;
  if (Buffer.byteLength(value) > limit) throw invalid(`${Tier} tier parameters support a maximum parameter value of ${limit} characters.`);
  if (AllowedPattern && !new RegExp(`^(?:${AllowedPattern})$`).test(value)) {
    throw new AwsError(
      'ParameterPatternMismatchException',
      `Parameter value, cannot be validated against allowedPattern: ${AllowedPattern}`,
    );
  }
}

/** GetParametersByPath reference: hierarchies begin with a slash, and a page holds ten parameters at most. */
const MAX_BY_PATH = 10;

/** Refuses what GetParametersByPath refuses. */
export function checkPath({ Path: path = '', MaxResults: wanted = MAX_BY_PATH }: SsmInput): void {
  if (!path.startsWith('/')) {
    throw invalid(
      'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". ' +
        'It can\'t be prefixed with "aws" or "ssm" (case-insensitive).',
    );
  }
  if (wanted >= 1 && wanted <= MAX_BY_PATH) return;
  const [side, limit] = wanted < 1 ? ['greater', 1] : ['less', MAX_BY_PATH];
  throw invalid(
    `1 validation error detected: Value '${wanted}' at 'maxResults' failed to satisfy constraint: Member must have value ${side} than or equal to ${limit}`,
  );
}

const invalid = (message: string) => new AwsError('ValidationException', message);

/** Whether a name passes a filter by name; filters by other keys pass everything. */
export function passes(name: string, { Key, Option, Values = [] }: ParameterFilter): boolean {
  if (Key !== 'Name') return true;
  if (Option === 'BeginsWith') return Values.some((value) => name.startsWith(value));
  return Values.some((value) => (Option === 'Contains' ? name.includes(value) : name === value));
}

/** One page of names, and where the next one starts. */
export function pageOf(names: readonly string[], { MaxResults = 10, NextToken }: SsmInput): { items: readonly string[]; next: Json } {
  const start = NextToken === undefined ? 0 : Number(NextToken);
  const end = start + MaxResults;
  return { items: names.slice(start, end), next: end < names.length ? { NextToken: String(end) } : {} };
}
