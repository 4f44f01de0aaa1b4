import type { Json } from '../aws.ts';
import { invalidParameter } from './sns-errors.ts';

// ListTopics and ListSubscriptions references: "Each call returns a limited list of up to 100".
const PAGE = 100;

/** One page of a list under `member`, with the token of the next when there is one. */
export function pageOf(items: readonly Json[], member: string, token: unknown): Json {
  const start = token === undefined || token === null ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0) throw invalidParameter('NextToken');
  const next = start + PAGE;
  return { [member]: items.slice(start, next), ...(next < items.length && { NextToken: String(next) }) };
}
