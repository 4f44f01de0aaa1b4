import type { AnyMessageDefinition, InputOf } from '../message/message.ts';

/** A DynamoDB table as a unit of work needs it: its key attributes decide which writes touch the same item. */
export interface Table {
  /** The table's name or ARN. */
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey?: string;
}

/** An item or a key in plain JavaScript values (marshalled by `@aws-sdk/util-dynamodb`). */
export type Item = Readonly<Record<string, unknown>>;

/** A DynamoDB expression with its placeholders. Values never stand in the text. */
export interface Expression {
  readonly expression: string;
  /** `#name` placeholders. */
  readonly names?: Readonly<Record<string, string>>;
  /** `:value` placeholders, in plain JavaScript values. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/** One action of a transaction. */
export type Write =
  | { readonly kind: 'put'; readonly table: Table; readonly item: Item; readonly condition?: Expression }
  | { readonly kind: 'update'; readonly table: Table; readonly key: Item; readonly update: Expression; readonly condition?: Expression }
  | { readonly kind: 'delete'; readonly table: Table; readonly key: Item; readonly condition?: Expression }
  | { readonly kind: 'check'; readonly table: Table; readonly key: Item; readonly condition: Expression };

/** What one message may say about its own sending. */
export interface SendOptions {
  /** The tenant it belongs to; by default that of the unit. */
  readonly tenant?: string;
  /** Overrides the ordering key that the definition derives from the data. */
  readonly key?: string;
}

/**
 * Collects business writes and outgoing messages. They commit together in one `TransactWriteItems`, or not at all.
 * There is no other way to send from a handler: a message that could leave without its writes, or the reverse, would be a lie.
 */
export interface UnitOfWork {
  put(table: Table, item: Item, condition?: Expression): void;
  update(table: Table, key: Item, change: { readonly update: Expression; readonly condition?: Expression }): void;
  delete(table: Table, key: Item, condition?: Expression): void;
  /** Commits only if the condition holds; writes nothing itself. */
  check(table: Table, key: Item, condition: Expression): void;
  /** Validates `data` against the definition's schema; throws `MessageInvalidError` at once. */
  publish<Definition extends AnyMessageDefinition>(definition: Definition, data: InputOf<Definition>, options?: SendOptions): void;
  /** As `publish`, for commands: the same transaction, a queue instead of a topic. */
  send<Definition extends AnyMessageDefinition>(definition: Definition, data: InputOf<Definition>, options?: SendOptions): void;
  /**
   * Publishes data of foreign origin as it is, without validating it: for gateways that must not lose what they were given.
   * Consumers validate, and park what does not fit with its reason. `options.key` sets the ordering key.
   */
  publishUnchecked(definition: AnyMessageDefinition, data: unknown, options?: SendOptions): void;
}
