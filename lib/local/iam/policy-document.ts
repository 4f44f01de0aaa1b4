import { AwsError } from '../aws.ts';

/** One value or a list of them, as policy documents write them. */
export type OneOrMany<T> = T | readonly T[];

/** The principals of a resource policy: everyone, or lists by kind. */
export type PrincipalElement = '*' | Readonly<Record<string, OneOrMany<string>>>;

/** Operator → condition key → values. */
export type ConditionElement = Readonly<Record<string, Readonly<Record<string, OneOrMany<string | number | boolean>>>>>;

/** A statement as it is written (IAM JSON policy elements reference). */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: OneOrMany<string>;
  readonly NotAction?: OneOrMany<string>;
  readonly Resource?: OneOrMany<string>;
  readonly NotResource?: OneOrMany<string>;
  readonly Principal?: PrincipalElement;
  readonly NotPrincipal?: PrincipalElement;
  readonly Condition?: ConditionElement;
}

/** A policy as it is written. */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: OneOrMany<PolicyStatement>;
}

/** Reads a policy given as JSON text or as an object; a malformed one is refused as IAM refuses it. */
export function parsePolicyDocument(source: unknown): PolicyDocument {
  const document = typeof source === 'string' ? parseJson(source) : source;
  if (typeof document !== 'object' || document === null || !('Statement' in document)) {
    throw malformed('Syntax errors in policy.');
  }
  for (const statement of list((document as PolicyDocument).Statement)) checkStatement(statement);
  return document as PolicyDocument;
}

/** A value of a document as a list. */
export function list<T>(value: OneOrMany<T> | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}

function checkStatement(statement: PolicyStatement): void {
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') throw malformed('Statement effect must be Allow or Deny.');
  if ((statement.Action === undefined) === (statement.NotAction === undefined)) {
    throw malformed('Policy statement must contain actions.');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('This policy contains invalid Json');
  }
}

function malformed(message: string): AwsError {
  return new AwsError('MalformedPolicyDocumentException', message);
}
