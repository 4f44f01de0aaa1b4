/**
 * What runs inside a sandbox, a worker thread or a child process: the counterpart of Lambda's Node.js runtime client. It loads the
 * handler, calls it once per invocation and reports. This file imports nothing of the library, because threads run its text.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import Module, { createRequire, enableCompileCache, flushCompileCache, registerHooks } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, types } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import type { FromSandbox, FunctionError, InitMessage, InvokeMessage, ToSandbox } from './sandbox-protocol.ts';

type Handler = (event: unknown, context: object, callback?: (error: unknown, result?: unknown) => void) => unknown;
type Level = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

const CALLBACK_MESSAGE =
  'ERROR: AWS Lambda does not support callback-based function handlers when using Node.js 24 or later. Modify the function to use a supported handler signature, e.g. async (event, context) => result.';

const post = (message: FromSandbox): void => {
  if (parentPort) parentPort.postMessage(message);
  else process.send?.(message);
};

let handler: Handler | undefined;
let init: InitMessage | undefined;
let exiting = false;

function receive(message: ToSandbox): void {
  if (message.kind === 'init') void start(message);
  else void invoke(message);
}

async function start(message: InitMessage): Promise<void> {
  init = message;
  process.cwd = () => message.taskRoot;
  process.setSourceMapsEnabled(message.sourceMaps);
  resolveLikeLambda(message.taskRoot, message.sdkParent);
  // Ten instances of one function compile it once: a cold start here takes a third of the time, and two cores have enough to do.
  enableCompileCache();
  try {
    handler = await loadHandler(message);
    flushCompileCache();
    post({ kind: 'ready' });
  } catch (error) {
    const functionError = toFunctionError(error);
    logError('Init Error', functionError);
    post({ kind: 'init-error', error: functionError });
  }
}

async function invoke(message: InvokeMessage): Promise<void> {
  process.env['_X_AMZN_TRACE_ID'] = message.traceId;
  try {
    const event: unknown = JSON.parse(message.payload);
    const result = await callHandler(event, contextOf(message));
    flushStreams();
    post({ kind: 'result', payload: serialise(result), memoryBytes: memoryBytes() });
  } catch (error) {
    const functionError = toFunctionError(error);
    logError('Invoke Error', functionError);
    post({ kind: 'error', error: functionError, memoryBytes: memoryBytes() });
  }
}

function logError(what: string, { errorType, errorMessage, trace }: FunctionError): void {
  log('stderr', format(what, `\t${JSON.stringify({ errorType, errorMessage, stack: trace })}`), 'ERROR');
  flushStreams();
}

function callHandler(event: unknown, context: object): unknown {
  if (!handler) throw new Error('the handler is not loaded');
  if (!init?.callbacks || handler.length < 3) return handler(event, context);
  const call = handler;
  return new Promise((resolveCall, reject) => {
    const returned = call(event, context, (error, result) => (error ? reject(error) : resolveCall(result)));
    if (types.isPromise(returned)) returned.then(resolveCall, reject);
  });
}

function contextOf(message: InvokeMessage): object {
  const deadline = performance.now() + message.timeoutMs;
  return {
    ...init?.context,
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: message.requestId,
    invokedFunctionArn: message.invokedFunctionArn,
    clientContext: message.clientContext === undefined ? undefined : JSON.parse(message.clientContext),
    identity: undefined,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
  };
}

function serialise(result: unknown): string {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    throw named('Runtime.MarshalError', 'Unable to stringify response body');
  }
}

function memoryBytes(): number {
  const heap = getHeapStatistics();
  return heap.used_heap_size + heap.external_memory;
}

/* ---- loading ---- */

async function loadHandler({ taskRoot, handler: name, callbacks }: InitMessage): Promise<Handler> {
  const base = name.slice(name.lastIndexOf('/') + 1);
  const dot = base.indexOf('.');
  if (dot < 1 || dot === base.length - 1 || name.includes('..')) throw named('Runtime.MalformedHandlerName', `Bad handler ${name}`);
  const modulePath = name.slice(0, name.length - base.length + dot);
  const exported = base.slice(dot + 1);
  const found = exported
    .split('.')
    .reduce<unknown>((owner, key) => (owner as Record<string, unknown> | undefined)?.[key], await loadModule(taskRoot, modulePath));
  if (found === undefined) throw named('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof found !== 'function') throw named('Runtime.HandlerNotFound', `${name} is not a function`);
  // The runtime decides by the number of declared parameters alone, before any call.
  if (!callbacks && found.length >= 3) throw named('Runtime.CallbackHandlerDeprecated', CALLBACK_MESSAGE);
  return found as Handler;
}

async function loadModule(taskRoot: string, modulePath: string): Promise<unknown> {
  const base = resolve(taskRoot, modulePath);
  const file = ['', '.js', '.mjs', '.cjs'].map((extension) => base + extension).find(isFile);
  try {
    if (!file) throw Object.assign(new Error(`Cannot find module '${modulePath}'`), { code: 'MODULE_NOT_FOUND' });
    return withDefault(await loadFile(file, taskRoot));
  } catch (error) {
    const code = (error as { code?: string } | null)?.code;
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') throw named('Runtime.ImportModuleError', String(error), error);
    if (error instanceof SyntaxError) throw named('Runtime.UserCodeSyntaxError', String(error), error);
    throw error;
  }
}

/** Exports of a CommonJS module that `import` put under `default`. */
function withDefault(loaded: unknown): unknown {
  const namespace = loaded as { default?: object };
  return types.isModuleNamespaceObject(loaded) && typeof namespace.default === 'object' ? { ...namespace.default, ...namespace } : loaded;
}

/**
 * A `.js` file is what the package.json inside the code says, CommonJS when there is none. A package.json above the task root does
 * not exist on Lambda, so it must not count here either.
 */
async function loadFile(file: string, taskRoot: string): Promise<unknown> {
  const type = packageType(dirname(file), taskRoot);
  if (file.endsWith('.mjs') || (file.endsWith('.js') && type === 'module')) return import(pathToFileURL(file).href);
  compileAsCommonJs(taskRoot);
  try {
    return createRequire(file)(file);
  } catch (error) {
    if (
      error instanceof SyntaxError &&
      file.endsWith('.js') &&
      /import statement|Unexpected token 'export'|import\.meta/.test(error.message)
    ) {
      return import(pathToFileURL(file).href);
    }
    throw error;
  }
}

function packageType(directory: string, taskRoot: string): string {
  const manifest = join(directory, 'package.json');
  if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, 'utf8')).type ?? 'commonjs';
  return directory === taskRoot || !directory.startsWith(taskRoot + sep) ? 'commonjs' : packageType(dirname(directory), taskRoot);
}

