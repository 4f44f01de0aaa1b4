import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { attributesOf } from '../unit-of-work/attributes-of.ts';
import { itemBytes, MAX_ITEM_BYTES } from '../unit-of-work/item-size.ts';
import type { Arrival, Failure, StoredBody } from './failure.ts';
import { type FailureKey, failureKey, groupKeyOf, indexPartition, keyIndexOf, sortOf } from './failure-keys.ts';
import type { Standing } from './failure-standing.ts';

/** A failure with what only the store knows of it. */
export interface FailureRow extends Failure, Standing {
  /** Counts the writes of the row. */
  readonly revision: number;
  /** Epoch seconds; only once it is worked. */
  readonly expiresAt?: number;
}

export type Attributes = Record<string, AttributeValue>;

/** Letters and copies that are remembered: what SQS delivers twice comes again long before as many others of its failure. */
const MAX_IDS = 20;

/** A new failure, or one of which another letter tells. `body` is where the arrival's body has been put. */
export function rowOf(arrival: Arrival, body: StoredBody, indexedAt: number): FailureRow {
  const { letterId, copyId, ...rest } = arrival;
  return { ...rest, body, letters: 1, redrives: 0, indexedAt, letterIds: [letterId], copyIds: [copyId], revision: 1 };
}

/** The row with one more letter. */
export function withLetter(row: FailureRow, { letterId, copyId }: Pick<Arrival, 'letterId' | 'copyId'>): FailureRow {
  if (row.letterIds.includes(letterId)) return row;
  const copyIds = [...row.copyIds.filter((id) => id !== copyId), copyId].slice(-MAX_IDS);
  return { ...row, letters: row.letters + 1, letterIds: [...row.letterIds, letterId].slice(-MAX_IDS), copyIds };
}

/**
 * The row as an item, with the attributes of its indexes. What senders named is one text: a map would have names that DynamoDB or the SDK
 * refuses or loses, such as an empty one.
 */
export function itemOf(row: FailureRow): Attributes {
  return attributesOf({
    ...row,
    attributes: JSON.stringify(row.attributes),
    ...failureKey(row.id),
    groupKey: groupKeyOf(row.status, row.fingerprint),
    sort: sortOf(row),
    keyIndex: keyIndexOf(row.status, row.key),
    messageIndex: indexPartition(row.messageId),
  });
}

/** Reads an item back. */
export function rowFrom(item: Attributes): FailureRow {
  const { pk, sk, groupKey, sort, keyIndex, messageIndex, attributes, ...row } = unmarshall(item);
  return { ...row, attributes: JSON.parse(String(attributes)) } as FailureRow;
}

/** What callers see of a row. */
export function failureOf({ letterIds, copyIds, revision, expiresAt, ...failure }: FailureRow): Failure {
  return failure;
}

export function attributesOfKey({ pk, sk }: FailureKey): Attributes {
  return { pk: { S: pk }, sk: { S: sk } };
}

/** Left over for what transitions write later. */
const MARGIN_BYTES = 8 * 1_024;

/** Whether a row fits an item, whatever is done to it later. */
export function fits(row: FailureRow): boolean {
  return itemBytes(itemOf(row)) <= MAX_ITEM_BYTES - MARGIN_BYTES;
}

/**
 * An arrival whose row fits an item once its body is elsewhere. A letter of a consumer always does; one that SQS moved, or somebody wrote,
 * may have attributes of a megabyte: the largest are given up by name until the rest fits.
 */
export function fitted(arrival: Arrival): Arrival {
  let fit = arrival;
  const fitsBeside = () => fits(rowOf(fit, { kind: 'object', key: 'k'.repeat(256), bytes: 0, sha256: '0'.repeat(64) }, 0));
  while (!fitsBeside()) {
    const [largest] = Object.entries(fit.attributes).sort(([, a], [, b]) => sizeOf(b) - sizeOf(a));
    if (largest === undefined) return shortened(fit);
    const { [largest[0]]: _, ...attributes } = fit.attributes;
    fit = { ...fit, attributes, droppedAttributes: [...(fit.droppedAttributes ?? []), largest[0]] };
  }
  return fit;
}

function sizeOf({ stringValue, binaryValue }: Arrival['attributes'][string]): number {
  return (stringValue ?? binaryValue ?? '').length;
}

function shortened({ stack: _, ...arrival }: Arrival): Arrival {
  return { ...arrival, attempts: [], errorMessage: arrival.errorMessage.slice(0, 1_000) };
}
