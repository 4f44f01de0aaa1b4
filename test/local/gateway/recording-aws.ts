import { type Aws, type AwsRequest, type Json, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import type { FunctionUrls } from '../../../lib/local/gateway/function-url.ts';
import { type Gateway, startGateway } from '../../../lib/local/gateway/gateway.ts';

/** A gateway before a scripted AWS: what arrives is recorded, what is answered is chosen by the test. */
export interface Recorded {
  readonly gateway: Gateway;
  readonly calls: AwsRequest[];
  /** What the next calls answer; a function may throw. */
  answer: (request: AwsRequest) => Json | Promise<Json>;
  last(): AwsRequest;
  /** Options for any SDK client of the gateway. */
  readonly client: { endpoint: string; region: string; maxAttempts: number; credentials: { accessKeyId: string; secretAccessKey: string } };
}

export async function recordingGateway(functionUrls?: FunctionUrls): Promise<Recorded> {
  const calls: AwsRequest[] = [];
  const recorded: { answer: Recorded['answer'] } = { answer: () => ({}) };
  const aws: Aws = {
    place: LOCAL_PLACE,
    call: async (request) => {
      calls.push(request);
      return recorded.answer(request);
    },
    callNow: () => {
      throw new Error('the gateway never calls without waiting');
    },
  };
  const gateway = await startGateway({
    aws,
    port: 0,
    callerOf: (key) => (key === 'ROLEKEY' ? { kind: 'role', roleArn: 'arn:aws:iam::000000000000:role/r' } : undefined),
    ...(functionUrls && { functionUrls }),
  });
  return Object.assign(recorded, {
    gateway,
    calls,
    last: () => calls.at(-1) as AwsRequest,
    client: {
      endpoint: gateway.url,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    },
  });
}
