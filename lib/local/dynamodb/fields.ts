import type { Json } from '../aws.ts';
import { invalid, unreadable } from './refusals.ts';

const TABLE_ARN = /^arn:[^:]*:dynamodb:[^:]*:[^:]*:table\/([^/]+)/;

/** The table that a request names, by name or by ARN (both are accepted since resource policies exist). */
export function tableName(input: Json, member = 'TableName'): string {
  const value = text(input, member);
  if (value === undefined) throw required(member);
  const name = TABLE_ARN.exec(value)?.[1] ?? value;
  if (name === '') throw broken(`Value at '${member}'`, 'Member must have length greater than or equal to 1');
  if (name.length > 255) throw broken(shown(member, name), 'Member must have length less than or equal to 255');
  if (!/^[a-zA-Z0-9_.-]+$/.test(name)) throw broken(shown(member, name), 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+');
  return name;
}

/** The refusal for a member that is missing. */
export function required(member: string) {
  return broken(`Value null at '${lowerFirst(member)}'`, 'Member must not be null');
}

/** The refusal for a member that breaks a constraint, in the wording of the API's front end. */
export function broken(subject: string, constraint: string) {
  return invalid(`1 validation error detected: ${subject} failed to satisfy constraint: ${constraint}`);
}

/** A member and its value as complaints show them. */
export function shown(member: string, value: unknown): string {
  return `Value '${typeof value === 'string' ? value : JSON.stringify(value)}' at '${lowerFirst(member)}'`;
}

/** A text member, if present. */
export function text(input: Json, member: string): string | undefined {
  const value = input[member] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  if (typeof value === 'number') throw unreadable('NUMBER_VALUE cannot be converted to String');
  throw unreadable('Start of structure or map found where not expected');
}

/** A text member that must be there. */
export function requiredText(input: Json, member: string): string {
  const value = text(input, member);
  if (value === undefined) throw required(member);
  return value;
}

/** A text member out of a closed set. */
export function choice<T extends string>(input: Json, member: string, allowed: readonly T[]): T | undefined {
  const value = text(input, member);
  if (value === undefined) return undefined;
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw broken(shown(member, value), `Member must satisfy enum value set: [${allowed.join(', ')}]`);
}

/** A yes-or-no member; false when absent. */
export function flag(input: Json, member: string): boolean {
  const value = input[member] ?? false;
  if (typeof value !== 'boolean') throw unreadable(`Unexpected token received from parser`);
  return value;
}

/** A whole number in a range, if present. */
export function integer(input: Json, member: string, min: number, max: number): number | undefined {
  const value = input[member] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw unreadable('STRING_VALUE cannot be converted to Integer');
  if (value < min) throw broken(shown(member, value), `Member must have value greater than or equal to ${min}`);
  if (value > max) throw broken(shown(member, value), `Member must have value less than or equal to ${max}`);
  return Math.floor(value);
}

/** A list member, if present. */
export function list(input: Json, member: string): Json[] | undefined {
  const value = input[member] ?? undefined;
  if (value === undefined || Array.isArray(value)) return value as Json[] | undefined;
  throw unreadable('Start of structure or map found where not expected');
}

/** A structure member, if present. */
export function structure(input: Json, member: string): Json | undefined {
  const value = input[member] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Json;
  throw unreadable('Unexpected field type');
}

/** Refuses the parameters that expressions replaced in 2014; this engine evaluates expressions only. */
export function refuseLegacy(input: Json, members: readonly string[]): void {
  const found = members.filter((member) => input[member] !== undefined && input[member] !== null);
  if (found.length === 0) return;
  throw invalid(`Legacy parameters are not supported here, use expressions instead: {${found.join(', ')}}`);
}

function lowerFirst(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1);
}
