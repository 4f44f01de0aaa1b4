import { Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger';
import { Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import type { Logger } from '../core/logger.ts';
import { METRICS_ENV, METRICS_NAMESPACE, STACK_DIMENSION } from '../core/metrics.contract.ts';
import type { Metrics } from '../core/metrics.ts';

/** Metrics that are written as one log line (CloudWatch EMF) when the invocation ends. */
export interface BufferedMetrics extends Metrics {
  /** Writes what was gathered; call it once at the end of each invocation. */
  flush(): void;
}

/**
 * The library's logger on Powertools: JSON lines, level from `POWERTOOLS_LOG_LEVEL`, service from `POWERTOOLS_SERVICE_NAME`.
 *
 * @example
 * const log = createPowertoolsLogger();
 * log.warn('publishing a message failed', { messageId });
 */
export function createPowertoolsLogger(logger: PowertoolsLogger = new PowertoolsLogger()): Logger {
  return {
    debug: (message, fields = {}) => logger.debug(message, fields),
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
}

/**
 * The library's metrics on Powertools, in the namespace `Posthaste`: under `service` from `POWERTOOLS_SERVICE_NAME`, under `stack` where a
 * construct names the function's, and under the dimensions given. Metrics with dimensions of their own are written at once, the others
 * together at `flush`.
 *
 * @example
 * const metrics = createPowertoolsMetrics();
 * metrics.add('OutboxPublished', 3);
 * metrics.flush();
 */
export function createPowertoolsMetrics(dimensions: Readonly<Record<string, string>> = {}): BufferedMetrics {
  const stack = process.env[METRICS_ENV.stack];
  const defaultDimensions = { ...(stack && { [STACK_DIMENSION]: stack }), ...dimensions };
  const metrics = new PowertoolsMetrics({ namespace: METRICS_NAMESPACE, defaultDimensions });
  return {
    add(name, value, { unit = 'Count', dimensions: own } = {}) {
      if (own === undefined) {
        metrics.addMetric(name, unit, value);
        return;
      }
      const single = metrics.singleMetric();
      single.addDimensions({ ...own });
      single.addMetric(name, unit, value);
    },
    flush() {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
