import { Logger } from '@aws-lambda-powertools/logger';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPowertoolsLogger, createPowertoolsMetrics } from '../../lib/observability/powertools.ts';

// In development mode Powertools prints to the global console; metrics are then off unless switched on.
beforeEach(() => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'relay');
  vi.stubEnv('POSTHASTE_STACK', 'staging');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** What is printed, line by line, as objects. */
function printed(method: 'log' | 'warn'): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  vi.spyOn(console, method).mockImplementation((line: string) => void lines.push(JSON.parse(line)));
  return lines;
}

test('metrics are written once, at the end, in the format that CloudWatch reads; zeros too', () => {
  const lines = printed('log');
  const metrics = createPowertoolsMetrics();
  metrics.add('OutboxPublished', 3);
  metrics.add('OutboxPublished', 4);
  metrics.add('OutboxOldestPendingAge', 0, { unit: 'Seconds' });
  expect(lines).toEqual([]);
  metrics.flush();
  metrics.flush();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ service: 'relay', OutboxPublished: [3, 4], OutboxOldestPendingAge: 0 });
  expect(JSON.stringify(lines[0])).toContain('"Unit":"Seconds"');
});

test('a metric with dimensions of its own is written apart', () => {
  const lines = printed('log');
  const metrics = createPowertoolsMetrics();
  metrics.add('MessagesProcessed', 1, { dimensions: { consumer: 'ship-order' } });
  metrics.flush();
  expect(lines).toMatchObject([{ consumer: 'ship-order', MessagesProcessed: 1 }]);
});

test('each metric is filed once, under its function, its stack and what it is about', () => {
  const lines = printed('log');
  const metrics = createPowertoolsMetrics({ consumer: 'ship-order' });
  metrics.add('MessagesProcessed', 1);
  metrics.flush();
  createPowertoolsMetrics().add('FailuresIndexed', 1, { dimensions: { consumer: 'print-label' } });
  const filed = { Namespace: 'Posthaste', Dimensions: [['service', 'stack', 'consumer']] };
  expect(lines).toMatchObject([
    { _aws: { CloudWatchMetrics: [filed] }, service: 'relay', stack: 'staging', consumer: 'ship-order' },
    { _aws: { CloudWatchMetrics: [filed] }, service: 'relay', stack: 'staging', consumer: 'print-label' },
  ]);
});

test('outside of a function that a construct deployed they have no stack', () => {
  vi.stubEnv('POSTHASTE_STACK', undefined);
  const lines = printed('log');
  const metrics = createPowertoolsMetrics();
  metrics.add('OutboxPublished', 1);
  metrics.flush();
  expect(lines).toMatchObject([{ _aws: { CloudWatchMetrics: [{ Dimensions: [['service']] }] }, service: 'relay' }]);
  expect(lines[0]).not.toHaveProperty('stack');
});

test('a log line carries its fields, and an error its name and message', () => {
  const lines = printed('warn');
  const log = createPowertoolsLogger(new Logger({ serviceName: 'relay' }));
  log.warn('publishing failed', { messageId: 'm', error: new TypeError('no') });
  expect(lines).toMatchObject([
    { level: 'WARN', message: 'publishing failed', messageId: 'm', error: { name: 'TypeError', message: 'no' } },
  ]);
});
