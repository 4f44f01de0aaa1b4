import type { Ids } from '../../../lib/core/ids.ts';
import { type Aws, type Caller, type Engine, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { startGateway } from '../../../lib/local/gateway/gateway.ts';

/** Real engines behind a gateway, without authorisation, and what an SDK client of them needs. */
export async function engineGateway(engines: readonly Engine[], callerOf: (key: string) => Caller | undefined = () => undefined) {
  const engineOf = new Map(engines.map((engine) => [engine.service, engine]));
  const aws: Aws = {
    place: LOCAL_PLACE,
    call: async (request) => {
      const engine = engineOf.get(request.service);
      if (engine === undefined) throw new Error(`the test has no ${request.service}`);
      return engine.call(request);
    },
    callNow: () => {
      throw new Error('the gateway never calls without waiting');
    },
  };
  const gateway = await startGateway({ aws, callerOf, port: 0 });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { gateway, aws, client: { endpoint: gateway.url, region: 'us-east-1', maxAttempts: 1, credentials } };
}

/** Identifiers that count up. */
export function countingIds(): Ids {
  let count = 0;
  return { next: () => `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}` };
}
