import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { WireWorld } from './schedule.ts';
import { createWorkers } from './workers.ts';

const REGION = 'us-east-1';
/** As many as one schedule needs. */
const WARM = 7;
const KEYS = { accessKeyId: 'anyone', secretAccessKey: 'anything' };

/** A wire world and its end. */
export interface OwnWorld extends WireWorld {
  close(): void;
}

/** An embedded AWS in a process of its own, with workers beside it. */
export async function startLocalWorld(): Promise<OwnWorld> {
  const host = fork(join(import.meta.dirname, 'host.ts'), [], {
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [{ endpoint }] = (await once(host, 'message')) as [{ endpoint: string }];
  const settings = { endpoint, region: REGION, credentials: KEYS };
  const clients = {
    dynamodb: new DynamoDBClient(settings),
    sns: new SNSClient(settings),
    sqs: new SQSClient({ ...settings, useQueueUrlAsEndpoint: false }),
  };
  const env = { ...process.env, AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey };
  const workers = await createWorkers({ env, warm: WARM });
  return {
    ...{ target: new URL(endpoint), settings: { region: REGION, credentials: KEYS }, clients, workers },
    close() {
      workers.close();
      for (const client of Object.values(clients)) client.destroy();
      host.kill('SIGKILL');
    },
  };
}
