import { type Clock, systemClock } from '../core/clock.ts';
import { requiredEnv } from '../core/env.ts';
import { type Ids, systemIds } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import { type Rng, systemRng } from '../core/rng.ts';
import { createFailureBodies } from '../dlq/failure-bodies.s3.ts';
import { createFailureStore } from '../dlq/failure-store.dynamodb.ts';
import { createStreamFailureObjects } from '../dlq/stream-failures.s3.ts';
import { takeStreamFailures } from '../dlq/stream-failures.ts';
import type { CommandSender } from '../topic/send-result.ts';
import { createTopology } from '../topology/topology.ssm.ts';
import { createMappingStates } from './mapping-states.ts';
import { createOperations, type Operations } from './operations.handler.ts';
import { OPERATIONS_ENV } from './ops.contract.ts';
import { createQueueAges } from './queue-ages.ts';
import { createRedriveInbox } from './redrive.inbox.ts';
import { createRedriveRows } from './redrive.rows.dynamodb.ts';
import { createRedriveQueue } from './redrive.sqs.ts';
import { createRedrives } from './redrive.ts';

/** What a composition root gives the operations: AWS clients made with `maxAttempts: 1`. */
export interface OperationsParts {
  readonly dynamodb: CommandSender;
  readonly sqs: CommandSender;
  readonly s3: CommandSender;
  readonly ssm: CommandSender;
  readonly cloudwatch: CommandSender;
  readonly lambda: CommandSender;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** @default - real time */
  readonly clock?: Clock;
  readonly rng?: Rng;
  readonly ids?: Ids;
  /** @default - the process's */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const SET_BY = 'FailureStore';

/** The operations over the table, bucket and topology that the environment names. */
export function operationsFromEnv(parts: OperationsParts): Operations {
  const { clock = systemClock, rng = systemRng, ids = systemIds, env = process.env, dynamodb, sqs, log } = parts;
  const of = (name: keyof typeof OPERATIONS_ENV) => requiredEnv(OPERATIONS_ENV[name], SET_BY, env);
  const table = of('table');
  const bodies = createFailureBodies({ client: parts.s3, bucket: of('bucket'), owner: of('bucketOwner'), clock, rng });
  const failures = createFailureStore({ client: dynamodb, table, bodies, clock, rng, ids });
  const objects = createStreamFailureObjects({ client: parts.s3, owner: of('bucketOwner'), clock, rng });
  const topology = createTopology({ client: parts.ssm, path: of('topology'), clock, rng });
  // A process lives for hours: a consumer that was deployed since must be found, and one that is gone must not be sent to.
  const consumersNow = async () => {
    const consumers = (await topology.refresh()).filter((entry) => entry.kind === 'consumer');
    return new Map(consumers.map((entry) => [entry.name, entry]));
  };
  const inbox = createRedriveInbox({ client: dynamodb, clock, rng });
  const redrives = createRedrives({
    failures,
    rows: createRedriveRows({ client: dynamodb, table, clock, rng, ids }),
    inbox,
    queue: createRedriveQueue({ client: sqs, clock, rng }),
    consumers: consumersNow,
    ...{ clock, ids, log },
  });
  return createOperations({
    ...{ ...parts, clock, rng, failures, inbox, redrives, stack: of('stack') },
    entries: topology.refresh,
    mappings: createMappingStates({ lambda: parts.lambda, clock, rng }),
    ages: createQueueAges({ cloudwatch: parts.cloudwatch, clock, rng }),
    consumers: consumersNow,
    takeStreamFailures: async (until) => {
      const outboxes = (await topology.refresh()).filter((entry) => entry.kind === 'outbox');
      return takeStreamFailures({ store: failures, objects, clock, log }, outboxes, { deadline: until });
    },
  });
}
