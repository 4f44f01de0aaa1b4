const RUNTIME = `
import { createConsumer, createInbox, createOutbox, defineEvent, on, type Route } from 'posthaste';
import * as z from 'zod';
const schema = z.object({ orderId: z.string(), total: z.number().optional() });
const OrderPlaced = defineEvent({ name: 'orders.order-placed', version: 1, schema });
const ShipmentPlanned = defineEvent({ name: 'shipping.shipment-planned', version: 1, schema });
const shipments = { name: 'shipments', partitionKey: 'orderId' };
const orders = { name: 'orders', partitionKey: 'id' };
declare const handlers: readonly Route[];
declare const order: { readonly id: string; readonly total: number };
declare const request: { readonly id: string };
`;

const ENGINES = `
import { systemClock } from '../../../lib/core/clock.ts';
import { systemIds } from '../../../lib/core/ids.ts';
import { type Aws, DEVELOPER, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createDynamoDb } from '../../../lib/local/dynamodb/dynamodb.ts';
import { createLambda } from '../../../lib/local/lambda/lambda.ts';
import type { Sts } from '../../../lib/local/sts/sts.ts';
declare const aws: Aws;
declare const sts: Sts;
declare const roleArn: string;
declare const streamArn: string;
declare const functionArn: string;
declare const poll: (shardId: string) => void;
`;

const MAPPINGS = `
import {
  createEventSourceMappings,
  type EventSourceMappingsDeps,
} from '../../../lib/local/event-source-mapping/event-source-mappings.ts';
import type { LambdaEngine } from '../../../lib/local/lambda/lambda.ts';
declare const deps: EventSourceMappingsDeps;
declare const lambda: LambdaEngine;
declare const functionArn: string;
declare const queueArn: string;
const { clock, rng, ids, place, sqs, streams } = deps;
const aws = deps.aws();
`;

const CONSTRUCTS = `
import type { Stack } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { FailureStore } from 'posthaste/constructs';
declare const stack: Stack;
declare const onCallRole: IGrantable;
`;

/** What the fragments of a page take as given, by page. A fragment that needs nothing but its own imports has no entry. */
export const PREAMBLES: Readonly<Record<string, string>> = {
  'lib/consumer/README.md': RUNTIME,
  'lib/dlq/README.md': CONSTRUCTS,
  'lib/inbox/README.md': RUNTIME,
  'lib/outbox/README.md': RUNTIME,
  'lib/local/dynamodb/README.md': ENGINES,
  'lib/local/lambda/README.md': ENGINES,
  'lib/local/event-source-mapping/README.md': MAPPINGS,
};
