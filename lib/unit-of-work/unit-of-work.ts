import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { AnyCommandDefinition, AnyEventDefinition, AnyMessageDefinition, InputOf, OutgoingMessage } from '../message/message.ts';

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
  publish<Definition extends AnyEventDefinition>(definition: Definition, data: InputOf<Definition>, options?: SendOptions): void;
  /** As `publish`, for commands: the same transaction, a queue instead of a topic. */
  send<Definition extends AnyCommandDefinition>(definition: Definition, data: InputOf<Definition>, options?: SendOptions): void;
  /**
   * Publishes data of foreign origin as it is, without validating it: for gateways that must not lose what they were given.
   * Consumers validate, and park what does not fit with its reason. `options.key` sets the ordering key.
   */
  publishUnchecked(definition: AnyMessageDefinition, data: unknown, options?: SendOptions): void;
}

/** Which write of a unit an error is about. */
export interface WriteSite {
  readonly kind: Write['kind'];
  /** The table's name. */
  readonly table: string;
  readonly key: Item;
  /** The text of the write's condition, if it has one. */
  readonly condition?: string;
}

/** A write in DynamoDB's own form: frozen when it was collected, so that later changes to the objects do not leak in. */
export interface PreparedWrite {
  readonly site: WriteSite;
  readonly action: TransactWriteItem;
  /** Equal for two writes exactly when they touch the same item. */
  readonly identity: string;
  /** The bytes it counts for against the 4 MB of a transaction. */
  readonly bytes: number;
}

/** What a unit has collected, as a committer takes it. */
export interface CollectedUnit {
  /** Names the unit and, by derivation, its messages. */
  readonly unitId: string;
  readonly writes: readonly PreparedWrite[];
  readonly messages: readonly OutgoingMessage[];
  /** Identities of the items that its writes touch: units that share one cannot commit in one transaction. */
  readonly items: ReadonlySet<string>;
  /** Ordering keys of its messages: units that share one cannot commit in one transaction either. */
  readonly orderingKeys: ReadonlySet<string>;
  /** Refuses everything that comes later; called when the commit begins. */
  seal(): void;
}

/** An item that proves a unit committed: it carries the commit token in the attribute `COMMIT_ATTRIBUTE`. */
export type Guard = Extract<Write, { readonly kind: 'put' | 'update' }>;

/** The attribute of a guard that holds the token of the commit that wrote it. */
export const COMMIT_ATTRIBUTE = 'commit';

/** Stores outgoing messages in the unit's transaction; the outbox implements it. */
export interface OutgoingWriter {
  /** Turns the units' messages into writes; reads the heads of their ordering keys, so a plan is good for one try. */
  plan(units: readonly Pick<CollectedUnit, 'unitId' | 'messages'>[]): Promise<OutgoingPlan>;
}

/** The writes that store a unit's messages. */
export interface OutgoingPlan {
  readonly writes: readonly Write[];
  /** Whether a failed condition on this write means that another commit was first on a key, and planning again can succeed. */
  isHead(write: Write): boolean;
}
