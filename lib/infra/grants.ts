import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { TableRef } from './table-ref.ts';

/** What a producer needs on the key of an encrypted topic or queue (SNS and SQS developer guides, key management). */
const SEND_KEY_ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];

/**
 * What every caller of a table under a customer managed key needs on that key (DynamoDB developer guide, encryption at rest: usage notes).
 */
const TABLE_KEY_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

/** The four actions that a transaction is made of, and the read of an item that is about to be changed. */
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

/** Adds exactly these actions on a table, and on its key when it has a customer managed one. */
export function allowTable(grantee: IGrantable, table: TableRef, actions: readonly string[]): void {
  allow(grantee, actions, [table.tableArn]);
  table.encryptionKey?.grant(grantee, ...TABLE_KEY_ACTIONS);
}

/** Lets a producer use the key of an encrypted topic or queue. */
export function allowSendKey(grantee: IGrantable, key: IKey | undefined): void {
  key?.grant(grantee, ...SEND_KEY_ACTIONS);
}
