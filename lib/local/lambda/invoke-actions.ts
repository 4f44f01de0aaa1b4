import type { Ids } from '../../core/ids.ts';
import { AwsError, type Json } from '../aws.ts';
import type { AsyncInvocations } from './async-invocations.ts';
import type { LambdaActions } from './control-plane.ts';
import type { Executor } from './executor.ts';
import type { FunctionStore, ResolvedFunction } from './function-store.ts';
import { RECURSIVE_INVOCATION } from './invoker.ts';

/** What invoking needs. */
export interface InvokeDeps {
  readonly ids: Ids;
  readonly store: FunctionStore;
  readonly executor: Executor;
  readonly async: AsyncInvocations;
}

/** Lambda guide, "Lambda quotas", "Invocation payload": 6 MB synchronous, 1 MB asynchronous. */
const MAX_SYNC_BYTES = 6_291_456;
const MAX_ASYNC_BYTES = 1_048_576;

/** Invoke and the older InvokeAsync. */
export function invokeActions(deps: InvokeDeps): LambdaActions {
  const { store, ids } = deps;

  function submit(target: ResolvedFunction, payload: string, traceHeader: string | undefined): void {
    deps.async.submit(target, { payload, requestId: ids.next(), traceHeader });
  }

  return {
    Invoke(input, _caller, traceHeader) {
      const target = store.resolve(input['FunctionName'], input['Qualifier']);
      const type = String(input['InvocationType'] ?? 'RequestResponse');
      if (type !== 'RequestResponse' && type !== 'Event' && type !== 'DryRun') {
        throw new AwsError(
          'ValidationException',
          `1 validation error detected: Value '${type}' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]`,
        );
      }
      const payload = readPayload(input['Payload'], type === 'Event' ? MAX_ASYNC_BYTES : MAX_SYNC_BYTES);
      if (type === 'DryRun') return { StatusCode: 204 };
      if (type === 'RequestResponse') return respond(deps, target, { payload, input, traceHeader });
      submit(target, payload, traceHeader);
      return { StatusCode: 202 };
    },
    InvokeAsync(input, _caller, traceHeader) {
      const target = store.resolve(input['FunctionName']);
      submit(target, readPayload(input['InvokeArgs'], MAX_ASYNC_BYTES), traceHeader);
      return { Status: 202 };
    },
  };
}

interface SyncCall {
  readonly payload: string;
  readonly input: Json;
  readonly traceHeader: string | undefined;
}

async function respond(deps: InvokeDeps, target: ResolvedFunction, { payload, input, traceHeader }: SyncCall): Promise<Json> {
  const context = input['ClientContext'];
  const result = await deps.executor.invoke({
    target,
    payload,
    requestId: deps.ids.next(),
    traceHeader,
    tail: input['LogType'] === 'Tail',
    ...(typeof context === 'string' ? { clientContext: readClientContext(context) } : {}),
  });
  if (result.kind === 'throttled') throw tooManyRequests(result.reason);
  if (result.kind === 'recursive') throw new AwsError(RECURSIVE_INVOCATION, result.message, { details: { Type: 'User' } });
  const { execution, version, log } = result;
  return {
    StatusCode: 200,
    ExecutedVersion: version,
    ...(log === '' ? {} : { LogResult: Buffer.from(log).toString('base64') }),
    ...(execution.kind === 'error' ? { FunctionError: 'Unhandled' } : {}),
    Payload: Buffer.from(execution.kind === 'error' ? JSON.stringify(execution.error) : execution.payload).toString('base64'),
  };
}

/** No payload is an empty object, as the runtime API delivers it. */
function readPayload(payload: unknown, limit: number): string {
  const text = typeof payload === 'string' ? Buffer.from(payload, 'base64').toString('utf8') : '';
  if (Buffer.byteLength(text) > limit) {
    throw new AwsError('RequestTooLargeException', `Request must be smaller than ${limit} bytes for the InvokeFunction operation`, {
      status: 413,
    });
  }
  if (text === '') return '{}';
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${(error as Error).message}`, {
      details: { Type: 'User' },
    });
  }
}

function readClientContext(encoded: string): string {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Client context must be a valid Base64-encoded JSON object.', {
      details: { Type: 'User' },
    });
  }
}

function tooManyRequests(reason: string): AwsError {
  return new AwsError('TooManyRequestsException', 'Rate Exceeded.', { status: 429, details: { Reason: reason, Type: 'User' } });
}
