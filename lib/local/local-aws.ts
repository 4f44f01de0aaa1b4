import { systemClock } from '../core/clock.ts';
import { systemIds } from '../core/ids.ts';
import { createRng, systemRng } from '../core/rng.ts';
import { type Aws, DEVELOPER, type Json, LOCAL_PLACE } from './aws.ts';
import { type Chaos, createChaos } from './chaos.ts';
import { bootstrap } from './cloudformation/bootstrap.ts';
import { type DeployedAssembly, deployAssembly } from './cloudformation/deploy-assembly.ts';
import { createEmbeddedAws, type EmbeddedAws } from './embedded-aws.ts';
import { createFunctionUrls } from './function-urls.ts';
import { startGateway } from './gateway/gateway.ts';
import type { AlarmEvent } from './monitoring.ts';
import type { PeekedMessage } from './sqs/sqs.ts';
import { collectStatistics, type Statistics } from './statistics.ts';
import { troubleIn } from './trouble.ts';

/** How a local AWS is started. */
export interface LocalAwsOptions {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Prepares chaos, which `chaos.start()` lets loose. @default - none */
  readonly chaos?: { readonly seed: number } | undefined;
  /** Variables that every function has which does not set them itself. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Told of every run of a function that ended in an error, and of every warning and error that a function logged. @default - nobody is */
  readonly onTrouble?: (functionName: string, trouble: string) => void;
  /** Told of every change of an alarm's state; alarms are evaluated at the beginning of each minute. @default - nobody is */
  readonly onAlarm?: (event: AlarmEvent) => void;
}

/** A running embedded AWS with its endpoint, and ways to look inside that disturb nothing. */
export interface LocalAws {
  /** e.g. `http://127.0.0.1:4566`: any AWS SDK or CLI works with it, region us-east-1, any keys. */
  readonly endpoint: string;
  readonly aws: Aws;
  readonly chaos: Chaos | undefined;
  /** Creates or updates the stacks of a cloud assembly. */
  deploy(assembly: string): Promise<DeployedAssembly>;
  /** An output of a deployed stack, wherever it was deployed from; throws for one that does not exist. */
  output(stack: string, name: string): string;
  putParameter(name: string, value: string): void;
  /** The messages that wait in a queue, which stay where they are. */
  peek(queueUrl: string): readonly PeekedMessage[];
  /** All items of a table, in DynamoDB's JSON. */
  scan(table: string): readonly Readonly<Record<string, unknown>>[];
  /** Messages on their way: in queues other than dead-letter queues, in running functions, in streams. 0 means that nothing moves. */
  moving(): number;
  statistics(): Statistics;
  /** Answers `POST /_posthaste/<name>` with what `serve` makes of the JSON in the body. */
  serve(name: string, serve: (input: Json) => Promise<Json>): void;
  close(): Promise<void>;
}

/**
 * Starts the embedded AWS on loopback, bootstrapped for `cdk deploy`, with nothing deployed.
 *
 * @throws PortInUseError when another process has the port
 * @example
 * const local = await startLocalAws({ port: 0 });
 * await local.deploy('cdk.out');
 */
