import type { StandardSchemaV1 } from '@standard-schema/spec';

/** A routing field: what a subscriber may filter on without reading the body. Strings match exactly, numbers by range. */
export type RoutingValue = string | number;

/**
 * The contract of one message: what it is called on the wire, what its data looks like, and how it travels.
 * A pure value, shared by producers, consumers and constructs; it imports no AWS code.
 */
export interface MessageDefinition<Name extends string = string, Data = unknown, Input = Data> {
  readonly kind: 'event' | 'command';
  /** `<context>.<name>` in kebab-case, e.g. `orders.order-placed`. The version is not part of it. */
  readonly name: Name;
  /** A positive integer, raised with each change of the schema. */
  readonly version: number;
  /** Any Standard Schema (zod 4, valibot, arktype, …). Producers accept its input type, handlers receive its output type. */
  readonly schema: StandardSchemaV1<Input, Data>;
  /** The ordering key of one message, or undefined when its order does not matter. */
  readonly key: (data: Data) => string | undefined;
  /** Fields mirrored as message attributes, at most `MAX_ROUTING_FIELDS`. */
  readonly routing: Readonly<Record<string, (data: Data) => RoutingValue | undefined>>;
  /** Names of the topics (events) or of the one queue (commands) that carry it. */
  readonly destinations: readonly string[];
}

/** Any definition, for lists of them. */
// biome-ignore lint/suspicious/noExplicitAny: a list of definitions is invariant in its data, and only `any` is both in and out
export type AnyMessageDefinition = MessageDefinition<string, any, any>;

/** A definition made by `defineEvent`. */
export type EventDefinition<Name extends string = string, Data = unknown, Input = Data> = MessageDefinition<Name, Data, Input> & {
  readonly kind: 'event';
};

/** A definition made by `defineCommand`. */
export type CommandDefinition<Name extends string = string, Data = unknown, Input = Data> = MessageDefinition<Name, Data, Input> & {
  readonly kind: 'command';
};

/** Any event, for lists of them. */
export type AnyEventDefinition = AnyMessageDefinition & { readonly kind: 'event' };

/** Any command, for lists of them. */
export type AnyCommandDefinition = AnyMessageDefinition & { readonly kind: 'command' };

/** The data that handlers of a definition receive. */
export type DataOf<Definition extends AnyMessageDefinition> = StandardSchemaV1.InferOutput<Definition['schema']>;

/** The data that producers of a definition give. */
export type InputOf<Definition extends AnyMessageDefinition> = StandardSchemaV1.InferInput<Definition['schema']>;

/** A message as a handler receives it: the validated data and what travelled with it. */
export interface Message<Data = unknown> {
  /** Unique per message, equal across redeliveries, retries and destinations: the key of every deduplication. */
  readonly id: string;
  /** The wire name. */
  readonly type: string;
  readonly version: number;
  /** The service that sent it, a URI reference. */
  readonly source: string;
  /** When it was committed, ISO 8601 in UTC with milliseconds. */
  readonly time: string;
  readonly data: Data;
  /** The ordering key, when it has one. */
  readonly key?: string;
  /** Its place among the messages of its key, from 1, without gaps. */
  readonly sequence?: number;
  /** Shared by everything that one first cause brought about. */
  readonly correlationId: string;
  /** The id of the message whose handling sent this one. */
  readonly causationId?: string;
  /** How many messages lie between the first cause and this one: 0 for the first. */
  readonly hops: number;
  readonly tenant?: string;
  /** W3C trace context of the sender. */
  readonly traceparent?: string;
}

/** A message on its way out: fixed at commit, never changed by the relay. */
export interface OutgoingMessage extends Omit<Message, 'data'> {
  readonly data: unknown;
  readonly kind: 'event' | 'command';
  readonly destinations: readonly string[];
  readonly routing: Readonly<Record<string, RoutingValue>>;
}
