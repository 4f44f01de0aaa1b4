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
  if (!isObject(document) || !Object.hasOwn(document, 'Statement')) throw malformed('Syntax errors in policy.');
  for (const statement of list(document['Statement'])) checkStatement(statement);
  return document as unknown as PolicyDocument;
}

/** A value of a document as a list. */
export function list<T>(value: OneOrMany<T> | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}

function checkStatement(statement: unknown): void {
  if (!isObject(statement)) throw malformed('Syntax errors in policy.');
  const { Effect, Action, NotAction, Resource, NotResource, Principal, NotPrincipal, Condition } = statement;
  if (Effect !== 'Allow' && Effect !== 'Deny') throw malformed('Statement effect must be Allow or Deny.');
  if ((Action === undefined) === (NotAction === undefined)) throw malformed('Policy statement must contain actions.');
  for (const element of [Action, NotAction, Resource, NotResource]) if (!isTexts(element)) throw malformed('Syntax errors in policy.');
  for (const element of [Principal, NotPrincipal]) if (!isPrincipal(element)) throw malformed('Invalid principal in policy.');
  if (!isCondition(Condition)) throw malformed('Syntax errors in policy.');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): boolean {
  return value === undefined || list(value).every((one) => typeof one === 'string');
}

function isPrincipal(value: unknown): boolean {
  return value === undefined || value === '*' || (isObject(value) && Object.values(value).every(isTexts));
}

function isCondition(value: unknown): boolean {
  if (value === undefined) return true;
  return isObject(value) && Object.values(value).every((keys) => isObject(keys) && Object.values(keys).every(isConditionValue));
}

function isConditionValue(value: unknown): boolean {
  return list(value).every((one) => typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean');
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
