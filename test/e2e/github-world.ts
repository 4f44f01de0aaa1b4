import { randomUUID } from 'node:crypto';
import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { expect, vi } from 'vitest';
import { type NotificationSink, startNotificationSink } from '../../lib/app/github/demo/notification-sink.ts';
import { GITHUB_OUTPUTS, GITHUB_PARAMETERS, GITHUB_STACK } from '../../lib/app/github/github.contract.ts';
import { signatureOf } from '../../lib/app/github/signature.ts';
import { decodeFailureRecord, FAILURE_ATTRIBUTE, type FailureRecord } from '../../lib/index.ts';
import { type LocalAws, startLocalAws } from '../../lib/local.ts';
import { cachedAssembly } from './assembly.ts';

export const SECRET = 'the secret of these tests';

/** One delivery to the webhook endpoint; everything but the body has a value that works. */
export interface Post {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly event?: string;
  /** null leaves the header out. */
  readonly delivery?: string | null;
  readonly signature?: string | null;
}

/** How the endpoint answered. */
export interface Answer {
  readonly delivery: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly outcome: string | undefined;
}

/** A message of a dead-letter queue. */
export interface Letter {
  readonly body: string;
  /** Undefined for a message that SQS itself moved. */
  readonly record: FailureRecord | undefined;
}

export type ConsumerName = 'record-audit-trail' | 'notify-maintainers' | 'project-activity' | 'welcome-author';

/** The deployed reference stack on a local AWS, and clients that know nothing of it but its endpoint. */
export interface GithubWorld {
  readonly local: LocalAws;
  readonly sink: NotificationSink;
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly dynamodb: DynamoDBClient;
  readonly lambda: LambdaClient;
  post(post: Post): Promise<Answer>;
  /** The ARN, URL or name of a resource of the stack by its logical id without the hash. */
  physicalId(logicalId: string): string;
  queueUrl(consumer: ConsumerName): string;
  deadLetterUrl(consumer: ConsumerName): string;
  /** What waits in a consumer's dead-letter queue, without receiving it. */
  letters(consumer: ConsumerName): readonly Letter[];
  /** The audit row of a delivery. */
  audit(delivery: string): Readonly<Record<string, unknown>> | undefined;
  activity(key: string): Readonly<Record<string, unknown>> | undefined;
  /** Resolves when `check` passes. */
  eventually<T>(check: () => T | Promise<T>): Promise<T>;
  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export const clientSettings = (endpoint: string) =>
  ({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'anyone', secretAccessKey: 'anything' } }) as const;

/** Starts a local AWS and deploys the synthesized reference stack. */
export async function startGithubWorld(): Promise<GithubWorld> {
  const assembly = await cachedAssembly();
  const [local, sink] = await Promise.all([startLocalAws({ port: 0 }), startNotificationSink()]);
  local.putParameter(GITHUB_PARAMETERS.webhookSecret, SECRET);
  local.putParameter(GITHUB_PARAMETERS.notifyUrl, sink.url);
  await local.deploy(assembly);
  return githubWorld(local, sink);
}

/** The world of a stack that is deployed already. */
export async function githubWorld(local: LocalAws, sink: NotificationSink): Promise<GithubWorld> {
  const settings = clientSettings(local.endpoint);
  const sqs = new SQSClient(settings);
  const clients = { sqs, sns: new SNSClient(settings), dynamodb: new DynamoDBClient(settings), lambda: new LambdaClient(settings) };
  const ids = await physicalIds(new CloudFormationClient(settings));
  const output = (name: string) => local.output(GITHUB_STACK, name);

  const physicalId = (logicalId: string) => {
    const found = [...ids].filter(([id]) => id.replace(/[0-9A-F]{8}$/, '') === logicalId);
    if (found.length !== 1) throw new Error(`${found.length} resources are called ${logicalId}: ${[...ids.keys()].join(', ')}`);
    return found[0]?.[1] as string;
  };
  const deadLetterUrl = (consumer: ConsumerName) => physicalId(`${consumer.replaceAll('-', '')}workerdlq`);
  const rowOf = (table: string, key: string) => {
    const found = local.scan(output(table)).find((item) => (item['pk'] as { S: string }).S === key);
    return found && unmarshall(found as Parameters<typeof unmarshall>[0]);
  };
  const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

  return {
    ...clients,
    local,
    sink,
    post: (given) => post(output(GITHUB_OUTPUTS.webhookUrl), given),
    physicalId,
    queueUrl: (consumer) => physicalId(`${consumer.replaceAll('-', '')}workerqueue`),
    deadLetterUrl,
    letters: (consumer) =>
      local
        .peek(deadLetterUrl(consumer))
        .map(({ body, attributes }) => ({ body, record: decodeFailureRecord(attributes[FAILURE_ATTRIBUTE] ?? '') })),
    audit: (delivery) => rowOf(GITHUB_OUTPUTS.auditTable, `DELIVERY#${delivery}`),
    activity: (key) => rowOf(GITHUB_OUTPUTS.activityTable, `ACTIVITY#${key}`),
    eventually,
    async settled() {
      const pending = () => local.scan(output(GITHUB_OUTPUTS.outboxTable)).filter((row) => row['body'] !== undefined).length;
      await eventually(() => expect({ moving: local.moving(), pending: pending() }).toEqual({ moving: 0, pending: 0 }));
    },
    async close() {
      for (const client of Object.values(clients)) client.destroy();
      await sink.close();
      await local.close();
    },
  };
}

async function physicalIds(cloudformation: CloudFormationClient): Promise<ReadonlyMap<string, string>> {
  const { StackResources = [] } = await cloudformation.send(new DescribeStackResourcesCommand({ StackName: GITHUB_STACK }));
  cloudformation.destroy();
  return new Map(StackResources.map((resource) => [resource.LogicalResourceId ?? '', resource.PhysicalResourceId ?? '']));
}

async function post(url: string, { body, event = 'push', delivery = randomUUID(), signature }: Post): Promise<Answer> {
  const signed = signature === undefined ? signatureOf(body, SECRET) : signature;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      ...(delivery !== null && { 'x-github-delivery': delivery }),
      ...(signed !== null && { 'x-hub-signature-256': signed }),
    },
    body,
  });
  const answer = (await response.json()) as { code?: string; message?: string; status?: string };
  return { delivery: delivery ?? '', status: response.status, code: answer.code, message: answer.message, outcome: answer.status };
}
