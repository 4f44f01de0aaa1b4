import type { Clock } from '../core/clock.ts';
import type { Ids } from '../core/ids.ts';
import type { Rng } from '../core/rng.ts';
import type { Aws, AwsRequest, Caller, Interceptor, Place } from './aws.ts';
import { type CloudFormation, createCloudFormation } from './cloudformation/cloudformation.ts';
import { createDispatcher } from './dispatch.ts';
import { createDynamoDb, type DynamoDb } from './dynamodb/dynamodb.ts';
import { createEcr } from './ecr/ecr.ts';
import { createEventSourceMappings, type EventSourceMappings } from './event-source-mapping/event-source-mappings.ts';
import type { MappingFaults } from './event-source-mapping/mapping-faults.ts';
import { createAuthoriser } from './iam/authoriser.ts';
import { createIam } from './iam/iam.ts';
import { createResourceLookup } from './iam/resource-lookup.ts';
import { createKms } from './kms/kms.ts';
import type { InvocationEvent } from './lambda/executor.ts';
import { createLambda, type LambdaEngine } from './lambda/lambda.ts';
import { createLogDelivery } from './log-delivery.ts';
import { createLogs } from './logs/logs.ts';
import { type AlarmEvent, createMonitoring } from './monitoring.ts';
import { createS3 } from './s3/s3.ts';
import { createScheduler } from './scheduler/scheduler.ts';
import { createSns } from './sns/sns.ts';
import { createSqs, type Sqs } from './sqs/sqs.ts';
import { createSsm } from './ssm/ssm.ts';
import { createSts } from './sts/sts.ts';

/** What an embedded AWS is made from. */
export interface EmbeddedAwsOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly ids: Ids;
  readonly place: Place;
  /** Outermost first. @default - none */
  readonly interceptors?: readonly Interceptor[];
  /** @default - none */
  readonly mappingFaults?: MappingFaults;
  /** Variables that every function has which does not set them itself. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  readonly onLog?: (functionName: string, line: string) => void;
  readonly onInvocation?: (event: InvocationEvent) => void;
  /** Told of every change of an alarm's state. */
  readonly onAlarm?: (event: AlarmEvent) => void;
  /** Told of calls made within a tick, which pass no interceptor. */
  readonly onCallNow?: (service: string, action: string, caller: Caller) => void;
}

/** Every engine of one account in one region, and the way in. */
export interface EmbeddedAws {
  readonly aws: Aws;
  readonly sqs: Sqs;
  readonly dynamodb: DynamoDb['dynamodb'];
  readonly lambda: LambdaEngine;
  readonly mappings: EventSourceMappings;
  readonly cloudformation: CloudFormation;
  /** Throws the refusal of a call that its caller may not make. */
  readonly authorise: (request: AwsRequest) => void;
  /** Whose access key it is; undefined for the developer's. */
  readonly callerOf: (accessKeyId: string) => Caller | undefined;
  close(): void;
}

/** AWS grows to a thousand pollers and more; each here is a thread of this machine. A mapping's own maximum still holds. */
const LAPTOP_SCALING = { initial: 2, perMinute: 6, maximum: 8 } as const;

/** AWS takes seconds to minutes to enable or disable a mapping. Here it shows for a second, so that code which does not wait is found. */
const TRANSITION_MS = 1_000;

/** Each shard of a stream is read by as many relays as its mapping's parallelization says, each of them a thread here. */
const LAPTOP_SHARDS = 1;

/** Assembles the engines. They know each other only through `Aws`, on which every call is authorised. */
export function createEmbeddedAws(options: EmbeddedAwsOptions): EmbeddedAws {
  const { clock, rng, ids, place, interceptors = [], mappingFaults, onLog, onInvocation, onCallNow, onAlarm, environment = {} } = options;
  const core = { clock, rng, ids, place };
  const iam = createIam(core);
  const authorise = createAuthoriser({ iam, lookup: createResourceLookup(() => dispatcher), clock, place });
  const dispatcher = createDispatcher({ place, authorise, interceptors });
  const aws: Aws = {
    ...dispatcher,
    callNow: (request) => {
      onCallNow?.(request.service, request.action, request.caller);
      return dispatcher.callNow(request);
    },
  };
  const shared = { ...core, aws: () => aws, authorise };

  const sts = createSts(core);
  const logs = createLogs(core);
  const delivers = createLogDelivery({ clock, logs, authorise });
  const monitoring = createMonitoring({ clock, place, aws: () => aws, onAlarm: onAlarm ?? (() => undefined) });
  const { cloudwatch } = monitoring;
  const sqs = createSqs(core);
  const { dynamodb, streams, close: closeTables } = createDynamoDb({ ...core, shards: LAPTOP_SHARDS });
  const lambda: LambdaEngine = createLambda({
    ...shared,
    environment,
    credentials: sts.issue,
    mappings: () => mappings,
    onLog: (origin, line) => {
      if (!delivers(origin)) return;
      logs.append(origin.logGroup, origin.logStream, line);
      cloudwatch.observeLine(line);
      onLog?.(origin.functionName, line);
    },
    onInvocation: (event) => {
      monitoring.invoked(event);
      onInvocation?.(event);
    },
  });
  const sns = createSns({ ...shared, invoker: () => lambda });
  const mappings: EventSourceMappings = createEventSourceMappings({
    ...shared,
    invoker: () => lambda,
    sqs,
    streams,
    functionRole: lambda.roleOf,
    functionTimeoutSeconds: lambda.timeoutSecondsOf,
    scaling: LAPTOP_SCALING,
    transitionMs: TRANSITION_MS,
    ...(mappingFaults && { faults: mappingFaults }),
  });
  const scheduler = createScheduler(shared);
  const cloudformation = createCloudFormation(shared);
  const services = [createS3({ ...core, authorise }), createSsm(core), createKms(core), createEcr(place)];
  dispatcher.register(iam, sts, logs, sqs, sns, dynamodb, streams, lambda, scheduler, cloudformation, cloudwatch, ...services);

  monitoring.watch({ sqs, sns, lambda, mappings });

  return {
    aws,
    sqs,
    dynamodb,
    lambda,
    mappings,
    cloudformation,
    authorise,
    callerOf: sts.callerOf,
    close() {
      monitoring.close();
      scheduler.close();
      mappings.close();
      lambda.close();
      closeTables();
    },
  };
}
