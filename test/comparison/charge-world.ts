import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { type PlannedFault, plannedFaults } from '../../lib/simulation/fault-plan.ts';
import type { SimHandler } from '../../lib/simulation/functions.ts';
import { keyedTable } from '../../lib/simulation/table-inputs.ts';
import { createWorld } from '../../lib/simulation/world.ts';
import { effectOf, effects } from './order-message.ts';
import { worldDynamoDb } from './world-dynamodb.ts';

/** What a scenario changes about one function that Powertools makes idempotent. */
export interface ChargeOptions {
  readonly faults?: readonly PlannedFault[];
  readonly skewOf?: (process: string) => number;
  readonly config?: ConstructorParameters<typeof IdempotencyConfig>[0];
  /** What the function does after it has charged. */
  readonly afterwards?: () => Promise<void>;
  /** What Lambda says is left of the invocation. @default - the truth */
  readonly remainingMs?: number;
}

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:charge';

/** The records of a key that Powertools keeps. */
export interface LockItem {
  readonly status: { readonly S: string };
  readonly expiration: { readonly N: string };
  readonly in_progress_expiration?: { readonly N: string };
}

/** A function that charges an order, wrapped as the first page of the idempotency documentation shows it. */
export function createChargeWorld({
  faults = [],
  skewOf = () => 0,
  config = {},
  afterwards = async () => {},
  remainingMs,
}: ChargeOptions = {}) {
  const world = createWorld({ seed: 1, hostile: false, globals: true, faults: plannedFaults(faults), skewOf, slowMs: 60_000 });
  for (const name of [effects.name, 'idempotency']) {
    world.call('dynamodb', 'CreateTable', { ...keyedTable(name, 'id') });
  }
  world.functions.deploy({
    arn: ARN,
    name: 'charge',
    timeoutMs: 10_000,
    caller: { kind: 'developer' },
    create: (process) => {
      const client = worldDynamoDb(process);
      const charge = makeIdempotent(
        async ({ orderId }: { orderId: string }, _context: Context) => {
          await client.send(new UpdateItemCommand(effectOf(orderId)));
          await afterwards();
          return { orderId };
        },
        {
          persistenceStore: new DynamoDBPersistenceLayer({ tableName: 'idempotency', awsSdkV3Client: client }),
          config: new IdempotencyConfig({ eventKeyJmesPath: 'orderId', ...config }),
        },
      );
      const handler = (event: { orderId: string }, context: Context) =>
        charge(event, remainingMs === undefined ? context : { ...context, getRemainingTimeInMillis: () => remainingMs });
      return handler as unknown as SimHandler;
    },
  });
  return {
    ...world,
    invoke: () => world.functions.invoke(ARN, { orderId: 'order-1' }),
    /** How often the order was charged. */
    charges: () => Number((world.dynamodb.scanTable(effects.name)[0] as { n?: { N: string } } | undefined)?.n?.N ?? 0),
    lock: () => world.dynamodb.scanTable('idempotency')[0] as unknown as LockItem | undefined,
  };
}
