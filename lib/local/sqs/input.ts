import type { AwsError, Json } from '../aws.ts';
import { missingParameter } from './sqs-errors.ts';

/** A text that the action needs. */
export function requiredText(input: Json, parameter: string): string {
  const value = input[parameter];
  if (typeof value !== 'string' || value === '') throw missingParameter(parameter);
  return value;
}

/** A list of texts; empty when absent. */
export function textList(input: Json, parameter: string): readonly string[] {
  const value = input[parameter];
  return Array.isArray(value) ? value.map(String) : [];
}

/** A list of objects; empty when absent. */
export function objectList(input: Json, parameter: string): readonly Json[] {
  const value = input[parameter];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'object' && entry !== null) : [];
}

/** An object of texts; empty when absent. */
export function textMap(input: Json, parameter: string): Readonly<Record<string, string>> {
  const value = input[parameter];
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]));
}

/** The range of a whole number and the error for a value outside it. */
export interface IntegerRule {
  readonly minimum: number;
  readonly maximum: number;
  refuse(value: unknown): AwsError;
}

/** A whole number within its range; undefined when absent. */
export function optionalInteger(input: Json, parameter: string, rule: IntegerRule): number | undefined {
  const value = input[parameter];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < rule.minimum || number > rule.maximum) throw rule.refuse(value);
  return number;
}
