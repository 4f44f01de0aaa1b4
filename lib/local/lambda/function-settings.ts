import { AwsError, type Json } from '../aws.ts';

/** The settings of one version of a function with every default filled in. */
export interface FunctionSettings {
  readonly runtime: string;
  readonly role: string;
  readonly handler: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly jsonLogs: boolean;
  readonly logGroup: string;
  readonly deadLetterArn: string | undefined;
  /** Members that are stored and shown and change nothing here, e.g. `TracingConfig`. */
  readonly shown: Json;
}

const SHOWN = [
  'VpcConfig',
  'KMSKeyArn',
  'TracingConfig',
  'Layers',
  'Architectures',
  'EphemeralStorage',
  'SnapStart',
  'FileSystemConfigs',
  'DurableConfig',
];
const RESERVED_ENV =
  /^(?:AWS_REGION|AWS_DEFAULT_REGION|AWS_LAMBDA_\w+|AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_EXECUTION_ENV|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR|_HANDLER|_X_AMZN_TRACE_ID)$/;
/** Keys that a function may set although they begin like Lambda's own (Lambda guide, "Defined runtime environment variables"). */
const ALLOWED_ENV = new Set(['AWS_LAMBDA_EXEC_WRAPPER', 'AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1', 'AWS_LAMBDA_MAX_CONCURRENCY']);

/** Reads CreateFunction's input, or UpdateFunctionConfiguration's laid over what is stored, and refuses what AWS refuses. */
export function readFunctionSettings(name: string, input: Json, stored?: FunctionSettings): FunctionSettings {
  const logging = (input['LoggingConfig'] ?? {}) as { LogFormat?: string; LogGroup?: string };
  const environment = (input['Environment'] as { Variables?: Record<string, string> } | undefined)?.Variables;
  const deadLetter = input['DeadLetterConfig'] as { TargetArn?: string } | undefined;
  const settings: FunctionSettings = {
    runtime: text(input['Runtime'], stored?.runtime ?? ''),
    role: text(input['Role'], stored?.role ?? ''),
    handler: text(input['Handler'], stored?.handler ?? ''),
    description: text(input['Description'], stored?.description ?? ''),
    timeoutSeconds: within(input, { name: 'Timeout', fallback: stored?.timeoutSeconds ?? 3, least: 1, most: 900 }),
    memoryMb: within(input, { name: 'MemorySize', fallback: stored?.memoryMb ?? 128, least: 128, most: 10_240 }),
    environment: environment ?? stored?.environment ?? {},
    jsonLogs: logging.LogFormat === undefined ? (stored?.jsonLogs ?? false) : logging.LogFormat === 'JSON',
    logGroup: logging.LogGroup ?? stored?.logGroup ?? `/aws/lambda/${name}`,
    deadLetterArn: deadLetter ? deadLetter.TargetArn || undefined : stored?.deadLetterArn,
    shown: { ...stored?.shown, ...Object.fromEntries(SHOWN.filter((key) => input[key] !== undefined).map((key) => [key, input[key]])) },
  };
  check(settings);
  return settings;
}

function check({ runtime, role, handler, environment, shown }: FunctionSettings): void {
  if (!/^nodejs\d+\.x$/.test(runtime))
    throw invalid(
      `The runtime parameter of ${runtime || 'nothing'} is not supported here. The embedded Lambda runs Node.js functions, e.g. nodejs24.x.`,
    );
  if (!/^arn:[^:]+:iam::\d{12}:role\/.+$/.test(role)) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${role}' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+`,
    );
  }
  // Lambda Developer Guide, "Improving startup performance with Lambda SnapStart": Java, Python and .NET only.
  if ((shown['SnapStart'] as { ApplyOn?: string } | undefined)?.ApplyOn === 'PublishedVersions')
    throw invalid(`${runtime} is not supported for SnapStart enabled functions.`);
  if (handler === '') throw invalid('Runtime and Handler are mandatory parameters for functions created with deployment packages.');
  const reserved = Object.keys(environment).filter((key) => RESERVED_ENV.test(key) && !ALLOWED_ENV.has(key));
  if (reserved.length > 0) {
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
  // Lambda guide, "Lambda quotas": 4 KB in total.
  if (Buffer.byteLength(JSON.stringify(environment)) > 4_096)
    throw invalid(
      'Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.',
    );
}

function text(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

function within(input: Json, rule: { name: string; fallback: number; least: number; most: number }): number {
  const value = input[rule.name] ?? rule.fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= rule.least && value <= rule.most) return value;
  const path = rule.name.charAt(0).toLowerCase() + rule.name.slice(1);
  const bound = Number(value) > rule.most ? `less than or equal to ${rule.most}` : `greater than or equal to ${rule.least}`;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${String(value)}' at '${path}' failed to satisfy constraint: Member must have value ${bound}`,
  );
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}
