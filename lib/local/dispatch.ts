import type { Aws, AwsRequest, Engine, Interceptor, Json, Place, ServiceName } from './aws.ts';
import { AwsError } from './aws.ts';

/** What a dispatcher is made of. */
export interface DispatchOptions {
  readonly place: Place;
  /** Throws the refusal of a call that its caller may not make; absent, everything is allowed. */
  readonly authorise?: (request: AwsRequest) => void;
  /** Outermost first. */
  readonly interceptors?: readonly Interceptor[];
}

/** An `Aws` whose engines register themselves, because engines need the `Aws` to call each other. */
export interface Dispatcher extends Aws {
  register(...engines: readonly Engine[]): void;
}

/** Puts authorisation and interceptors between callers and engines. */
export function createDispatcher({ place, authorise, interceptors = [] }: DispatchOptions): Dispatcher {
  const engines = new Map<ServiceName, Engine>();

  function enter(request: AwsRequest): Json | Promise<Json> {
    const engine = engines.get(request.service);
    if (!engine)
      throw new AwsError('UnknownOperationException', `The service ${request.service} is not part of the embedded AWS`, { status: 501 });
    authorise?.(request);
    return engine.call(request);
  }

  const enterAsync = async (request: AwsRequest): Promise<Json> => enter(request);
  const chain = interceptors.reduceRight<(request: AwsRequest) => Promise<Json>>(
    (next, interceptor) => (request) => interceptor(request, () => next(request)),
    enterAsync,
  );

  return {
    place,
    register: (...added) => {
      for (const engine of added) engines.set(engine.service, engine);
    },
    call: chain,
    callNow: (request) => {
      const answer = enter(request);
      if (answer instanceof Promise) throw new Error(`${request.service}:${request.action} waits and cannot be called within a tick`);
      return answer;
    },
  };
}
