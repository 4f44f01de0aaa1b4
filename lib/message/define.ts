import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ENVELOPE_ATTRIBUTES, MAX_ROUTING_FIELDS } from './message.contract.ts';
import { MessageDefinitionError } from './message.errors.ts';
import type { AnyMessageDefinition, CommandDefinition, EventDefinition, MessageDefinition, RoutingValue } from './message.ts';

/** What events and commands have in common. */
export interface MessageOptions<Name extends string, Schema extends StandardSchemaV1> {
  /** `<context>.<name>` in kebab-case: events in the past tense (`orders.order-placed`), commands imperative (`billing.charge-card`). */
  readonly name: Name;
  /** A positive integer, raised with each change of the schema. */
  readonly version: number;
  /** Any Standard Schema that validates synchronously. */
  readonly schema: Schema;
  /** The ordering key of one message; messages of one key are published in the order of their commits. @default - no order */
  readonly key?: (data: StandardSchemaV1.InferOutput<Schema>) => string | undefined;
  /** Fields that subscribers filter on, at most 6; a field whose value is undefined is left out. @default - none */
  readonly routing?: Readonly<Record<string, (data: StandardSchemaV1.InferOutput<Schema>) => RoutingValue | undefined>>;
}

/** What `defineEvent` takes. */
export interface EventOptions<Name extends string, Schema extends StandardSchemaV1> extends MessageOptions<Name, Schema> {
  /** Names of the topics that carry it. @default - one topic named after the context */
  readonly topics?: readonly string[];
}

/** What `defineCommand` takes. */
export interface CommandOptions<Name extends string, Schema extends StandardSchemaV1> extends MessageOptions<Name, Schema> {
  /** Name of the queue that carries it. @default - the part of the name after the dot */
  readonly queue?: string;
}

/**
 * Declares an event: a fact that any number of consumers may react to.
 * Throws `MessageDefinitionError` for a name, version or routing field that cannot work.
 *
 * @example
 * export const OrderPlaced = defineEvent({
 *   name: 'orders.order-placed',
 *   version: 1,
 *   schema: z.object({ orderId: z.string(), total: z.number(), country: z.string() }),
 *   key: (order) => order.orderId,
 *   routing: { country: (order) => order.country },
 * });
 */
export function defineEvent<const Name extends string, Schema extends StandardSchemaV1>(
  options: EventOptions<Name, Schema>,
): EventDefinition<Name, StandardSchemaV1.InferOutput<Schema>, StandardSchemaV1.InferInput<Schema>> {
  const [context] = nameParts(options.name);
  const destinations = options.topics ?? [context];
  if (destinations.length === 0)
    throw new MessageDefinitionError(`${options.name} names no topic: leave topics out for the topic ${context}`);
  return Object.freeze({ kind: 'event', ...definition(options, destinations) });
}

/**
 * Declares a command: a request to the one service that owns its queue.
 * Throws `MessageDefinitionError` for a name, version or routing field that cannot work.
 *
 * @example
 * export const ChargeCard = defineCommand({ name: 'billing.charge-card', version: 1, schema: z.object({ orderId: z.string() }) });
 */
export function defineCommand<const Name extends string, Schema extends StandardSchemaV1>(
  options: CommandOptions<Name, Schema>,
): CommandDefinition<Name, StandardSchemaV1.InferOutput<Schema>, StandardSchemaV1.InferInput<Schema>> {
  const [, name] = nameParts(options.name);
  return Object.freeze({ kind: 'command', ...definition(options, [options.queue ?? name]) });
}

type Shared<Name extends string, Schema extends StandardSchemaV1> = Omit<
  MessageDefinition<Name, StandardSchemaV1.InferOutput<Schema>, StandardSchemaV1.InferInput<Schema>>,
  'kind'
>;

