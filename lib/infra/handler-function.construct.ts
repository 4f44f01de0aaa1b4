import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, LoggingFormat, type RecursiveLoop, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { METRICS_ENV, METRICS_NAMESPACE } from '../core/metrics.contract.ts';
import { ENVIRONMENT_RULES, environmentFacts } from './environment.rules.construct.ts';
import { allow, allowTable, TABLE_WRITE_ACTIONS } from './grants.ts';
import { HandlerCode, wantsSourceMaps } from './handler-code.ts';
import { entryPath } from './handler-entries.ts';
import { NAME_LIMITS, NAME_RULES, physicalName, stackName } from './names.ts';
import { enforce, enforceAtSynth, type Rule } from './rules.ts';
import type { TableRef } from './table-ref.ts';

/** What every function of this library lets its owner decide. */
export interface HandlerSettings {
  /**
   * The file that exports the handler. A URL names a file relative to the one that says it:
   * `new URL('./handlers/audit.ts', import.meta.url)`; a string is relative to the working directory.
   */
  readonly entry: string | URL;
  /**
   * The name under which the file exports the handler.
   *
   * @default 'handler'
   */
  readonly handler?: string;
  /**
   * How long one invocation may take, 3 seconds to 15 minutes. Lambda kills it afterwards; a consumer stops starting messages before that.
   *
   * @default Duration.seconds(30) - an invocation that takes longer is more often stuck than busy
   */
  readonly timeout?: Duration;
  /**
   * Megabytes, 128 to 10,240. CPU comes in proportion: a whole core at 1,769.
   *
   * @default 512 - the AWS SDK and a handler fit, and start about three times as fast as with 128
   */
  readonly memorySize?: number;
  /**
   * Variables beside those that constructs of this library set.
   *
   * @default - none
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * How long logs are kept. The log group is deleted with the stack.
   *
   * @default RetentionDays.ONE_MONTH - as long as a failure can wait in a dead-letter queue, twice over
   */
  readonly logRetention?: RetentionDays;
  /**
   * Whether Lambda ends a chain of about 16 invocations that run through queues and topics alone. A chain that passes an outbox is
   * invisible to it; messages end after 32 hops in any case.
   *
   * @default RecursiveLoop.TERMINATE - allow it for functions whose legitimate chains are longer
   */
  readonly recursiveLoop?: RecursiveLoop;
}

/** Props of a `HandlerFunction`. */
export interface HandlerFunctionProps extends HandlerSettings {
  /**
   * The verb-noun name, in kebab-case; the function, its log group and its metrics carry it.
   *
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * Invocations that are kept free for this function, and that it never exceeds.
   *
   * @default - none: it shares the account's pool
   */
  readonly reservedConcurrency?: number;
  /** What the function does, as the console shows it. */
  readonly description?: string;
}

interface FunctionFacts {
  readonly timeout: Duration;
  readonly memorySize: number;
  /** Names of the variables that the caller gave. */
  readonly variables: readonly string[];
}

/** The metrics that alarms look at are filed under these, and a switch that turns them off. */
const OWN_VARIABLES = ['POWERTOOLS_SERVICE_NAME', 'POWERTOOLS_METRICS_NAMESPACE', 'POWERTOOLS_METRICS_DISABLED', METRICS_ENV.stack];
const taken = ({ variables }: FunctionFacts) => variables.filter((name) => OWN_VARIABLES.includes(name));

const FUNCTION_RULES: readonly Rule<FunctionFacts>[] = [
  {
    when: ({ timeout }) => timeout.toSeconds() < 3 || timeout.toSeconds() > 900,
    message: ({ timeout }) =>
      `timeout is ${timeout.toSeconds()} s; Lambda allows 900 s at most, and under 3 s the time kept free to write the partial response leaves ` +
      'nothing to work with: set "timeout" between 3 and 900 seconds',
  },
  {
    when: ({ memorySize }) => !Number.isInteger(memorySize) || memorySize < 128 || memorySize > 10_240,
    message: ({ memorySize }) =>
      `memorySize is ${memorySize}; Lambda takes whole megabytes from 128 to 10240: set "memorySize" in that range`,
  },
  {
    when: (facts) => taken(facts).length > 0,
    message: (facts) =>
      `environment sets ${taken(facts).join(', ')}; alarms look for the function's metrics under its name and its stack's, and would never find them: remove it`,
  },
];

