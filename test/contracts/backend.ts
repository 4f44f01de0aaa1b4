import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { DEVELOPER, type Json, type ServiceName } from '../../lib/local/aws.ts';
import { type LocalAws, startLocalAws } from '../../lib/local/local-aws.ts';
import { CLIENT_SETTINGS, SQS_CLIENT_SETTINGS } from '../../lib/retry/client-settings.ts';
import type { ContractWorld } from '../../lib/simulation/contracts/suite.ts';
import { virtualTime } from '../../lib/simulation/contracts/time.ts';
import { type FaultSource, noFaults } from '../../lib/simulation/fault.ts';
import type { SimClient } from '../../lib/simulation/process.ts';
import type { TableInput } from '../../lib/simulation/table-inputs.ts';
import { createWorld } from '../../lib/simulation/world.ts';
import type { Item } from '../../lib/unit-of-work/unit-of-work.ts';

/** Where an adapter under contract keeps what it keeps. */
export interface Backend extends ContractWorld {
  client(service: 'dynamodb' | 'sns' | 'sqs'): SimClient;
  /** Sets up, and looks inside. */
  call(service: ServiceName, action: string, input: Json): Json;
  /** A name that no other case has. */
  name(base: string): string;
}

let opened = 0;

/** A world of its own for each case: virtual time, hostile services, every call over a simulated network. */
export function simulated(faults: (seed: number) => FaultSource = () => noFaults): Backend {
  opened += 1;
  const world = createWorld({ seed: opened, faults: faults(opened) });
  const process = world.process('contract');
  const { rng, ids, call } = world;
  return { time: virtualTime(world.clock), rng, ids, call, client: (service) => process.client(service), name: (base) => base };
}

/** An embedded AWS behind HTTP, with clients of the AWS SDK. */
export interface Wire {
  /** What one case gets of it. */
  backend(): Backend;
  close(): Promise<void>;
}

/** Starts the embedded AWS on a free port of loopback. */
export async function startWire(): Promise<Wire> {
  const local: LocalAws = await startLocalAws({ port: 0 });
  const reach = { endpoint: local.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const clients = {
    dynamodb: new DynamoDBClient({ ...CLIENT_SETTINGS, ...reach }),
    sns: new SNSClient({ ...CLIENT_SETTINGS, ...reach }),
    sqs: new SQSClient({ ...SQS_CLIENT_SETTINGS, ...reach }),
  };
  let cases = 0;
  return {
    backend() {
      cases += 1;
      const number = cases;
      return {
        client: (service) => clients[service],
        call: (service, action, input) => local.aws.callNow({ service, action, input, caller: DEVELOPER }),
        name: (base) => `${base}-${number}`,
      };
    },
    async close() {
      for (const client of Object.values(clients)) client.destroy();
      await local.close();
    },
  };
}

/** A table, made beside every client and its faults. */
export function createTable({ call }: Backend, table: TableInput): void {
  call('dynamodb', 'CreateTable', { ...table });
}

/** An item as it is, read beside every client and its faults. */
export function itemOf({ call }: Backend, TableName: string, Key: Json): Item | undefined {
  const { Item } = call('dynamodb', 'GetItem', { TableName, Key, ConsistentRead: true });
  return Item === undefined ? undefined : unmarshall(Item as Parameters<typeof unmarshall>[0]);
}
