import { createPowertoolsLogger, createPowertoolsMetrics } from '../lib/observability/powertools.ts';
import { operationsFromEnv } from '../lib/ops/create-operations.ts';
import { operationsClients } from '../lib/ops/operations-clients.ts';
import { deadlineOf, type InvocationTime } from '../lib/outbox/publish-deps.ts';

const metrics = createPowertoolsMetrics();
const operations = operationsFromEnv({
  ...operationsClients(),
  log: createPowertoolsLogger(),
  metrics,
});

/** Answers operators, and does once a minute what the schedule asks. */
export async function handler(request: unknown, context: InvocationTime & { readonly awsRequestId: string }): Promise<unknown> {
  try {
    return await operations.handle(request, { deadline: deadlineOf(context), requestId: context.awsRequestId });
  } finally {
    metrics.flush();
  }
}
