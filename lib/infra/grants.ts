import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/** What a producer needs on the key of an encrypted topic or queue (SNS and SQS developer guides, key management). */
const SEND_KEY_ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];

/** What every caller of a table under a customer managed key needs on that key (DynamoDB developer guide, encryption at rest: usage notes). */
const TABLE_KEY_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

/** The four actions that a transaction is made of, and the read that decides what became of one whose answer was lost. */
export const TABLE_WRITE_ACTIONS = [
  'dynamodb:ConditionCheckItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
] as const;

/** Reading items by key, one or many, and by query; never a scan. */
export const TABLE_READ_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'] as const;

/** Adds exactly these actions on exactly these resources to the grantee's own policy. */
export function allow(grantee: IGrantable, actions: readonly string[], resourceArns: readonly string[]): void {
  Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [...resourceArns] }).assertSuccess();
}

/** A table of any kind: `Table`, `TableV2`, or one imported from another stack or account. */
export interface TableRef {
  readonly tableArn: string;
  readonly tableName: string;
  /** The customer managed key of the table, when it has one. */
  readonly encryptionKey?: IKey | undefined;
}

/** Adds exactly these actions on a table, and on its key when it has a customer managed one. */
export function allowTable(grantee: IGrantable, table: TableRef, actions: readonly string[]): void {
  allow(grantee, actions, [table.tableArn]);
  table.encryptionKey?.grant(grantee, ...TABLE_KEY_ACTIONS);
}

/** Lets a producer use the key of an encrypted topic or queue. */
export function allowSendKey(grantee: IGrantable, key: IKey | undefined): void {
  key?.grant(grantee, ...SEND_KEY_ACTIONS);
}
