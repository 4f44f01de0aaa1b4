import { Stack, Token } from 'aws-cdk-lib';
import { AccountPrincipal, type AddToResourcePolicyResult, Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
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

/** A topic or a queue: something whose policy can be extended when it is of this app. */
interface Guarded extends Construct {
  addToResourcePolicy(statement: PolicyStatement): AddToResourcePolicyResult;
}

const admitted = new WeakMap<Guarded, Set<string>>();

/**
 * Lets another account do something with a topic or queue of this app; nothing within its own account. Across accounts the resource's
 * policy has to agree with the caller's (IAM user guide, cross-account policy evaluation).
 */
export function admitAccount(resource: Guarded, account: string | undefined, { action, arn }: { action: string; arn: string }): void {
  const own = Stack.of(resource).account;
  if (account === undefined || account === own || Token.isUnresolved(account) || Token.isUnresolved(own)) return;
  const known = admitted.get(resource) ?? new Set<string>();
  admitted.set(resource, known);
  if (known.has(`${action} ${account}`)) return;
  known.add(`${action} ${account}`);
  const principals = [new AccountPrincipal(account)];
  resource.addToResourcePolicy(new PolicyStatement({ actions: [action], principals, resources: [arn] }));
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
