import type { Clock } from '../core/clock.ts';
import { AwsError, type AwsRequest, type Engine, type Json, type Place } from '../local/aws.ts';
import type { EventSourceMappings } from '../local/event-source-mapping/event-source-mappings.ts';
import type { InvokeOutcome } from '../local/lambda/invoker.ts';
import type { SimFunctions } from './functions.ts';

/** What the calls need of their world. */
interface FunctionCallsDeps {
  readonly clock: Clock;
  readonly place: Place;
  readonly functions: SimFunctions;
  readonly mappings: () => EventSourceMappings;
}

type Action = (input: Json) => Json | Promise<Json>;

/** Lambda's retries of an event whose run failed ("How Lambda handles errors and retries with asynchronous invocation"). */
const RETRIES_MS = [60_000, 120_000];

/** Lambda's API, as far as code in a world calls it: functions are invoked, mappings are looked at, stopped and started. */
export function createFunctionCalls({ clock, place, functions, mappings }: FunctionCallsDeps): Engine {
  const arnOf = (name: unknown): string => {
    const text = String(name);
    const arn = text.startsWith('arn:') ? text : `arn:aws:lambda:${place.region}:${place.accountId}:function:${text}`;
    if (!functions.has(arn)) throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, { status: 404 });
    return arn;
  };

  async function runLater(arn: string, event: unknown): Promise<void> {
    for (const delayMs of [0, ...RETRIES_MS]) {
      await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
      if ((await functions.invoke(arn, event)).kind === 'result') return;
    }
  }

  const actions: Readonly<Record<string, Action>> = {
    async Invoke(input) {
      const arn = arnOf(input['FunctionName']);
      const event = eventOf(input);
      if (input['InvocationType'] !== 'Event') return answerOf(await functions.invoke(arn, event));
      void runLater(arn, event);
      return { StatusCode: 202 };
    },
    GetEventSourceMapping: (input) => mappings().get(String(input['UUID'])),
    UpdateEventSourceMapping: (input) => mappings().update(input),
    ListEventSourceMappings({ FunctionName: name, EventSourceArn: source }) {
      const filter = {
        ...(name === undefined ? {} : { functionArn: arnOf(name) }),
        ...(source === undefined ? {} : { eventSourceArn: String(source) }),
      };
      return { EventSourceMappings: mappings().list(filter) };
    },
  };
  return {
    service: 'lambda',
    call({ action, input }: AwsRequest) {
      const perform = Object.hasOwn(actions, action) ? actions[action] : undefined;
      if (perform === undefined) throw new AwsError('UnknownOperationException', `The simulated Lambda has no action ${action}.`);
      return perform(input);
    },
  };
}

function eventOf({ Payload: payload }: Json): unknown {
  return typeof payload === 'string' && payload !== '' ? JSON.parse(Buffer.from(payload, 'base64').toString()) : {};
}

function answerOf(outcome: InvokeOutcome): Json {
  if (outcome.kind === 'throttled') throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', { status: 429 });
  const payload = (value: unknown) => Buffer.from(JSON.stringify(value ?? null)).toString('base64');
  if (outcome.kind === 'result') return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: payload(outcome.payload) };
  const { errorType, errorMessage } = outcome;
  return { StatusCode: 200, ExecutedVersion: '$LATEST', FunctionError: 'Unhandled', Payload: payload({ errorType, errorMessage }) };
}
