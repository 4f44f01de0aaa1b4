/** Where every metric of the library is found: the construct that deploys a function, the code that counts, and the alarms agree on it. */
export const METRICS_NAMESPACE = 'Posthaste';

/** The dimension beside `service` that tells the functions of two stacks apart, which may have one name. */
export const STACK_DIMENSION = 'stack';

/** What the construct of a function tells its metrics. */
export const METRICS_ENV = {
  /** Name of the function's stack. */
  stack: 'POSTHASTE_STACK',
} as const;
