/**
 * What the failure store's construct and its runtime must agree on: the layout of the table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | failure | `FAILURE#<id>` | `STATE` |
 * | what was done to it | `FAILURE#<id>` | `AUDIT#<ISO time>#<digest>` |
 * | group | `GROUPS` | `<fingerprint>` |
 * | redrive | `REDRIVES` | `<id>` |
 */
export const FAILURE_ATTRIBUTES = {
  pk: 'pk',
  sk: 'sk',
  /** Epoch seconds; on failures that are worked and on audits. What waits for somebody never carries it. */
  expiresAt: 'expiresAt',
  /** Partition of `byGroup`: `<status>#<fingerprint>`. */
  groupKey: 'groupKey',
  /** Sort key of every index: `<failed at, 15 digits>#<id>`. */
  sort: 'sort',
  /** Partition of `byKey`: `<status>#<ordering key>`, where there is a key. */
  keyIndex: 'keyIndex',
  /** Partition of `byMessage`: the message id, where one is known. */
  messageIndex: 'messageIndex',
} as const;

/** The indexes, by their partition attribute; keys only: what is shown and decided is read from the table, consistently. */
export const FAILURE_INDEXES = { byGroup: 'groupKey', byKey: 'keyIndex', byMessage: 'messageIndex' } as const;

/** Days that a failure is kept once it is worked: as long as the inbox remembers its message. */
export const WORKED_RETENTION_DAYS = 60;

/** Days that it is kept what was done to a failure, and by whom. */
export const AUDIT_RETENTION_DAYS = 400;

/** What the name of every object that is a body begins with. */
export const BODIES_PREFIX = 'bodies/';
