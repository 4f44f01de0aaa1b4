import { describe, expect, test } from 'vitest';
import { readLine } from '../../../lib/cli/tail/read-line.ts';
import { eventLine } from '../../../lib/cli/tail/tail.render.ts';
import { createTerminal } from '../../../lib/cli/terminal.ts';

import { CONSUMER_METRICS } from '../../../lib/consumer/consumer.contract.ts';
import { INDEXER_METRICS } from '../../../lib/dlq/dlq.contract.ts';
import { OUTBOX_METRICS } from '../../../lib/outbox/outbox.contract.ts';

const terminal = createTerminal({ isTTY: false } as NodeJS.WriteStream, {});
const at = Date.parse('2030-01-01T10:20:30.456Z');
/** The line that is shown for one that was logged. */
function shown(message: string | object): string | undefined {
  const event = readLine({ id: '1', at, message: typeof message === 'string' ? message : JSON.stringify(message) }, 'fn');
  return event && eventLine(event, terminal).replace('10:20:30.456  ', '');
}

const about = { consumer: 'ship-order', messageId: 'm-1', messageType: 'orders.order-placed' };
const UNITS: Readonly<Record<string, string>> = {
  MessageLatency: 'Milliseconds',
  OldestFailureAge: 'Seconds',
  OutboxOldestPendingAge: 'Seconds',
};
const emf = (values: object) => ({
  _aws: {
    Timestamp: 1,
    CloudWatchMetrics: [{ Namespace: 'Posthaste', Metrics: Object.keys(values).map((Name) => ({ Name, Unit: UNITS[Name] ?? 'Count' })) }],
  },
  ...values,
});

describe('a log line', () => {
  test.each([
    [{ level: 'DEBUG', message: 'message outcome', ...about, outcome: 'done' }, 'ship-order  done  orders.order-placed  m-1'],
    [
      { level: 'DEBUG', message: 'message outcome', ...about, outcome: 'failed', delayMs: 5_250 },
      'ship-order  failed  orders.order-placed  m-1  again in 5.3s',
    ],
    [
      { level: 'WARN', message: 'message failed', ...about, code: 'TimeoutError', error: 'too slow', attempt: 2, delayMs: 9_000 },
      'ship-order  WARN message failed  orders.order-placed  m-1  TimeoutError: too slow  attempt 2  again in 9.0s',
    ],
    [{ level: 'ERROR', message: 'no', error: { name: 'TypeError', message: 'x' } }, 'fn  ERROR no  TypeError: x'],
    [
      { ...emf({ MessagesProcessed: 12, MessagesRetried: [1, 2], MessageLatency: [3] }), consumer: 'ship-order' },
      'ship-order  12 processed, 3 retried',
    ],
    [
      { ...emf({ FailuresIndexed: 2 }), consumer: 'ship-order', service: 'failures-indexer' },
      'failures-indexer  2 kept as open  of ship-order',
    ],
    [{ level: 'INFO', message: 'hi', consumer: 'ship-order', service: 'service_undefined' }, 'ship-order  hi'],
    [
      { level: 'WARN', message: 'a redrive has stopped', service: 'operations', redrive: 'r-1', because: 'two failed' },
      'operations  WARN a redrive has stopped  r-1  two failed',
    ],
    [
      {
        level: 'ERROR',
        message: `Init Error \t${JSON.stringify({ errorType: 'ConfigError', errorMessage: 'give it {x}', stack: ['a\n'] })}`,
      },
      'fn  ERROR Init Error  ConfigError: give it {x}',
    ],
    [
      '2030-01-01T10:20:30.456Z\treq-1\tERROR\tInvoke Error \t{"errorType":"Error","errorMessage":"no","stack":[]}',
      'fn  ERROR Invoke Error  Error: no',
    ],
    [{ level: 'INFO', message: 'had {"errorType":1}' }, 'fn  had {"errorType":1}'],
    [{ ...emf({ OutboxPublished: 4, OutboxPending: 0, OldestFailureAge: 44 }), service: 'outbox-relay' }, 'outbox-relay  4 published'],
    ['2030-01-01T10:20:30.456Z\treq-1\tINFO\thello\nthere', 'fn  hello there'],
    ['2030-01-01T10:20:30.456Z\treq-1\tERROR\tUncaught Exception', 'fn  ERROR Uncaught Exception'],
    ['REPORT RequestId: r\tDuration: 3000.00 ms\tStatus: timeout', 'fn  ERROR the invocation ended with: timeout'],
    [{ type: 'platform.report', record: { status: 'timeout' } }, 'fn  ERROR the invocation ended with: timeout'],
    ['{"broken', 'fn  {"broken'],
    ['\u001b[2J', 'fn  \\u{1b}[2J'],
  ])('%j is shown as "%s"', (message, line) => {
    expect(shown(message)).toBe(line);
  });

  test.each(
    [...Object.values({ ...CONSUMER_METRICS, latency: [] }), ...Object.values(OUTBOX_METRICS), ...Object.values(INDEXER_METRICS)].flat(),
  )('says %s in words', (metric) => {
    expect(shown(emf({ [metric]: 2 })) ?? '').not.toContain(metric);
  });

  test.each([
    'START RequestId: r Version: $LATEST',
    'END RequestId: r',
    'REPORT RequestId: r\tDuration: 1.00 ms',
    'INIT_START Runtime Version: nodejs:24',
    '{"time":"t","type":"platform.start","record":{}}',
    '{"time":"t","type":"platform.report","record":{"status":"success"}}',
    JSON.stringify(emf({ MessagesProcessed: 0 })),
    '\n',
  ])('%s says nothing', (message) => {
    expect(shown(message)).toBeUndefined();
  });
});
