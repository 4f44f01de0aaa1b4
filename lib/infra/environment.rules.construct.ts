import { CfnResource, Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { finalProperties } from './final-properties.ts';
import type { Rule } from './rules.ts';

/** How much a function's variables say, once every construct has added its own. */
export interface EnvironmentFacts {
  /** The least number of bytes that names and values will have. */
  readonly bytes: number;
  readonly count: number;
  /** The longest variable. */
  readonly longest: string;
}

/** All names and values together (Lambda quotas, environment variables). */
const MAX_BYTES = 4_096;

/** Refused by Lambda at the deployment, after everything else was built. */
export const ENVIRONMENT_RULES: readonly Rule<EnvironmentFacts>[] = [
  {
    when: ({ bytes }) => bytes > MAX_BYTES,
    message: ({ bytes, count, longest }) =>
      `the ${count} environment variables have ${bytes} bytes at least, ${longest} most of them; Lambda takes ${MAX_BYTES}. An outbox tells its functions of every destination: ` +
      'shorten the names of topics or of the stack, carry more messages on fewer topics, or split it',
  },
];

/** The shortest that a pseudo parameter can be. */
const PSEUDO: Readonly<Record<string, number>> = { 'AWS::Partition': 3, 'AWS::Region': 9, 'AWS::AccountId': 12, 'AWS::URLSuffix': 13 };

/** `arn:aws:sns:eu-west-1:123456789012:` before the name. */
const ARN_PREFIX = 36;

/** Measures a function's variables as the template has them; what only the deployment will know counts as its shortest. */
export function environmentFacts(fn: LambdaFunction): EnvironmentFacts {
  const { Variables: variables = {} } = (finalProperties(fn.node.defaultChild as CfnResource)['Environment'] ?? {}) as {
    Variables?: Readonly<Record<string, unknown>>;
  };
  const sizes = Object.entries(variables).map(([name, value]) => ({ name, bytes: Buffer.byteLength(name) + leastBytes(value, fn) }));
  const [longest] = [...sizes].sort((a, b) => b.bytes - a.bytes);
  return { bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0), count: sizes.length, longest: longest?.name ?? '' };
}

function leastBytes(value: unknown, fn: LambdaFunction): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  const [[intrinsic, argument] = []] = Object.entries((value ?? {}) as Record<string, unknown>);
  if (intrinsic === 'Fn::Join') {
    const [separator, parts] = argument as [string, readonly unknown[]];
    return parts.reduce<number>((sum, part) => sum + leastBytes(part, fn), separator.length * Math.max(0, parts.length - 1));
  }
  if (intrinsic === 'Ref') return PSEUDO[argument as string] ?? topicArnBytes(argument as string, fn);
  return 0;
}

/** The reference to a topic is its ARN. */
function topicArnBytes(logicalId: string, fn: LambdaFunction): number {
  const stack = Stack.of(fn);
  const isMeant = (child: unknown): child is CfnResource =>
    child instanceof CfnResource && child.cfnResourceType === 'AWS::SNS::Topic' && stack.resolve(child.logicalId) === logicalId;
  const topic = stack.node.findAll().find(isMeant);
  return topic ? ARN_PREFIX + String(finalProperties(topic)['TopicName'] ?? '').length : 0;
}
