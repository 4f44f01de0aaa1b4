import { randomUUID } from 'node:crypto';
import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { expect, vi } from 'vitest';
import { type Endpoints, startEndpoints } from '../../lib/app/github/demo/endpoints.ts';
import { GITHUB_OUTPUTS, GITHUB_PARAMETERS, GITHUB_STACK } from '../../lib/app/github/github.contract.ts';
import { signatureOf } from '../../lib/app/github/signature.ts';
import type { FailureRecord } from '../../lib/index.ts';
import { DEVELOPER, type LocalAws, startLocalAws } from '../../lib/local.ts';
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

/** A message that failed for good. */
export interface Letter {
  readonly body: string;
  readonly record: Pick<FailureRecord, 'reason' | 'message' | 'messageType' | 'consumer' | 'receiveCount' | 'attributes'>;
}

export type ConsumerName = 'record-audit-trail' | 'notify-maintainers' | 'announce-release' | 'project-activity' | 'welcome-author';

/** The deployed reference stack on a local AWS, and clients that know nothing of it but its endpoint. */
export interface GithubWorld {
  readonly local: LocalAws;
  readonly endpoints: Endpoints;
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly dynamodb: DynamoDBClient;
  readonly lambda: LambdaClient;
  post(post: Post): Promise<Answer>;
  /** The ARN, URL or name of a resource of the stack by its logical id without the hash. */
  physicalId(logicalId: string): string;
  queueUrl(consumer: ConsumerName): string;
  /** What is in the failure store of a consumer. */
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
  const [local, endpoints] = await Promise.all([startLocalAws({ port: 0 }), startEndpoints()]);
  putParameters(local, endpoints);
  await local.deploy(assembly);
  return githubWorld(local, endpoints);
}

/** What must exist before the stack is deployed. */
export function putParameters(local: LocalAws, { notifyUrl, announceUrl }: Endpoints): void {
  local.putParameter(GITHUB_PARAMETERS.webhookSecret, SECRET);
  local.putParameter(GITHUB_PARAMETERS.notifyUrl, notifyUrl);
  local.putParameter(GITHUB_PARAMETERS.announceUrl, announceUrl);
}

/** The world of a stack that is deployed already. */
export async function githubWorld(local: LocalAws, endpoints: Endpoints): Promise<GithubWorld> {
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
  const rowOf = (table: string, key: string) => {
    const found = local.scan(output(table)).find((item) => (item['pk'] as { S: string }).S === key);
    return found && unmarshall(found as Parameters<typeof unmarshall>[0]);
  };
  const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

  return {
    ...clients,
    local,
    endpoints,
    post: (given) => post(output(GITHUB_OUTPUTS.webhookUrl), given),
    physicalId,
    queueUrl: (consumer) => physicalId(`${consumer.replaceAll('-', '')}workerqueue`),
    letters: (consumer) => storedLetters(local, output).filter(({ record }) => record.consumer === consumer),
    audit: (delivery) => rowOf(GITHUB_OUTPUTS.auditTable, `DELIVERY#${delivery}`),
    activity: (key) => rowOf(GITHUB_OUTPUTS.activityTable, `ACTIVITY#${key}`),
    eventually,
    async settled() {
      const pending = () => local.scan(output(GITHUB_OUTPUTS.outboxTable)).filter((row) => row['body'] !== undefined).length;
      await eventually(() => expect({ moving: local.moving(), pending: pending() }).toEqual({ moving: 0, pending: 0 }));
    },
    async close() {
      for (const client of Object.values(clients)) client.destroy();
      await endpoints.close();
      await local.close();
    },
  };
}

function storedLetters(local: LocalAws, output: (name: string) => string): readonly Letter[] {
  const items = local.scan(output(GITHUB_OUTPUTS.failuresTable)).map((item) => unmarshall(item as Parameters<typeof unmarshall>[0]));
  return items
    .filter(({ sk }) => sk === 'STATE')
    .map(({ body, reason, errorMessage, messageType, consumer, receiveCount, attributes }) => ({
      body: body.text ?? objectText(local, output(GITHUB_OUTPUTS.failuresBucket), body.key),
      record: { reason, message: errorMessage, messageType, consumer, receiveCount, attributes: JSON.parse(attributes) },
    }));
}

function objectText({ aws }: LocalAws, Bucket: string, Key: string): string {
  const { Body } = aws.callNow({ service: 's3', action: 'GetObject', input: { Bucket, Key }, caller: DEVELOPER });
  return Buffer.from(Body as Uint8Array).toString();
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
