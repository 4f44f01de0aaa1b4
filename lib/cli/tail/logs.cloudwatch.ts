import type { Page } from '../../core/pages.ts';
import { sentenceFor } from '../operator/aws-sentence.ts';
import { clientConfigOf, type Place } from '../operator/place.ts';
import type { Logs } from './logs.ts';

const PERMISSION =
  'you may not read the logs: your role needs logs:DescribeLogGroups, and logs:FilterLogEvents on the log groups of the functions, which ' +
  'grantOperate does not give';

/** One of CloudWatch Logs' actions, by name. */
type Call = <Answer>(action: string, input: Readonly<Record<string, unknown>>) => Promise<Answer>;

/** CloudWatch Logs. Two actions of it are worth no client of its own: requests are signed by the signer that Lambda's client has. */
export function createLogs(place: Place): Logs {
  const call = createCall(place);
  return {
    async groups(prefix, cursor) {
      const { logGroups = [], nextToken }: GroupsPage = await call('DescribeLogGroups', { logGroupNamePrefix: prefix, nextToken: cursor });
      return pageOf(
        logGroups.flatMap(({ logGroupName }) => logGroupName ?? []),
        nextToken,
      );
    },
    async lines(group, since, cursor) {
      const { events = [], nextToken }: LinesPage = await call('FilterLogEvents', {
        logGroupName: group,
        startTime: since,
        nextToken: cursor,
      });
      return pageOf(
        events.map(({ eventId, timestamp, message }) => ({ id: eventId, at: timestamp, message })),
        nextToken,
      );
    },
  };
}

const pageOf = <T>(items: readonly T[], cursor: string | undefined): Page<T> => ({ items, ...(cursor !== undefined && { cursor }) });

interface GroupsPage {
  readonly logGroups?: readonly { readonly logGroupName?: string }[];
  readonly nextToken?: string;
}

interface LinesPage {
  readonly events?: readonly { readonly eventId: string; readonly timestamp: number; readonly message: string }[];
  readonly nextToken?: string;
}

/** CloudWatch Logs API Reference, "Common parameters": JSON 1.1, the action in a header. */
function createCall(place: Place): Call {
  let signing: ReturnType<typeof signingOf> | undefined;
  return async (action, input) => {
    try {
      signing ??= signingOf(place);
      const { endpoint, signer } = await signing;
      const request = await signer.sign({
        method: 'POST',
        protocol: endpoint.protocol,
        hostname: endpoint.hostname,
        ...(endpoint.port !== '' && { port: Number(endpoint.port) }),
        path: '/',
        query: {},
        headers: { host: endpoint.host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Logs_20140328.${action}` },
        body: JSON.stringify(input),
      });
      const response = await fetch(endpoint, { method: 'POST', headers: request.headers, body: request.body as string });
      const answer: unknown = await response.json();
      if (!response.ok) throw failureIn(answer as Failure);
      return answer as never;
    } catch (error) {
      throw sentenceFor(error, { place, functionName: 'CloudWatch Logs', permission: PERMISSION });
    }
  };
}

async function signingOf(place: Place) {
  const { LambdaClient } = await import('@aws-sdk/client-lambda');
  const { config } = new LambdaClient(clientConfigOf(place));
  const region = await config.region();
  const signer = await config.signer({ name: 'sigv4', signingName: 'logs', signingRegion: region, properties: {} });
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const address = place.kind === 'local' ? place.endpoint : (process.env['AWS_ENDPOINT_URL'] ?? `https://logs.${region}.${suffix}`);
  return { endpoint: new URL(address), signer };
}

interface Failure {
  readonly __type?: string;
  readonly message?: string;
  readonly Message?: string;
}

function failureIn({ __type: type = 'UnknownError', message, Message }: Failure): Error {
  return Object.assign(new Error(message ?? Message ?? type), { name: type.split('#').at(-1) ?? type });
}
