import { Lazy, Stack, Token } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { OUTBOX_ENV } from '../outbox/outbox.contract.ts';
import { enforce, type Rule } from './rules.ts';

/** Something that messages can be addressed to by its logical name: a topic, or a command queue. */
export interface IDestination {
  /** The name that message definitions list in their `topics` or `queue`. */
  readonly destinationName: string;
  /** ARN of the topic or queue behind the name. */
  readonly destinationArn: string;
  /** Lets the grantee send to it, and use its key when it has one. */
  grantSend(grantee: IGrantable): void;
}

interface Addition {
  readonly destination: IDestination;
  readonly known: IDestination | undefined;
  /** The region of the function that sends. */
  readonly region: string;
}

/** The region of a destination: one that was imported says it in its ARN, one of this app is where its stack is. */
function regionOf(destination: IDestination): string | undefined {
  const { destinationArn } = destination;
  if (!Token.isUnresolved(destinationArn)) return destinationArn.split(':')[3];
  const region = Construct.isConstruct(destination) ? Stack.of(destination).region : undefined;
  return region === undefined || Token.isUnresolved(region) ? undefined : region;
}

const DESTINATION_RULES: readonly Rule<Addition>[] = [
  {
    when: ({ destination, known }) => known !== undefined && known !== destination,
    message: ({ destination: { destinationName } }) =>
      `the destination "${destinationName}" is already another topic or queue here; messages find their destination by name: give one of the two another "name"`,
  },
  {
    when: ({ destination, region }) => !Token.isUnresolved(region) && (regionOf(destination) ?? region) !== region,
    message: ({ destination, region }) =>
      `sends from ${region} to "${destination.destinationName}" in ${regionOf(destination)}; SNS and SQS are called in the function's own region, where it is not: deploy what sends there, ` +
      'or a topic here whose consumer passes the messages on',
  },
];

const byFunction = new WeakMap<LambdaFunction, Map<string, IDestination>>();

/** Tells a function where a destination is, and lets it send there. Repeating it changes nothing. */
export function addDestination(fn: LambdaFunction, destination: IDestination): void {
  const { destinationName } = destination;
  const known = destinationsOf(fn);
  enforce(fn, DESTINATION_RULES, { destination, known: known.get(destinationName), region: Stack.of(fn).region });
  if (known.has(destinationName)) return;
  known.set(destinationName, destination);
  destination.grantSend(fn);
}

function destinationsOf(fn: LambdaFunction): Map<string, IDestination> {
  const existing = byFunction.get(fn);
  if (existing) return existing;
  const created = new Map<string, IDestination>();
  byFunction.set(fn, created);
  const arns = () => Object.fromEntries([...created].map(([name, { destinationArn }]) => [name, destinationArn]));
  fn.addEnvironment(OUTBOX_ENV.destinations, Lazy.string({ produce: () => Stack.of(fn).toJsonString(arns()) }));
  return created;
}
