import type { Violation } from '../conservation.ts';
import { formatFault, type PlannedFault } from '../fault-plan.ts';
import type { Plan } from '../search/plan.ts';
import type { SWARM_FEATURES } from '../swarm.ts';

/** What was promised, by the violation's guarantee. */
const PROMISES: Partial<Record<Violation['guarantee'], string>> = {
  G1: 'no message is lost',
  G3: 'every message takes effect exactly once',
  G12: 'everything is done some time after the last fault',
};

/** A broken promise with all that is needed to see it again. */
export interface BrokenPromise {
  readonly plan: Plan;
  readonly violations: readonly Violation[];
  readonly timeline: readonly string[];
  readonly command: string;
  /** How often each message was delivered. */
  readonly deliveries: 1 | 2;
}

/** A failure as a test runner prints it. */
export function failureText({ plan, violations, timeline, command, deliveries }: BrokenPromise): string {
  if (violations.length === 0) return unstableText(plan);
  const [first] = violations;
  const promise = (first && PROMISES[first.guarantee]) ?? 'every message takes effect exactly once';
  return [
    `${plan.experiment} breaks its promise: ${promise}.`,
    ...violations.slice(0, MAX_DIFFERENCES).map(({ message }) => `  ${message}`),
    ...(violations.length > MAX_DIFFERENCES ? [`  … ${violations.length - MAX_DIFFERENCES} more differences`] : []),
    '',
    ...troubleLines(plan, deliveries),
    '',
    'Run it again:',
    `  ${command}`,
    '',
    'What happened, in virtual milliseconds:',
    ...timeline.map((line) => `  ${line}`),
  ].join('\n');
}

/** A run that fails once and not again was decided by something that no seed decides. */
function unstableText({ experiment, seed }: Plan): string {
  return (
    `${experiment} broke its promise under seed ${seed}, and kept it when the same world was run again: its code asks something outside of the ` +
    'world for time, chance or order. Make clients and whatever else has state inside the function that makes the code, for each process anew'
  );
}

const MAX_DIFFERENCES = 5;

function troubleLines({ faults, swarm }: Plan, deliveries: 1 | 2): readonly string[] {
  const features = Object.keys(swarm.rates) as (keyof typeof SWARM_FEATURES)[];
  const lines = [...faults.map(describeFault), ...features.map((feature) => `${feature}: ${FEATURES[feature] ?? feature}`)];
  if (lines.length > 0) return ['It takes no more than this:', ...lines.map((line) => `  ${line}`)];
  return [deliveries === 2 ? 'It takes no fault: a message that is delivered twice is enough.' : 'It takes no fault.'];
}

/** What each kind of fault does, for people. */
const KINDS: Record<PlannedFault['kind'], string> = {
  crashBefore: 'the process dies before the call has its effect',
  crashAfter: 'the process dies after the call had its effect',
  throttle: 'the call is throttled',
  errorAfterEffect: 'the call has its effect, its answer is lost',
  errorWithoutEffect: 'the call fails on its way, nobody can tell that it had no effect',
  effectAfterError: 'the call times out, and has its effect later',
  slow: 'the answer comes after the function has timed out',
  deny: 'the call is denied',
  conflict: 'the transaction is cancelled by another one',
  partialBatch: 'a part of the batch fails',
};

function describeFault(fault: PlannedFault): string {
  return `${formatFault(fault)}  ${KINDS[fault.kind]}`;
}

/** What services and mappings do, where their names do not say it. */
const FEATURES: Partial<Record<keyof typeof SWARM_FEATURES, string>> = {
  skew: 'clocks are wrong',
  freeze: 'an invocation stands still for a while',
  deploy: 'new code is deployed while messages are handled',
  restart: 'the pollers of the queue are replaced',
  smallBatch: 'batches are smaller than they could be',
  skip: 'a batch is received and no function runs',
  duplicate: 'a batch is delivered twice',
  delay: 'a batch waits before its function runs',
  loseResponse: 'the answer of the function is lost',
  queueOrder: 'messages come in any order',
  queueCopy: 'a message is there again after it was deleted',
  staleRead: 'an eventually consistent read sees an older state',
};
