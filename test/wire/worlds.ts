import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Pace, WireWorld } from './schedule.ts';
import { type RelayOptions, startSigningRelay } from './signing-relay.ts';
import { createWorkers } from './workers.ts';

/** Good for the embedded AWS, which asks for none in particular, and for the signing relay, which puts others in their place. */
const KEYS = { accessKeyId: 'anyone', secretAccessKey: 'anything' };
const LOCAL_PACE: Pace = { quietChecks: 2, quietEveryMs: 100, streamEveryMs: 60 };
/** As many processes as two schedules need; started one after the other, since many at once starve each other. */
const WARM = 14;
/** On an account, where everything takes longer, the others may start when they are needed. */
const WARM_FOR_RELAY = 3;

/** A wire world and its end. */
export interface OwnWorld extends WireWorld {
  close(): void;
}

/** An embedded AWS in a process of its own. */
export async function startHost(): Promise<{ readonly endpoint: string; end(): void }> {
  const host = fork(join(import.meta.dirname, 'host.ts'), [], {
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [{ endpoint }] = (await once(host, 'message')) as [{ endpoint: string }];
  return { endpoint, end: () => void host.kill('SIGKILL') };
}

/** The same with workers beside it. */
export async function startLocalWorld(): Promise<OwnWorld> {
  const { endpoint, end } = await startHost();
  return open({ endpoint, region: 'us-east-1', pace: LOCAL_PACE, warm: WARM, end });
}

/**
 * An AWS account, by the SDK's default credentials. A shard of a stream may be read five times a second (API reference, "GetRecords"), and
 * queues tell their size within a minute (API reference, "GetQueueAttributes").
 */
export function openAwsWorld(region: string): Promise<OwnWorld> {
  const { credentials } = new DynamoDBClient({ region }).config;
  const pace: Pace = { quietChecks: 60, quietEveryMs: 1_000, streamEveryMs: 250 };
  return openRelayedWorld({ region, keys: () => credentials() }, pace);
}

/** What a signing relay leads to. */
export async function openRelayedWorld(options: RelayOptions, pace: Pace = LOCAL_PACE): Promise<OwnWorld> {
  const relay = await startSigningRelay(options);
  return open({ endpoint: relay.url, region: options.region, pace, warm: WARM_FOR_RELAY, end: relay.close });
}

interface Behind {
  readonly endpoint: string;
  readonly region: string;
  readonly pace: Pace;
  readonly warm: number;
  readonly end: () => void;
}

async function open({ endpoint, region, pace, warm, end }: Behind): Promise<OwnWorld> {
  const settings = { endpoint, region, credentials: KEYS };
  const clients = {
    dynamodb: new DynamoDBClient(settings),
    sns: new SNSClient(settings),
    sqs: new SQSClient({ ...settings, useQueueUrlAsEndpoint: false }),
  };
  const env = { ...process.env, AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey };
  const workers = await createWorkers({ env, warm });
  return {
    ...{ target: new URL(endpoint), settings: { region, credentials: KEYS }, clients, workers, pace },
    close() {
      workers.close();
      for (const client of Object.values(clients)) client.destroy();
      end();
    },
  };
}
