import type { Functions } from './operations-client.ts';
import { clientConfigOf, type Place } from './place.ts';

/** Lambda by its SDK, which is loaded when it is first needed: help and wrong arguments cost nothing. */
export function createFunctions(place: Place): Functions {
  const load = async (maxAttempts: number) => {
    const { LambdaClient } = await import('@aws-sdk/client-lambda');
    return new LambdaClient({ ...clientConfigOf(place), maxAttempts });
  };
  const patient = remember(() => load(3));
  const once = remember(() => load(1));
  return {
    async invoke(name, payload, { repeatable }) {
      const { InvokeCommand } = await import('@aws-sdk/client-lambda');
      const client = await (repeatable ? patient() : once());
      const answer = await client.send(new InvokeCommand({ FunctionName: name, Payload: Buffer.from(payload) }));
      return { payload: Buffer.from(answer.Payload ?? []).toString('utf8'), failed: answer.FunctionError !== undefined };
    },
    async names() {
      const { paginateListFunctions } = await import('@aws-sdk/client-lambda');
      const names: string[] = [];
      for await (const { Functions: page = [] } of paginateListFunctions({ client: await patient() }, {})) {
        names.push(...page.flatMap(({ FunctionName }) => FunctionName ?? []));
      }
      return names;
    },
  };
}

function remember<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
