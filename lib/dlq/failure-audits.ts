import { createHash } from 'node:crypto';
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { attributesOf } from '../unit-of-work/attributes-of.ts';
import type { FailureAudit } from './failure.ts';
import type { Attributes } from './failure-items.ts';
import { auditKey } from './failure-keys.ts';
import { AUDIT_RETENTION_DAYS } from './failure-table.contract.ts';

const DAY_SECONDS = 86_400;
/** A diff of two bodies may be of the size of both. */
const MAX_DIFF_BYTES = 64 * 1_024;

/** Puts on file what was done. Equal audits of one moment are one. */
export function auditPut(table: string, audit: FailureAudit): TransactWriteItem {
  const row = { ...audit, ...(audit.diff !== undefined && { diff: shortened(audit.diff) }) };
  const digest = createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 12);
  const expiresAt = Math.floor(audit.at / 1_000) + AUDIT_RETENTION_DAYS * DAY_SECONDS;
  return { Put: { TableName: table, Item: attributesOf({ ...row, ...auditKey(audit.failureId, audit.at, digest), expiresAt }) } };
}

/** Reads it back. */
export function auditFrom(item: Attributes): FailureAudit {
  const { pk, sk, expiresAt, ...audit } = unmarshall(item);
  return audit as unknown as FailureAudit;
}

function shortened(diff: string): string {
  const bytes = Buffer.from(diff);
  return bytes.length <= MAX_DIFF_BYTES ? diff : `${bytes.subarray(0, MAX_DIFF_BYTES).toString()}\n… (cut)`;
}
