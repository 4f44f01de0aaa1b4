import { AwsError, type Caller } from '../aws.ts';
import { RECURSIVE_INVOCATION } from '../lambda/invoker.ts';
import { retryDelayMs } from './delivery-schedule.ts';
import { exceedsRawLimit, type Notification, toLambdaEvent, toSendMessage } from './notification.ts';
import { deadLetterArn, isRaw } from './subscription-attributes.ts';
import type { SnsOptions, Subscription } from './topic.ts';

/** How one attempt ended. A server-side error is tried again, a client-side error never ("message delivery retries"). */
type Outcome = 'delivered' | 'client-error' | 'server-error';

/** Brings notifications to subscriptions. */
export interface Deliveries {
  /** Starts a delivery. To a queue that takes it, it is complete when this returns. */
  deliver(notification: Notification, subscription: Subscription): void;
  /** How many deliveries of the subscription, copies included, wait for their time, for a function, or behind one that does. */
  pending(subscription: Subscription): number;
}

// Errors with a 4xx status that are the service's trouble and not the caller's.
const THROTTLES = [
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'TooManyRequestsException',
  'OverLimit',
  'KmsThrottled',
];
// "How Lambda handles errors and retries with asynchronous invocation": two retries of a failed run, after one and two minutes.
const FUNCTION_RETRIES_MS = [60_000, 120_000];

/** Makes the delivery side of an SNS. */
export function createDeliveries(options: SnsOptions): Deliveries {
  const { clock } = options;
  // For each subscription and group: deliveries in order; the first is under way. Without a group a delivery waits for no other.
  const lanes = new Map<string, (() => void)[]>();
  const pending = new Map<string, number>();

  function count(subscription: Subscription, change: 1 | -1): void {
    pending.set(subscription.arn, (pending.get(subscription.arn) ?? 0) + change);
  }

  function finish(notification: Notification, subscription: Subscription, outcome: Exclude<Outcome, 'server-error'>): void {
    count(subscription, -1);
    if (outcome === 'delivered') subscription.counters.delivered += 1;
    else giveUp(notification, subscription);
    leaveLane(laneOf(notification, subscription));
  }

  /** FIFO topics keep the order of a group, also while a delivery of the group is being retried. */
  function laneOf({ fifoTopic, groupId }: Notification, { arn }: Subscription): string | undefined {
    return fifoTopic ? `${arn} ${groupId}` : undefined;
  }

  function leaveLane(lane: string | undefined): void {
    const waiting = lane === undefined ? undefined : lanes.get(lane);
    if (lane === undefined || waiting === undefined) return;
    waiting.shift();
    if (waiting.length === 0) lanes.delete(lane);
    else waiting[0]?.();
  }

  function attempt(notification: Notification, subscription: Subscription, retry: number): void {
    if (subscription.protocol === 'lambda') {
      void invoke(options, notification, subscription).then((outcome) => settle(notification, subscription, { outcome, retry }));
      return;
    }
    const outcome =
      isRaw(subscription) && exceedsRawLimit(notification) ? 'client-error' : send(notification, subscription, subscription.endpoint);
    settle(notification, subscription, { outcome, retry });
  }

  function settle(notification: Notification, subscription: Subscription, { outcome, retry }: { outcome: Outcome; retry: number }): void {
    const delay = outcome === 'server-error' ? retryDelayMs(retry + 1) : undefined;
    if (outcome !== 'server-error' || delay === undefined) {
      finish(notification, subscription, outcome === 'delivered' ? 'delivered' : 'client-error');
    } else if (delay === 0) attempt(notification, subscription, retry + 1);
    else clock.after(delay, () => attempt(notification, subscription, retry + 1));
  }

  function send(notification: Notification, subscription: Subscription, queueArn: string): Outcome {
    try {
      const input = { QueueUrl: queueUrl(options, queueArn), ...toSendMessage(notification, subscription, queueArn) };
      options.aws().callNow({ service: 'sqs', action: 'SendMessage', input, caller: callerFor(options, subscription) });
      return 'delivered';
    } catch (error) {
      return outcomeOf(error);
    }
  }

  function giveUp(notification: Notification, subscription: Subscription): void {
    const { counters } = subscription;
    const target = deadLetterArn(subscription);
    counters.failed += 1;
    if (target !== undefined && send(notification, subscription, target) === 'delivered') counters.redrivenToDlq += 1;
    else {
      counters.dropped += 1;
      if (target !== undefined) counters.refusedByDlq += 1;
    }
  }

  /** A copy of a hostile topic is delivered if it can be: nobody retries it, and the subscription does not count it. */
  function copyLater(notification: Notification, subscription: Subscription): void {
    const afterMs = options.hostility?.copyAfterMs?.();
    if (afterMs === undefined) return;
    count(subscription, 1);
    clock.after(afterMs, () => {
      count(subscription, -1);
      if (subscription.protocol === 'lambda') void invoke(options, notification, subscription);
      else if (!(isRaw(subscription) && exceedsRawLimit(notification))) send(notification, subscription, subscription.endpoint);
    });
  }

  return {
    deliver(notification, subscription) {
      count(subscription, 1);
      const lateMs = options.hostility?.lateByMs?.() ?? 0;
      const begun = () => attempt(notification, subscription, 0);
      const start = lateMs > 0 ? () => void clock.after(lateMs, begun) : begun;
      if (!notification.fifoTopic) copyLater(notification, subscription);
      const lane = laneOf(notification, subscription);
      const waiting = lane === undefined ? [] : (lanes.get(lane) ?? []);
      if (lane !== undefined) lanes.set(lane, waiting);
      waiting.push(start);
      if (waiting.length === 1) start();
    },
    pending: ({ arn }) => pending.get(arn) ?? 0,
  };
}

/** Runs the function as an asynchronous invocation does: a run that fails is repeated twice, and then was delivered all the same. */
async function invoke(options: SnsOptions, notification: Notification, subscription: Subscription): Promise<Outcome> {
  const event = toLambdaEvent(notification, subscription);
  for (const delayMs of [...FUNCTION_RETRIES_MS, undefined]) {
    try {
      const outcome = await options.invoker().invoke(subscription.endpoint, event, notification.traceHeader);
      if (outcome.kind === 'throttled') return 'server-error';
      const isOver = outcome.kind === 'result' || outcome.errorType === RECURSIVE_INVOCATION;
      if (isOver || delayMs === undefined) return 'delivered';
      await new Promise<void>((resolve) => options.clock.after(delayMs, resolve));
    } catch (error) {
      return outcomeOf(error);
    }
  }
  return 'delivered';
}

/** An error that no service raised is a defect of this process: it must not pass for a refusal. */
function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof AwsError)) throw error;
  return error.status >= 500 || THROTTLES.includes(error.code) ? 'server-error' : 'client-error';
}

function callerFor({ place }: SnsOptions, { topicArn }: Subscription): Caller {
  return { kind: 'service', principal: 'sns.amazonaws.com', sourceArn: topicArn, sourceAccount: place.accountId };
}

function queueUrl({ place }: SnsOptions, queueArn: string): string {
  const [accountId, name] = queueArn.split(':').slice(-2);
  return `${place.endpoint}/${accountId}/${name}`;
}
