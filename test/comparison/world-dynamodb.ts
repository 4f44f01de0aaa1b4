import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { CLIENT_SETTINGS } from '../../lib/retry/client-settings.ts';
import type { SimProcess } from '../../lib/simulation/process.ts';

/** What an SDK client hands to its transport. */
interface WireRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface WireResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What the SDK would otherwise read from files, which takes real time: its own defaults, spelled out. */
const SDK_DEFAULTS: DynamoDBClientConfig = {
  region: 'us-east-1',
  endpoint: 'https://dynamodb.us-east-1.amazonaws.com',
  credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
  // "Retry behavior" (AWS SDKs and Tools Reference Guide): standard mode, three attempts in all.
  retryMode: 'standard',
  maxAttempts: 3,
  defaultsMode: 'standard',
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  accountIdEndpointMode: 'disabled',
  authSchemePreference: [],
  endpointDiscoveryEnabled: false,
  // Nobody checks signatures here, and making them is half the work of a call.
  signer: { sign: async (request) => request },
  logger: CLIENT_SETTINGS.logger,
};

/**
 * A real DynamoDB client of the AWS SDK, with the SDK's own retries, errors and serialisation, whose requests travel through a process of a
 * world: every attempt is a call that can meet a fault. One difference to a client nobody has configured: a call that gets no answer fails
 * after five seconds, where that client would wait until its function times out.
 */
export function worldDynamoDb(process: SimProcess, settings: DynamoDBClientConfig = {}): DynamoDBClient {
  const requestHandler = { handle: async (request: WireRequest) => ({ response: await exchange(process, request) }) };
  return new DynamoDBClient({ ...SDK_DEFAULTS, ...settings, requestHandler: requestHandler as never });
}

const client = (process: SimProcess) => process.client('dynamodb');

async function exchange(process: SimProcess, { headers, body = '{}' }: WireRequest): Promise<WireResponse> {
  const action = String(headers['x-amz-target']).split('.').at(-1);
  const input = JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
  try {
    return answer(200, await client(process).send({ constructor: { name: `${action}Command` }, input }));
  } catch (error) {
    // A service's refusal has a status and is an answer; a lost one is the transport's own error.
    const { $metadata, name, message, $fault: _fault, ...details } = error as ServiceRefusal;
    if ($metadata?.httpStatusCode === undefined) throw error;
    return answer($metadata.httpStatusCode, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message, ...details });
  }
}

interface ServiceRefusal extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $fault?: string;
}

function answer(statusCode: number, content: unknown): WireResponse {
  const text = JSON.stringify(content, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value));
  return { statusCode, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: new TextEncoder().encode(text) };
}
