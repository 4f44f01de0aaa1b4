import type { Clock } from '../../core/clock.ts';
import type { FunctionError } from './sandbox-protocol.ts';

/** An invocation that ended in an error. */
export interface FailedInvocation {
  readonly requestId: string;
  readonly error: FunctionError;
  readonly durationMs: number;
}

/** Errors that the platform tells; what a handler threw was logged by its runtime already. */
const PLATFORM = /^(Sandbox|Runtime)\./;

/**
 * What Lambda itself writes into a function's log about an invocation that it had to end, or that ended its sandbox; undefined for the
 * others (Lambda guide, "Using the JSON log format"; Telemetry API event schema, "platform.report").
 */
export function createFailureLog(clock: Clock, json: boolean): (failed: FailedInvocation) => string | undefined {
  return (failed) => {
    if (!PLATFORM.test(failed.error.errorType)) return undefined;
    const time = new Date(clock.now()).toISOString();
    return json ? asJson(time, failed) : asText(time, failed);
  };
}

function asJson(time: string, { requestId, error, durationMs }: FailedInvocation): string {
  const status = error.errorType === 'Sandbox.Timedout' ? 'timeout' : 'failure';
  const { errorType, errorMessage } = error;
  const record = { requestId, metrics: { durationMs }, status, errorType, errorMessage };
  return JSON.stringify({ time, type: 'platform.report', record });
}

function asText(time: string, { requestId, error }: FailedInvocation): string {
  if (error.errorType === 'Sandbox.Timedout') return `${time} ${requestId} ${error.errorMessage.replace(/^.* Error: /, '')}`;
  return `${error.errorMessage}\n${error.errorType}`;
}
