import type { ErrorRule } from '../retry/error-rules.ts';
import { decodePolicy, type RetryPolicy } from '../retry/policy.ts';
import { CONSUMER_ENV, type DeliveryChoice, HANDLES_ALL, LONG_WAITS_ENV, PAUSING_ENV } from './consumer.contract.ts';
import { ConsumerConfigError } from './consumer.errors.ts';
import { handlesDigest } from './handles-digest.ts';
import { rulesDigest } from './rules-digest.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What the code of a consumer says of itself. */
export interface ConsumerCode {
  readonly name: string;
  readonly delivery: DeliveryChoice;
  readonly errors: readonly ErrorRule[];
  /** What it says itself of its retries. */
  readonly given: { readonly maxAttempts?: number; readonly onExhausted?: 'deadLetter' | 'block'; readonly retry?: RetryPolicy };
  /** Wire names. */
  readonly handles: readonly string[];
  /** Whether it makes schedules for long waits. */
  readonly makesSchedules: boolean;
  /** Whether it can stop deliveries. */
  readonly pauses: boolean;
}

/** The settings of `given` that the construct printed and deployed with other values, as both say them. */
function otherRetries({ given }: ConsumerCode, env: Env): readonly string[] {
  const { maxAttempts, onExhausted, retry } = given;
  const pairs: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['maxAttempts', maxAttempts === undefined ? undefined : String(maxAttempts), env[CONSUMER_ENV.maxAttempts]],
    ['onExhausted', onExhausted, env[CONSUMER_ENV.onExhausted]],
    ['retry', retry && policyText(JSON.stringify(retry)), policyText(env[CONSUMER_ENV.retry])],
  ];
  return pairs.flatMap(([name, own, deployed]) =>
    own === undefined || deployed === undefined || own === deployed ? [] : [`${name} ${deployed}, but its code says ${own}`],
  );
}

/** A policy with its members in one order, whoever wrote it. */
function policyText(text: string | undefined): string | undefined {
  return text === undefined ? undefined : JSON.stringify(decodePolicy(text));
}

/** Each says how code and deployment differ, if they do. */
const DIFFERENCES: readonly ((code: ConsumerCode, env: Env) => string | false)[] = [
  ({ name }, { [CONSUMER_ENV.name]: deployed = name }) =>
    deployed !== name &&
    `this function was deployed as the consumer '${deployed}', but its code is the consumer '${name}': the name keys the inbox, so both must be the same`,
  ({ name, delivery }, { [CONSUMER_ENV.delivery]: deployed = delivery }) =>
    deployed !== delivery &&
    `consumer '${name}' was deployed with the delivery '${deployed}', but its code says '${delivery}': say the same to createConsumer and to the construct, for one calls a handler again ` +
      'after a failure and the other never does',
  ({ name, errors }, { [CONSUMER_ENV.errorsDigest]: deployed }) =>
    deployed !== undefined &&
    deployed !== rulesDigest(errors) &&
    `consumer '${name}' was deployed with other error rules than its code has: give createConsumer and its construct the same "errors", from one module; those of a single handler stand in its on()`,
  (code, env) => {
    const others = otherRetries(code, env);
    return (
      others.length > 0 &&
      `consumer '${code.name}' was deployed with ${others.join('; ')}: the schedule that its construct printed would not be the one that runs; say it to the construct alone, or to both the same`
    );
  },
  ({ name, makesSchedules }, { [LONG_WAITS_ENV.group]: deployed }) =>
    deployed !== undefined &&
    !makesSchedules &&
    `consumer '${name}' was deployed with schedules for long waits, but its code does not make them: give createConsumer 'longWaits: createLongWaits()', or the construct 'longRetries: false'`,
  ({ name, pauses }, { [PAUSING_ENV.schedule]: deployed }) =>
    deployed !== undefined &&
    !pauses &&
    `consumer '${name}' was deployed as pausable, but its code cannot stop deliveries: give createConsumer "pausing: createPausing()", or the construct "pausable: false"`,
  ({ name, handles }, { [CONSUMER_ENV.handlesDigest]: deployed }) =>
    deployed !== undefined &&
    deployed !== handlesDigest(handles) &&
    `consumer '${name}' was deployed to receive ${deployed === HANDLES_ALL ? 'every message of its topics' : 'other messages'}, but its code handles ${handles.join(', ')}: give the Consumer construct ` +
      'the same definitions',
];

/** The construct wrote down what it deployed; code that differs would park or never see messages, so it does not start. */
export function checkDeployment(code: ConsumerCode, env: Env): void {
  for (const differenceOf of DIFFERENCES) {
    const difference = differenceOf(code, env);
    if (difference !== false) throw new ConsumerConfigError(difference);
  }
}
