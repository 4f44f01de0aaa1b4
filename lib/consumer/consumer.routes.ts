import type { Logger } from '../core/logger.ts';
import type { AnyMessageDefinition, DataOf, Message } from '../message/message.ts';
import type { ErrorRule } from '../retry/error-rules.ts';
import type { UnitOfWork } from '../unit-of-work/unit-of-work.ts';
import { HANDLES_ALL } from './consumer.contract.ts';
import { ConsumerConfigError } from './consumer.errors.ts';

/** What a handler is given next to the message. Made for each run: nothing of it is shared between messages. */
export interface HandlerContext {
  /** Collects writes and outgoing messages; they commit together with the inbox marker after the handler has returned, or not at all. */
  readonly unit: UnitOfWork;
  /** Aborted when the invocation is about to end; pass it to whatever the handler waits for. */
  readonly signal: AbortSignal;
  /** Logs with the message's id and type. */
  readonly log: Logger;
  /** The same at every run of this message by this consumer: hand it to whoever receives an effect outside the unit. */
  readonly idempotencyKey: string;
  /** Which charged attempt this is, from 1. Throttles, conflicts and deadlines do not raise it. */
  readonly attempt: number;
  readonly consumer: string;
  /** How often SQS has handed this copy out, from 1. */
  readonly receiveCount: number;
}

/** Handles one message. What it throws decides what happens to the message: see `Permanent` and `Transient`. */
export type Handle<Data> = (message: Message<Data>, context: HandlerContext) => Promise<void> | void;

/** How a handler's effect relates to the inbox. */
export interface RouteOptions {
  /**
   * `transaction`: the effect is the unit, and happens exactly once. `external`: the handler calls out (mail, payment), so a lease keeps
   * other runs away while it runs; the effect happens at least once, under one `idempotencyKey`.
   * @default 'transaction'
   */
  readonly effect?: 'transaction' | 'external';
  /** What becomes of a message that this handler failed, asked before the rules of the consumer, see `errorRule`. @default [] */
  readonly errors?: readonly ErrorRule[];
}

/** One handler of a consumer, made by `on` or `onAny`. */
export interface Route {
  /** What it handles; undefined for everything. */
  readonly definition: AnyMessageDefinition | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: routes of different data stand in one list; `on` has checked each
  readonly handle: Handle<any>;
  readonly effect: 'transaction' | 'external';
  readonly errors: readonly ErrorRule[];
}

/**
 * Handles the messages of one definition; the data is validated and typed by its schema.
 *
 * @example
 * on(OrderPlaced, async (message, { unit }) => {
 *   unit.put(shipments, { orderId: message.data.orderId, state: 'waiting' });
 * })
 */
export function on<Definition extends AnyMessageDefinition>(
  definition: Definition,
  handle: Handle<DataOf<Definition>>,
  { effect = 'transaction', errors = [] }: RouteOptions = {},
): Route {
  return { definition, handle, effect, errors };
}

/**
 * Handles every message that no `on` of the same consumer handles, of any type and version; the data is not validated.
 *
 * @example
 * onAny(async (message, { unit }) => unit.put(audit, { id: message.id, type: message.type }))
 */
export function onAny(handle: Handle<unknown>, { effect = 'transaction', errors = [] }: RouteOptions = {}): Route {
  return { definition: undefined, handle, effect, errors };
}

/** What a consumer makes of a type and version. */
export type Routing =
  | { readonly kind: 'handle'; readonly route: Route }
  | { readonly kind: 'ignore' }
  | { readonly kind: 'unknownType' }
  | { readonly kind: 'unknownVersion'; readonly known: readonly number[] };

/** The handlers of a consumer, by what they handle. */
export interface Router {
  /** The wire names, sorted, or `'*'` alone when everything is handled. */
  readonly handles: readonly string[];
  find(type: string, version: number): Routing;
}

/** Orders the handlers; two for one message are a mistake. */
export function createRouter(routes: readonly Route[], ignores: readonly AnyMessageDefinition[]): Router {
  if (routes.length === 0) throw new ConsumerConfigError('a consumer has no handlers: give it at least one, made by on() or onAny()');
  const byType = new Map<string, Map<number, Route>>();
  for (const route of routes) addRoute(byType, route);
  const rest = routes.filter((route) => route.definition === undefined);
  if (rest.length > 1) throw new ConsumerConfigError('a consumer has onAny() twice; each message has one handler');
  const [any] = rest;
  const ignored = new Set(ignores.map((definition) => definition.name));
  for (const name of ignored) if (byType.has(name)) throw new ConsumerConfigError(`a consumer both handles and ignores ${name}`);

  return {
    handles: any ? [HANDLES_ALL] : [...byType.keys()].sort(),
    find(type, version) {
      const versions = byType.get(type);
      const route = versions?.get(version) ?? any;
      if (ignored.has(type)) return { kind: 'ignore' };
      if (route) return { kind: 'handle', route };
      return versions ? { kind: 'unknownVersion', known: [...versions.keys()] } : { kind: 'unknownType' };
    },
  };
}

function addRoute(byType: Map<string, Map<number, Route>>, route: Route): void {
  const { definition } = route;
  if (definition === undefined) return;
  const versions = byType.get(definition.name) ?? new Map<number, Route>();
  if (versions.has(definition.version)) {
    throw new ConsumerConfigError(`a consumer has two handlers for ${definition.name} version ${definition.version}; each message has one`);
  }
  byType.set(definition.name, versions.set(definition.version, route));
}
