/** What the inbox's construct and its runtime must agree on. */
export const INBOX_ENV = {
  /** Name of the inbox table; on every consumer. */
  table: 'POSTHASTE_INBOX_TABLE',
  /** How long a marker is kept, in days. */
  retentionDays: 'POSTHASTE_INBOX_RETENTION_DAYS',
  /** Whose consumer this is, the stack's name: consumers of one name in two stacks may share a table. */
  scope: 'POSTHASTE_INBOX_SCOPE',
} as const;

/**
 * Item layout: a table with a partition key only.
 *
 * | item | pk |
 * | --- | --- |
 * | marker: this consumer has handled this message | `<scope>/<consumer>#<message id>` |
 * | attempts of one message, written from the second receive on | `ATTEMPTS#<scope>/<consumer>#<message id>` |
 *
 * Without a scope, a consumer that no construct deployed, both begin with its bare name.
 */
export const INBOX_ATTRIBUTES = {
  pk: 'pk',
  /** Epoch seconds. The condition of a claim decides expiry; DynamoDB's TTL only tidies up later. */
  expiresAt: 'expiresAt',
} as const;

/** What the keys of a consumer's markers begin with. */
export function markerPrefix(consumer: string): string {
  return `${consumer}#`;
}

/**
 * Days that a marker is kept by default: SNS may retry for 23 days, a queue and its DLQ hold a message for 14 each, and a
 * redrive needs a margin. A shorter retention lets an old message run twice.
 */
export const INBOX_RETENTION_DAYS = 60;

/** What is older than the retention less a day is not run, for its marker may be gone: below two days hardly anything would be. */
export const MIN_RETENTION_DAYS = 2;
