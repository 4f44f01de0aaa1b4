/** What the stack of this benchmark and its processes agree on. */
export const CHAIN = {
  stack: 'PosthasteBench',
  topic: 'bench',
  outboxTable: 'OutboxTable',
  shipmentsTable: 'ShipmentsTable',
  invoicesTable: 'InvoicesTable',
  effectsTable: 'BENCH_EFFECTS_TABLE',
  source: 'urn:posthaste:bench',
} as const;
