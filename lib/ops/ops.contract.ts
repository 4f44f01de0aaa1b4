import { METRICS_ENV } from '../core/metrics.contract.ts';
import { FAILURE_STORE_ENV } from '../dlq/dlq.contract.ts';
import { TOPOLOGY_ENV } from '../topology/topology.contract.ts';

/** What the operations function's construct and its runtime must agree on. */
export const OPERATIONS_ENV = {
  ...FAILURE_STORE_ENV,
  /** Where the stack's queues and outboxes are listed. */
  topology: TOPOLOGY_ENV.path,
  /** The stack's name, as answers give it. */
  stack: METRICS_ENV.stack,
} as const;

/** What the operations function is called; the stack's name stands in front (see `nameWithin`), and the command line finds it by that. */
export const OPERATIONS_NAME = 'operations';

/** The rows of redrives in the failure store's table: one item each, `pk` as given and `sk` the redrive's id. */
export const REDRIVE_ROWS = 'REDRIVES';

/** The one item, under this `pk` and `sk`, that says which redrive had each ordered consumer last. */
export const REDRIVE_LANES = 'REDRIVE-LANES';

/** What the schedule's tick measures. */
export const OPERATIONS_METRICS = {
  /** Seconds that the oldest open failure has waited since it failed; reported by every tick, 0 when there is none. */
  oldestFailureAge: 'OldestFailureAge',
} as const;

/** The event of the schedule, once a minute. */
export const OPERATIONS_TICK = { operation: 'tick' } as const;
