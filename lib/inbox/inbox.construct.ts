import { Duration, type RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { allowTable } from '../infra/grants.ts';
import { stackName } from '../infra/names.ts';
import { enforce, type Rule } from '../infra/rules.ts';
import { tableDefaults } from '../infra/table-defaults.ts';
import { accountOf, type TableRef, tableAddress } from '../infra/table-ref.ts';
import { INBOX_ATTRIBUTES, INBOX_ENV, INBOX_RETENTION_DAYS, MIN_RETENTION_DAYS } from './inbox.contract.ts';

/** Where consumers keep which messages they have handled: one of this stack, or one imported with `Inbox.import`. */
export interface IInbox {
  /** The table of markers. */
  readonly table: TableRef;
  /** How long a marker is kept. */
  readonly retention: Duration;
  /** Lets a function claim, mark and read messages here, and tells it where. */
  grantUse(fn: LambdaFunction): void;
}

/** Props of an `Inbox`. */
export interface InboxProps {
  /**
   * How long a marker is kept, in whole days. Within it a repeated message is recognised; after it, it runs again.
   * It must outlast every way a message can come late: 23 days of SNS retries, the queue, its dead-letter queue, and a redrive. Each
   * consumer checks the sum against its own queues.
   *
   * @default Duration.days(60) - all of it at the longest, and nine days to redrive
   */
  readonly retention?: Duration;
  /**
   * A customer managed key for the table. Its stack must name its region.
   *
   * @default - none: DynamoDB encrypts with a key that AWS owns
   */
  readonly encryptionKey?: IKey;
  /**
   * What happens to the table when the stack is deleted. With RETAIN the table is also protected against deletion by hand. A lost inbox
   * runs every message still on its way once more.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** An existing inbox table, of another stack or account. */
export interface ImportedInbox {
  /** A table with the string partition key `pk` and TTL on `expiresAt`. */
  readonly table: TableRef;
  /** The retention that its owner declared; consumers check their queues against it. */
  readonly retention: Duration;
}

const INBOX_RULES: readonly Rule<{ readonly retention: Duration }>[] = [
  {
    when: ({ retention }) => !Number.isInteger(retention.toDays({ integral: false })),
    message: ({ retention }) => `retention is ${retention.toHumanString()}; it is counted in whole days: round it up`,
  },
  {
    when: ({ retention }) => retention.toDays({ integral: false }) < MIN_RETENTION_DAYS,
    message: ({ retention }) =>
      `retention is ${retention.toHumanString()}; a message may come again days later: keep markers for ${INBOX_RETENTION_DAYS} days`,
  },
];

/**
 * What the runtime does with markers: claims and completions are conditional puts and updates, a released claim is deleted, a batch is read
 * at once.
 */
const INBOX_ACTIONS = [
  'dynamodb:BatchGetItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
] as const;

/**
 * The table that makes effects exactly-once: a marker per consumer and message, written in the same transaction as the effect. Any number
 * of consumers share one; the stack's name is part of a marker, so they may have equal names in different stacks.
 *
 * @example
 * const inbox = new Inbox(this, 'inbox');
 * new Consumer(this, 'ship-order', { inbox, … });
 */
export class Inbox extends Construct implements IInbox {
  /** An inbox that exists already. */
  static import(scope: Construct, id: string, props: ImportedInbox): IInbox {
    return new ImportedInboxTable(scope, id, props);
  }

  readonly table: TableV2;
  readonly retention: Duration;

  constructor(scope: Construct, id: string, props: InboxProps = {}) {
    super(scope, id);
    this.retention = props.retention ?? Duration.days(INBOX_RETENTION_DAYS);
    enforce(this, INBOX_RULES, { retention: this.retention });
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: INBOX_ATTRIBUTES.pk, type: AttributeType.STRING },
      timeToLiveAttribute: INBOX_ATTRIBUTES.expiresAt,
      ...tableDefaults(this, props),
    });
  }

  grantUse(fn: LambdaFunction): void {
    grantUse(this, fn);
  }
}

class ImportedInboxTable extends Construct implements IInbox {
  readonly table: TableRef;
  readonly retention: Duration;

  constructor(scope: Construct, id: string, props: ImportedInbox) {
    super(scope, id);
    this.table = props.table;
    this.retention = props.retention;
    enforce(this, INBOX_RULES, { retention: this.retention });
  }

  grantUse(fn: LambdaFunction): void {
    grantUse(this, fn);
  }
}

function grantUse({ table, retention }: IInbox, fn: LambdaFunction): void {
  allowTable(fn, table, INBOX_ACTIONS);
  fn.addEnvironment(INBOX_ENV.table, tableAddress(fn, table));
  fn.addEnvironment(INBOX_ENV.retentionDays, String(retention.toDays()));
  fn.addEnvironment(INBOX_ENV.scope, inboxScope(fn, table));
}

/** Two consumers of one name would take each other's messages for handled: the stack tells them apart, across accounts with the account. */
export function inboxScope(fn: LambdaFunction, table: TableRef): string {
  const { account } = Stack.of(fn);
  const owner = accountOf(table);
  const isForeign = owner !== undefined && !Token.isUnresolved(account) && owner !== account;
  return isForeign ? `${account}/${stackName(fn)}` : stackName(fn);
}
