import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import type { Aws, Json, Place, ServiceName } from '../aws.ts';
import type { InvocationResult } from './executor.ts';
import { functionArn } from './function-name.ts';
import type { ResolvedFunction } from './function-store.ts';
import { invokeConfigOf } from './invoke-config-actions.ts';

/** The end of an asynchronous event. */
interface AsyncEnd {
  readonly condition: 'Success' | 'RetriesExhausted' | 'EventAgeExceeded';
  readonly result: InvocationResult | undefined;
  readonly requestId: string;
  readonly payload: string;
  readonly invocations: number;
}

/** A record that could not be delivered to where it should go. */
export interface DeliveryFailure {
  readonly functionArn: string;
  readonly destination: string;
  readonly message: string;
}

/** Sends the outcome of asynchronous events where the function's configuration says. */
export interface DestinationSender {
  settle(target: ResolvedFunction, end: AsyncEnd): void;
}

/** What the sender is made of. */
export interface DestinationDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  readonly aws: () => Aws;
  /** Invokes another function asynchronously. */
  readonly invokeAsync: (functionArn: string, payload: string) => void;
  readonly onDeliveryFailure: (failure: DeliveryFailure) => void;
}

/** Makes the sender; every call is made as the function's role. */
export function createDestinationSender(deps: DestinationDeps): DestinationSender {
  function call(target: ResolvedFunction, request: { service: ServiceName; action: string; input: Json }): void {
    const roleArn = target.version.settings.role;
    deps.aws().callNow({ ...request, caller: { kind: 'role', roleArn, sessionName: target.entry.name } });
  }

  function send(target: ResolvedFunction, destination: string, message: { body: string; attributes?: Json }): void {
    const [, , service, , account, name] = destination.split(':');
    const attributes = message.attributes ? { MessageAttributes: message.attributes } : {};
    if (service === 'sqs') {
      const QueueUrl = `${deps.place.endpoint}/${account}/${name}`;
      call(target, { service: 'sqs', action: 'SendMessage', input: { QueueUrl, MessageBody: message.body, ...attributes } });
    } else if (service === 'sns')
      call(target, { service: 'sns', action: 'Publish', input: { TopicArn: destination, Message: message.body, ...attributes } });
    else if (service === 's3') {
      const input = { Bucket: name, Key: objectKey(deps, target), Body: Buffer.from(message.body) };
      call(target, { service: 's3', action: 'PutObject', input });
    } else if (service === 'lambda') deps.invokeAsync(destination, message.body);
    else throw new Error(`the embedded AWS has no ${service ?? 'such'} destinations`);
  }

  function attempt(target: ResolvedFunction, destination: string | undefined, message: { body: string; attributes?: Json }): void {
    if (destination === undefined) return;
    try {
      send(target, destination, message);
    } catch (error) {
      deps.onDeliveryFailure({ functionArn: target.arn, destination, message: (error as Error).message });
    }
  }

  return {
    settle(target, end) {
      const { onSuccess, onFailure } = invokeConfigOf(target.entry, target.qualifier);
      const body = JSON.stringify(destinationRecord(deps, target, end));
      attempt(target, end.condition === 'Success' ? onSuccess : onFailure, { body });
      if (end.condition === 'Success') return;
      attempt(target, target.version.settings.deadLetterArn, { body: end.payload, attributes: deadLetterAttributes(end) });
    },
  };
}

/** `aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<random UUID>` (Lambda guide, "Capturing records of async invocations"). */
function objectKey(deps: DestinationDeps, target: ResolvedFunction): string {
  const time = new Date(deps.clock.now()).toISOString().slice(0, 19);
  return `aws/lambda/async/${target.entry.name}/${time.slice(0, 10).replaceAll('-', '/')}/${time.replaceAll(':', '.')}-${deps.ids.next()}`;
}

function destinationRecord(deps: DestinationDeps, target: ResolvedFunction, end: AsyncEnd): Json {
  const done = end.result?.kind === 'done' ? end.result : undefined;
  const failed = done?.execution.kind === 'error';
  return {
    version: '1.0',
    timestamp: new Date(deps.clock.now()).toISOString(),
    requestContext: {
      requestId: end.requestId,
      functionArn: functionArn(deps.place, target.entry.name, target.qualifier ?? '$LATEST'),
      condition: end.condition,
      approximateInvokeCount: end.invocations,
    },
    requestPayload: JSON.parse(end.payload),
    ...(done
      ? { responseContext: { statusCode: 200, executedVersion: done.version, ...(failed ? { functionError: 'Unhandled' } : {}) } }
      : {}),
    ...(done ? { responsePayload: done.execution.kind === 'result' ? JSON.parse(done.execution.payload) : done.execution.error } : {}),
  };
}

/** The event itself goes to a dead-letter queue, with these beside it (Lambda guide, "Adding a dead-letter queue"). */
function deadLetterAttributes(end: AsyncEnd): Json {
  const error =
    end.result?.kind === 'done' && end.result.execution.kind === 'error' ? end.result.execution.error.errorMessage : end.condition;
  return {
    RequestID: { DataType: 'String', StringValue: end.requestId },
    ErrorCode: { DataType: 'Number', StringValue: '200' },
    ErrorMessage: { DataType: 'String', StringValue: error.slice(0, 1_024) || end.condition },
  };
}
