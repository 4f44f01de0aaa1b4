import { Token } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Rule } from './rules.ts';

/** A table of any kind: `Table`, `TableV2`, or one imported from another stack or account. */
export interface TableRef {
  readonly tableArn: string;
  readonly tableName: string;
  /** The customer managed key of the table, when it has one. */
  readonly encryptionKey?: IKey | undefined;
  /** Where it is; CDK tables know. */
  readonly env?: { readonly account: string; readonly region: string } | undefined;
}

/**
 * What a function calls a table. One imported by its ARN is called by it: the table may be in another account, where a name would silently
 * mean a table of this one. DynamoDB takes either (DynamoDB API reference, TableName).
 */
export function tableAddress(table: TableRef): string {
  return Token.isUnresolved(table.tableArn) ? table.tableName : table.tableArn;
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
