import { AwsError } from '../aws.ts';
import { copyItem, type Item } from './attribute-value.ts';

/** A `ValidationException` with DynamoDB's wording. */
export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** The answer for a body whose JSON does not have the shape of the request. */
export function unreadable(message: string): AwsError {
  return new AwsError('SerializationException', message);
}

/** The table, stream or backup that a request names does not exist. */
export function notFound(message = 'Requested resource not found'): AwsError {
  return new AwsError('ResourceNotFoundException', message);
}

/** A write whose condition was false; with the item as it is when the caller asked for it. */
export function conditionFailed(item?: Item): AwsError {
  return new AwsError(
    'ConditionalCheckFailedException',
    'The conditional request failed',
    item ? { details: { Item: copyItem(item) } } : {},
  );
}

/**
 * Runs the checks that PutItem, UpdateItem and DeleteItem make before they look at the table: DynamoDB reports these, and
 * only these, behind "1 validation error detected: " (observed in every large region since the autumn of 2026; other
 * operations report the bare sentence).
 */
export function enveloped<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'ValidationException' || /^\d+ validation error/.test(error.message)) throw error;
    throw invalid(`1 validation error detected: ${error.message}`);
  }
}

/** Why one action of a cancelled transaction was, or was not, at fault. */
export interface CancellationReason {
  readonly Code: 'None' | 'ConditionalCheckFailed' | 'ValidationError' | 'TransactionConflict' | 'ThrottlingError' | string;
  readonly Message?: string;
  readonly Item?: Item;
}

/** A cancelled transaction: one reason per action, in the order of the request (API reference, TransactWriteItems). */
export function transactionCancelled(reasons: readonly CancellationReason[]): AwsError {
  const codes = reasons.map((reason) => reason.Code).join(', ');
  return new AwsError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    {
      details: { CancellationReasons: reasons },
    },
  );
}

/**
 * What a transaction of `count` actions gets when another writer holds the item of action `index`: for fault injection.
 *
 * @example
 * throw transactionConflict(3, 0); // reasons [TransactionConflict, None, None]
 */
export function transactionConflict(count: number, index: number): AwsError {
  const conflict = { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' };
  return transactionCancelled(Array.from({ length: count }, (_, at) => (at === index ? conflict : { Code: 'None' })));
}

/** What a single write or read gets when a transaction holds its item (API reference, PutItem): for fault injection. */
export function itemInTransaction(): AwsError {
  return new AwsError('TransactionConflictException', 'Transaction is ongoing for the item');
}

/** A table beyond its throughput: for fault injection. */
export function throttled(): AwsError {
  return new AwsError(
    'ProvisionedThroughputExceededException',
    'The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.',
  );
}