/** What the CDK would refuse by itself, in words of its own. */
const WHOLE_RULES: readonly Rule<{ readonly name: string; readonly timeout: Duration }>[] = [
  {
    when: ({ timeout }) => !Number.isInteger(timeout.toSeconds({ integral: false })),
    message: ({ name, timeout }) =>
      `timeout of "${name}" is ${timeout.toMilliseconds()} ms; Lambda counts whole seconds: set "timeout" to a whole number of them`,
  },
];

const namesIn = new WeakMap<Stack, Map<string, string>>();

const CLAIM_RULES: readonly Rule<{ readonly name: string; readonly owner: string | undefined }>[] = [
  {
    when: ({ owner }) => owner !== undefined,
    message: ({ name, owner }) =>
      `the name "${name}" is already that of ${owner}; functions, queues and log groups of a stack are called by it: give one of the two another "name"`,
  },
];

/** Refuses a name that the stack has given away; CloudFormation would refuse the second resource, by its physical name. */
function claimName(scope: Construct, name: string, functionName: string): void {
  const stack = Stack.of(scope);
  const known = namesIn.get(stack) ?? new Map<string, string>();
  namesIn.set(stack, known);
  enforce(scope, CLAIM_RULES, { name, owner: known.get(functionName) });
  known.set(functionName, scope.node.path);
}

/** What a function of this library has unless it is told otherwise. */
export const FUNCTION_DEFAULTS = {
  timeout: Duration.seconds(30),
  memorySize: 512,
  logRetention: RetentionDays.ONE_MONTH,
} as const;

/**
 * A Lambda function as this library deploys all of its own: Node.js 24 on arm64, bundled with the app's other handlers in one esbuild call,
 * with a role that may write to its own log group and nothing else, JSON logs and a retention. For producers and anything else beside
 * consumers. With the context `posthaste:sourceMaps` in cdk.json, stacks name lines of the source instead of the bundle.
 *
 * @example
 * const receive = new HandlerFunction(this, 'receive-webhook', { entry: new URL('./receive-webhook.ts', import.meta.url) });
 * outbox.grantCommit(receive);
 * receive.grantWrite(orders);
 * const url = receive.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
 */
export class HandlerFunction extends LambdaFunction {
  /** The logical name, e.g. `receive-webhook`. */
  readonly logicalName: string;
  /** Twelve characters that change exactly when the deployed code does. */
  readonly codeVersion: string;

  constructor(scope: Construct, id: string, props: HandlerFunctionProps) {
    const name = props.name ?? id;
    const timeout = props.timeout ?? FUNCTION_DEFAULTS.timeout;
    const memorySize = props.memorySize ?? FUNCTION_DEFAULTS.memorySize;
    enforce(scope, WHOLE_RULES, { name, timeout });
    const functionName = physicalName(scope, name, { max: NAME_LIMITS.function });
    claimName(scope, name, functionName);
    const code = new HandlerCode(entryPath(scope, props.entry));
    const logGroup = new LogGroup(scope, `${id}-logs`, {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.logRetention ?? FUNCTION_DEFAULTS.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role of its own, without AWSLambdaBasicExecutionRole: that policy may write to every log group of the account.
    const role = new Role(scope, `${id}-role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    allow(role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    super(scope, id, {
      functionName,
      code,
      handler: `index.${props.handler ?? 'handler'}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      timeout,
      memorySize,
      ...(props.recursiveLoop !== undefined && { recursiveLoop: props.recursiveLoop }),
      ...(props.description !== undefined && { description: props.description }),
      ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
      environment: {
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
        [METRICS_ENV.stack]: stackName(scope),
        ...(wantsSourceMaps(scope) && { NODE_OPTIONS: '--enable-source-maps' }),
        ...props.environment,
      },
    });
    this.logicalName = name;
    this.codeVersion = code.version;
    enforce(this, NAME_RULES, { name });
    enforce(this, FUNCTION_RULES, { timeout, memorySize, variables: Object.keys(props.environment ?? {}) });
    enforceAtSynth(this, ENVIRONMENT_RULES, () => environmentFacts(this));
  }

  /**
   * Lets it write items of a table in units of work that it commits: `ConditionCheckItem`, `DeleteItem`, `GetItem`, `PutItem`,
   * `UpdateItem`.
   */
  grantWrite(table: TableRef): void {
    allowTable(this, table, TABLE_WRITE_ACTIONS);
  }
}