export async function startLocalAws({ port, chaos: chaosOptions, onTrouble, onAlarm, environment }: LocalAwsOptions): Promise<LocalAws> {
  // Engines read the endpoint when they show a URL; the port is known once the gateway listens.
  const place = { ...LOCAL_PLACE };
  const statistics = collectStatistics();
  const chaos: Chaos | undefined = chaosOptions && chaosOn(() => embedded, chaosOptions.seed);
  const embedded: EmbeddedAws = createEmbeddedAws({
    clock: systemClock,
    rng: systemRng,
    ids: systemIds,
    place,
    interceptors: [statistics.interceptor, ...(chaos ? [chaos.interceptor] : [])],
    ...(chaos && { mappingFaults: chaos.mappingFaults }),
    ...(onAlarm && { onAlarm }),
    ...(environment && { environment }),
    onLog: (functionName, line) => {
      statistics.logged(line);
      const trouble = onTrouble && troubleIn(line);
      if (trouble) onTrouble(functionName, trouble);
    },
    onInvocation: ({ functionName, outcome, errorType, errorMessage }) => {
      statistics.invoked(functionName, outcome !== 'success');
      if (outcome === 'error' || outcome === 'recursive') onTrouble?.(functionName, `${errorType}: ${errorMessage}`);
    },
    onCallNow: (service, action, caller) => caller.kind === 'role' && statistics.called(service, action),
  });
  const { aws } = embedded;
  const served = new Map<string, (input: Json) => Promise<Json>>();
  const starting = startGateway({
    aws,
    callerOf: embedded.callerOf,
    port,
    functionUrls: createFunctionUrls({ ...embedded, place, clock: systemClock }),
    control: async ({ method, path, body }) => {
      const serve = served.get(path.replace('/_posthaste/', ''));
      if (!serve || method !== 'POST') return undefined;
      const answer = await serve(body.length > 0 ? (JSON.parse(body.toString()) as Json) : {});
      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };
    },
  });
  const gateway = await starting.catch((error: unknown) => {
    embedded.close();
    throw error;
  });
  Object.assign(place, { endpoint: gateway.url });
  bootstrap(aws);

  return {
    endpoint: gateway.url,
    aws,
    chaos,
    deploy: (directory) => deployAssembly({ directory, aws, cloudformation: embedded.cloudformation }),
    ...inspections(embedded),
    statistics: statistics.read,
    serve: (name, serve) => {
      served.set(name, serve);
    },
    close: async () => {
      embedded.close();
      await gateway.close();
    },
  };
}

function chaosOn(embedded: () => EmbeddedAws, seed: number): Chaos {
  return createChaos({
    clock: systemClock,
    rng: createRng(seed),
    killWorker: (functionArn) => embedded().lambda.kill({ functionName: nameOf(functionArn) }) > 0,
    roleOf: (functionArn) => embedded().lambda.roleOf(functionArn),
  });
}

/** `arn:aws:lambda:region:account:function:NAME[:qualifier]` → NAME */
const nameOf = (functionArn: string): string => functionArn.split(':')[6] ?? functionArn;

function inspections({
  aws,
  sqs,
  dynamodb,
  lambda,
  mappings,
}: EmbeddedAws): Pick<LocalAws, 'output' | 'putParameter' | 'peek' | 'scan' | 'moving'> {
  const ask = (service: Parameters<Aws['callNow']>[0]['service'], action: string, input: Record<string, unknown>) =>
    aws.callNow({ service, action, input, caller: DEVELOPER });

  return {
    output(stack, name) {
      const { Stacks } = ask('cloudformation', 'DescribeStacks', { StackName: stack }) as {
        Stacks: readonly { Outputs?: readonly { OutputKey: string; OutputValue: string }[] }[];
      };
      const outputs = Stacks[0]?.Outputs ?? [];
      const found = outputs.find((output) => output.OutputKey === name);
      if (!found) throw new Error(`stack ${stack} has no output ${name}; it has ${outputs.map((output) => output.OutputKey).join(', ')}`);
      return found.OutputValue;
    },
    putParameter: (name, value) => {
      ask('ssm', 'PutParameter', { Name: name, Value: value, Type: 'String', Overwrite: true });
    },
    peek: (queueUrl) => sqs.peek(sqs.queueArn(queueUrl)),
    scan: (table) => dynamodb.scanTable(table),
    moving: () =>
      lambda.count().busy + lambda.asyncPending() + sum(mappings.list({}).map((mapping) => waiting(mapping, { sqs, mappings }))),
  };
}

/** What waits in front of a mapping: messages of its queue, or records of its stream. */
function waiting(mapping: Readonly<Record<string, unknown>>, { sqs, mappings }: Pick<EmbeddedAws, 'sqs' | 'mappings'>): number {
  const source = String(mapping['EventSourceArn']);
  const { inFlight, iteratorAgeMs } = mappings.stats(String(mapping['UUID']));
  if (!source.includes(':sqs:')) return inFlight + (iteratorAgeMs === undefined ? 0 : 1);
  if (!sqs.has(source)) return 0;
  const counts = sqs.stats(source);
  return counts.visible + counts.inFlight + counts.delayed;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
