/** What a function error is made of, as Lambda's JSON spells it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** The first message to a sandbox: what to load. */
export interface InitMessage {
  readonly kind: 'init';
  /** Absolute, without symbolic links. */
  readonly taskRoot: string;
  readonly handler: string;
  /** From which file the AWS SDK, which Lambda's runtimes contain, is resolved when the code does not bring it. */
  readonly sdkParent: string;
  /** Runtimes before nodejs24.x accept handlers with a callback. */
  readonly callbacks: boolean;
  /** Stack traces name the sources: the function asked for it by NODE_OPTIONS, of which nothing else is honoured. */
  readonly sourceMaps: boolean;
  readonly context: SandboxContext;
}

/** The members of the handler's context that never change within a sandbox. */
interface SandboxContext {
  readonly functionName: string;
  readonly functionVersion: string;
  readonly memoryLimitInMB: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
}

/** One event for the handler. */
export interface InvokeMessage {
  readonly kind: 'invoke';
  readonly requestId: string;
  /** JSON. */
  readonly payload: string;
  readonly timeoutMs: number;
  readonly invokedFunctionArn: string;
  readonly traceId: string;
  /** JSON, from Invoke's ClientContext. */
  readonly clientContext?: string;
}

/** Parent to sandbox. */
export type ToSandbox = InitMessage | InvokeMessage;

/** Sandbox to parent. */
export type FromSandbox =
  | { readonly kind: 'ready' }
  | { readonly kind: 'init-error'; readonly error: FunctionError }
  | { readonly kind: 'result'; readonly payload: string; readonly memoryBytes: number }
  | { readonly kind: 'error'; readonly error: FunctionError; readonly memoryBytes: number }
  /** The process of the handler cannot go on; the sandbox exits by itself. */
  | { readonly kind: 'fatal'; readonly error: FunctionError }
  /** One log event; `level` is absent for what was written to the streams directly. */
  | { readonly kind: 'log'; readonly stream: 'stdout' | 'stderr'; readonly level?: string; readonly text: string };