function definition<Name extends string, Schema extends StandardSchemaV1>(
  options: MessageOptions<Name, Schema>,
  destinations: readonly string[],
): Shared<Name, Schema> {
  const { name, version, schema } = options;
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new MessageDefinitionError(
      `version of ${name} is ${String(version)}; it is a positive integer, raised with each change of the schema`,
    );
  }
  if (typeof schema?.['~standard']?.validate !== 'function') {
    throw new MessageDefinitionError(
      `schema of ${name} is no Standard Schema; pass one of zod 4, valibot, arktype or another library that implements it`,
    );
  }
  for (const destination of destinations) checkDestination(name, destination);
  if (new Set(destinations).size !== destinations.length)
    throw new MessageDefinitionError(`${name} names a destination twice: ${destinations.join(', ')}`);
  checkRouting(name, options.routing ?? {});
  return {
    name,
    version,
    // The inferred types of the schema are those of the definition by construction.
    schema: schema as StandardSchemaV1<StandardSchemaV1.InferInput<Schema>, StandardSchemaV1.InferOutput<Schema>>,
    key: options.key ?? noKey,
    routing: Object.freeze({ ...options.routing }),
    destinations: Object.freeze([...destinations]),
  };
}

const noKey = (): undefined => undefined;

/** Whether a definition says by what its messages are ordered. A `key` that gives undefined for some of them still says it. */
export function declaresKey({ key }: Pick<AnyMessageDefinition, 'key'>): boolean {
  return key !== noKey;
}

const WORD = '[a-z][a-z0-9]*(?:-[a-z0-9]+)*';
const WIRE_NAME = new RegExp(`^${WORD}\\.${WORD}$`);
const DESTINATION = new RegExp(`^${WORD}$`);
const MAX_NAME_LENGTH = 128;

function nameParts(name: string): [context: string, name: string] {
  if (!WIRE_NAME.test(name) || name.length > MAX_NAME_LENGTH) {
    throw new MessageDefinitionError(
      `'${name}' is no message name: write <context>.<name> in kebab-case, e.g. orders.order-placed, in at most ${MAX_NAME_LENGTH} characters; the version is a field of its own`,
    );
  }
  const dot = name.indexOf('.');
  return [name.slice(0, dot), name.slice(dot + 1)];
}

function checkDestination(name: string, destination: string): void {
  if (DESTINATION.test(destination)) return;
  throw new MessageDefinitionError(`destination '${destination}' of ${name} is no name: write it in kebab-case, without an account or ARN`);
}

// Names, reserved prefixes and characters as in "SNS message attributes" and "SQS message metadata".
const ATTRIBUTE_NAME = /^(?!.*\.\.)[A-Za-z0-9_-](?:[A-Za-z0-9_.-]{0,254}[A-Za-z0-9_-])?$/;
const RESERVED_PREFIX = /^(?:aws|amazon)\./i;
const RESERVED_NAMES: ReadonlySet<string> = new Set(Object.values(ENVELOPE_ATTRIBUTES));

function checkRouting(name: string, routing: Readonly<Record<string, unknown>>): void {
  const fields = Object.keys(routing);
  if (fields.length > MAX_ROUTING_FIELDS) {
    throw new MessageDefinitionError(
      `${name} has ${fields.length} routing fields (${fields.join(', ')}); at most ${MAX_ROUTING_FIELDS} fit beside those of the envelope: a message with more than ten attributes is dropped on its way to SQS`,
    );
  }
  for (const field of fields) {
    if (RESERVED_NAMES.has(field))
      throw new MessageDefinitionError(`routing field '${field}' of ${name} is set by the envelope itself: choose another name`);
    if (!ATTRIBUTE_NAME.test(field) || RESERVED_PREFIX.test(field)) {
      throw new MessageDefinitionError(
        `routing field '${field}' of ${name} is no attribute name: letters, digits, _, - and single inner dots, not starting with AWS. or Amazon.`,
      );
    }
    if (typeof routing[field] !== 'function')
      throw new MessageDefinitionError(`routing field '${field}' of ${name} is a function of the data, e.g. (data) => data.${field}`);
  }
}
