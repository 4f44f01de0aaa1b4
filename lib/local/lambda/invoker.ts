/** How an invocation ended, as the service that asked for it sees it. */
export type InvokeOutcome =
  /** The handler returned; `payload` is its JSON value (undefined when it returned nothing). */
  | { readonly kind: 'result'; readonly payload: unknown }
  /** The handler threw, timed out, ran out of memory or exited: `errorType` is Lambda's, e.g. `Sandbox.Timedout`. */
  | { readonly kind: 'error'; readonly errorType: string; readonly errorMessage: string }
  /** No capacity (reserved or account concurrency): the handler did not run. */
  | { readonly kind: 'throttled' };

/** The error type of a run that was not started because its chain of requests runs in a loop. */
export const RECURSIVE_INVOCATION = 'RecursiveInvocationException';

/**
 * Runs a function. The Lambda pool is one implementation; the simulator, which runs handlers in process under virtual
 * time and kills them at will, is another. Whoever invokes (mappings, scheduler, topics, URLs) knows this interface only.
 */
export interface Invoker {
  /** `traceHeader` is the one of the request or message that asks for the run; it tells how the chain came here. */
  invoke(functionArn: string, event: unknown, traceHeader?: string): Promise<InvokeOutcome>;
}
