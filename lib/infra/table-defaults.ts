import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { Billing, TableEncryptionV2, type TablePropsV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { enforce, type Rule } from './rules.ts';

const KEY_RULES: readonly Rule<{ readonly region: string; readonly encryptionKey: IKey | undefined }>[] = [
  {
    when: ({ region, encryptionKey }) => encryptionKey !== undefined && Token.isUnresolved(region),
    message: () =>
      'encryptionKey is given in a stack without a region; a DynamoDB table names its key per region: give the stack "env: { account, region }", or leave the key to AWS',
  },
];

/**
 * What every table of this library is: paid by request, restorable to any second of 35 days, encrypted, and safe from deletion by hand
 * unless it goes with its stack.
 */
export function tableDefaults(
  scope: Construct,
  {
    encryptionKey,
    removalPolicy = RemovalPolicy.RETAIN,
  }: { readonly encryptionKey?: IKey | undefined; readonly removalPolicy?: RemovalPolicy | undefined },
): Pick<TablePropsV2, 'billing' | 'pointInTimeRecoverySpecification' | 'deletionProtection' | 'removalPolicy' | 'encryption'> {
  enforce(scope, KEY_RULES, { region: Stack.of(scope).region, encryptionKey });
  return {
    billing: Billing.onDemand(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
    removalPolicy,
    ...(encryptionKey && { encryption: TableEncryptionV2.customerManagedKey(encryptionKey) }),
  };
}
