/**
 * The vocabulary that the embedded engines share: who calls, what is asked, how a refusal looks.
 * An engine is synchronous: a call completes inside one tick, so a transaction needs an undo log and no locks, and a
 * simulated schedule is deterministic. Inputs and outputs are the plain JSON of the service's API as the AWS SDK v3 shapes it,
 * with two conventions: every blob is a base64 string (S3 bodies alone are a Uint8Array), and every timestamp is a number of seconds since
 * the epoch.
 */
export type Json = Record<string, unknown>;

/** The services that the gateway dispatches to; the names are the IAM prefixes. */
export type ServiceName =
  | 'sqs'
  | 'sns'
  | 'dynamodb'
  | 'dynamodbstreams'
  | 's3'
  | 'lambda'
  | 'scheduler'
  | 'cloudformation'
  | 'sts'
  | 'iam'
  | 'ssm'
  | 'kms'
  | 'logs'
  | 'cloudwatch'
  | 'ecr';

/** Who makes a call: it decides which identity policies apply and which condition keys a resource policy sees. */
export type Caller =
  /** The person at the machine: any access key that names no role. Everything is allowed. */
  | { readonly kind: 'developer' }
  /** A role of the deployed template, e.g. the execution role of a function. */
  | { readonly kind: 'role'; readonly roleArn: string; readonly sessionName?: string }
  /** A service acting for a resource, e.g. a topic that delivers to a queue. */
  | { readonly kind: 'service'; readonly principal: string; readonly sourceArn?: string; readonly sourceAccount?: string };

/** The developer at the machine. */
export const DEVELOPER: Caller = { kind: 'developer' };

/** One call of one action. */
export interface AwsRequest {
  readonly service: ServiceName;
  /** The operation's name in the SDK, e.g. `SendMessageBatch`. */
  readonly action: string;
  readonly input: Json;
  readonly caller: Caller;
  /** `X-Amzn-Trace-Id`, which SDK clients in a function send on; queues, topics and functions keep it. */
  readonly traceHeader?: string | undefined;
  /** Aborted when the caller went away, e.g. an HTTP client that closed its long poll. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * One service. Throws `AwsError` for every refusal, an unknown action included.
 * The answer is a promise only where the service itself waits: a long poll that found nothing, an invocation.
 */
export interface Engine {
  readonly service: ServiceName;
  call(request: AwsRequest): Json | Promise<Json>;
}

/** Where everything lives. */
export interface Place {
  readonly accountId: string;
  readonly region: string;
  /** The gateway's URL, as queue URLs show it; engines never connect to it. */
  readonly endpoint: string;
}

/** Twelve zeros: an account that can never be mistaken for a real one. */
export const LOCAL_PLACE: Place = { accountId: '000000000000', region: 'us-east-1', endpoint: 'http://127.0.0.1:4566' };

/** How an AWS service refuses. `code` is the error name that the SDK shows; `message` repeats AWS's wording. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the error's JSON body, e.g. `CancellationReasons` or `Item`. */
  readonly details: Json;

  constructor(code: string, message: string, options: { readonly status?: number; readonly details?: Json } = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = options.status ?? 400;
    this.details = options.details ?? {};
  }
}

/**
 * Everything between a caller and the engines: authorisation, then the interceptors (counting, chaos, simulated faults), then the
 * engine. The gateway, the event source mappings, the topic deliveries and the simulator's clients all call through it.
 */
export interface Aws {
  readonly place: Place;
  call(request: AwsRequest): Promise<Json>;
  /** The same without interceptors and without yielding: for services that act inside one tick (topic deliveries, pollers). */
  callNow(request: AwsRequest): Json;
}

/** Sees every call that goes through `Aws.call`; may count, delay, refuse, repeat or drop its answer. */
export type Interceptor = (request: AwsRequest, next: () => Promise<Json>) => Promise<Json>;