/** Node's own loader of `.js`, for files of the task root that no package.json inside it declares as modules. */
function compileAsCommonJs(taskRoot: string): void {
  type Compiled = { _compile(source: string, file: string, format: string): void };
  const extensions = (Module as unknown as { _extensions: Record<string, (module: Compiled, file: string) => void> })._extensions;
  const original = extensions['.js'];
  extensions['.js'] = (module, file) => {
    const ours = file.startsWith(taskRoot + sep) && packageType(dirname(file), taskRoot) !== 'module';
    if (ours) module._compile(readFileSync(file, 'utf8'), file, 'commonjs');
    else original?.(module, file);
  };
}

/**
 * The code sees its own files and what the runtime contains, the AWS SDK; packages installed above the task root do not exist on
 * Lambda, so a bundle that forgot one must fail here too.
 */
function resolveLikeLambda(taskRoot: string, sdkParent: string): void {
  const inside = (url: string | undefined) => url?.startsWith(`${pathToFileURL(taskRoot).href}/`) ?? false;
  registerHooks({
    resolve(specifier, context, next) {
      const bare = !/^(?:node:|file:|data:|\.{0,2}\/)/.test(specifier);
      if (!bare || !inside(context.parentURL) || Module.isBuiltin(specifier)) return next(specifier, context);
      const provided = /^(?:@aws-sdk|@smithy|@aws-crypto)\//.test(specifier);
      const found = attempt(() => next(specifier, context));
      if (found && inside(found.url)) return found;
      if (provided && context.conditions.includes('import')) return next(specifier, { ...context, parentURL: sdkParent });
      // The resolver of `require` looks from the module that asks, whatever the context says.
      if (provided) return { url: pathToFileURL(createRequire(sdkParent).resolve(specifier)).href, shortCircuit: true };
      throw Object.assign(new Error(`Cannot find package '${specifier}' imported from ${context.parentURL}`), {
        code: 'ERR_MODULE_NOT_FOUND',
      });
    },
  });
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/* ---- errors ---- */

function named(name: string, message: string, cause?: unknown): Error {
  const error = new Error(message, { cause });
  error.name = name;
  return error;
}

function toFunctionError(error: unknown): FunctionError {
  if (types.isNativeError(error) || error instanceof Error) {
    const { name, message, stack } = error as Error;
    return { errorType: String(name), errorMessage: String(message), trace: String(stack ?? '').split('\n') };
  }
  return { errorType: typeof error, errorMessage: attempt(() => String(error)) ?? 'unknown', trace: [] };
}

/** An error outside the handler's promise ends the runtime: 128 and 129 are the runtime client's exit codes. */
function die(error: FunctionError, code: number): void {
  if (exiting) return;
  exiting = true;
  log('stderr', format(code === 128 ? 'Unhandled Promise Rejection' : 'Uncaught Exception', `\t${JSON.stringify(error)}`), 'ERROR');
  flushStreams();
  post({ kind: 'fatal', error });
  process.exit(code);
}

process.on('uncaughtException', (error) => die(toFunctionError(error), 129));
process.on('unhandledRejection', (reason) => {
  const { trace } = toFunctionError(reason);
  die({ errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: String(reason), trace: trace ?? [] }, 128);
});

/* ---- logs ---- */

function log(stream: 'stdout' | 'stderr', text: string, level?: Level): void {
  post({ kind: 'log', stream, text, ...(level === undefined ? {} : { level }) });
}

const openLines = { stdout: '', stderr: '' };

function captureStream(name: 'stdout' | 'stderr'): void {
  const write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    const lines = (openLines[name] + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))).split('\n');
    openLines[name] = lines.pop() ?? '';
    for (const line of lines) log(name, line);
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  process[name].write = write as typeof process.stdout.write;
}

function flushStreams(): void {
  for (const name of ['stdout', 'stderr'] as const) {
    if (openLines[name] !== '') log(name, openLines[name]);
    openLines[name] = '';
  }
}

const LEVELS: Readonly<Record<'trace' | 'debug' | 'log' | 'info' | 'warn' | 'error', Level>> = {
  trace: 'TRACE',
  debug: 'DEBUG',
  log: 'INFO',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
};

for (const [method, level] of Object.entries(LEVELS)) {
  const stream = level === 'WARN' || level === 'ERROR' ? 'stderr' : 'stdout';
  console[method as keyof typeof LEVELS] = (...parts: unknown[]) => log(stream, format(...parts), level);
}
captureStream('stdout');
captureStream('stderr');

if (parentPort) parentPort.on('message', receive);
else process.on('message', receive);
