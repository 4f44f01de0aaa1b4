import type { Clock } from '../../core/clock.ts';

/** One log event of a sandbox; without a level it was written to a stream directly and is passed on as it is. */
export interface LogEvent {
  readonly text: string;
  readonly level?: string | undefined;
  readonly requestId: string;
}

/**
 * Formats what `console` wrote as Lambda's runtimes do: tab-separated text, or one JSON object a line (Lambda guide, "Using the JSON
 * log format").
 */
export function createLogFormat(clock: Clock, json: boolean): (event: LogEvent) => string {
  return ({ text, level, requestId }) => {
    if (level === undefined) return text;
    const timestamp = new Date(clock.now()).toISOString();
    if (json) return JSON.stringify({ timestamp, level, ...(requestId === '' ? {} : { requestId }), message: text });
    return `${timestamp}\t${requestId || 'undefined'}\t${level}\t${text}`;
  };
}
