// "Amazon SNS message delivery retries", AWS managed endpoints: 3 without delay, 2 a second apart, 10 with exponential backoff from 1
// to 20 seconds, 100,000 at 20 seconds: 100,015 retries over 23 days. AWS adds jitter; here the same run gives the same times.
const IMMEDIATE = 3;
const PRE_BACKOFF = IMMEDIATE + 2;
const BACKOFF = PRE_BACKOFF + 10;
const TOTAL = BACKOFF + 100_000;
const FIRST_MS = 1_000;
const LAST_MS = 20_000;

/** How long to wait before a retry (the first is 1) after a server-side error; undefined when the policy is exhausted. */
export function retryDelayMs(retry: number): number | undefined {
  if (retry > TOTAL) return undefined;
  if (retry <= IMMEDIATE) return 0;
  if (retry <= PRE_BACKOFF) return FIRST_MS;
  if (retry > BACKOFF) return LAST_MS;
  const steps = BACKOFF - PRE_BACKOFF - 1;
  return Math.round(FIRST_MS * (LAST_MS / FIRST_MS) ** ((retry - PRE_BACKOFF - 1) / steps));
}
