import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { enforce, type Rule } from './rules.ts';

/** A table of any kind: `Table`, `TableV2`, or one imported from another stack or account. */
export interface TableRef {
  readonly tableArn: string;
  readonly tableName: string;
  /** The customer managed key of the table, when it has one. */
  readonly encryptionKey?: IKey | undefined;
  /** Where it is; CDK tables know. */
  readonly env?: { readonly account: string; readonly region: string } | undefined;
}

interface TablePlace {
  readonly table: string | undefined;
  readonly own: string;
}

const PLACE_RULES: readonly Rule<TablePlace>[] = [
  {
    when: ({ table, own }) => table !== undefined && !Token.isUnresolved(own) && table !== own,
    message: ({ table, own }) =>
      `calls from ${own} a table in ${table}; the runtime calls DynamoDB in the function's own region, where no such table is: deploy the function there, or give it a table or a replica in ${own}`,
  },
];

/**
 * What a function calls a table. One imported by its ARN, or of another account, is called by its ARN: a name would silently mean a table
 * of the function's own account. DynamoDB takes either (DynamoDB API reference, TableName). Refuses a table of another region.
 */
export function tableAddress(fn: Construct, table: TableRef): string {
  const own = Stack.of(fn);
  const { account, region } = placeOf(table);
  enforce(fn, PLACE_RULES, { table: region, own: own.region });
  const isForeign = account !== undefined && !Token.isUnresolved(own.account) && account !== own.account;
  if (isForeign) warnOfForeignTable(fn, account);
  return isForeign || !Token.isUnresolved(table.tableArn) ? table.tableArn : table.tableName;
}

/** Both accounts have to agree (DynamoDB developer guide, cross-account access with resource-based policies). */
function warnOfForeignTable(fn: Construct, account: string): void {
  Annotations.of(fn).addWarningV2(
    'posthaste:foreign-table',
    `${fn.node.path}: it is granted a table of the account ${account}; the resource-based policy of that table, which nothing here extends, must allow the same actions to the function's role, ` +
      'or DynamoDB refuses every call',
  );
}

/** Account and region of a table as far as they are known at synth: an imported ARN says them, a table of a stack is where its stack is. */
function placeOf({ tableArn, env }: TableRef): { readonly account: string | undefined; readonly region: string | undefined } {
  const [, , , region, account] = Token.isUnresolved(tableArn) ? [] : tableArn.split(':');
  const known = (value: string | undefined) => (value === undefined || Token.isUnresolved(value) ? undefined : value);
  return { account: known(account ?? env?.account), region: known(region ?? env?.region) };
}

/** The account of a table, when it is known at synth. */
export function accountOf(table: TableRef): string | undefined {
  return placeOf(table).account;
}

/** Where a unit that writes to the table would have to be. */
function unitPlaceOf(table: TableRef): string | undefined {
  const { account, region } = placeOf(table);
  return account && region && `${account}/${region}`;
}

/** Two tables that one unit of work writes to. */
export interface UnitTables {
  readonly inbox: TableRef;
  readonly table: TableRef;
}

/** A transaction ends at the border of an account and a region (DynamoDB API reference, TransactWriteItems). */
export const UNIT_RULES: readonly Rule<UnitTables>[] = [
  {
    when: ({ inbox, table }) =>
      unitPlaceOf(inbox) !== undefined && unitPlaceOf(table) !== undefined && unitPlaceOf(inbox) !== unitPlaceOf(table),
    message: ({ inbox, table }) =>
      `writes to a table in ${unitPlaceOf(table)} with its inbox in ${unitPlaceOf(inbox)}; a DynamoDB transaction ends at the border of an account and region: use an inbox beside the table, or ` +
      'send a command to a consumer there',
  },
];
