import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Failure, FailureAudit, FailureGroup } from '../../lib/dlq/failure.ts';
import { auditFrom } from '../../lib/dlq/failure-audits.ts';
import { groupFrom } from '../../lib/dlq/failure-groups.ts';
import { type Attributes, failureOf, rowFrom } from '../../lib/dlq/failure-items.ts';
import { AUDIT_PREFIX, failureKey, GROUPS } from '../../lib/dlq/failure-keys.ts';
import type { Answers, OperationRequest, Redrive, Refusal } from '../../lib/ops/operations.ts';
import { REDRIVE_ROWS } from '../../lib/ops/ops.contract.ts';
import type { World } from '../../lib/simulation/world.ts';
import { FAILURES, OPERATIONS } from './failure-stack.ts';
import { functionArn } from './order-stack.ts';

/** A failure with the order that its message is about. */
export interface KeptFailure extends Failure {
  readonly orderId: string;
}

/** All that a failure store has on file, as its table says. */
export interface FailureView {
  readonly failures: readonly KeptFailure[];
  readonly groups: readonly FailureGroup[];
  readonly audits: readonly FailureAudit[];
  readonly redrives: readonly Redrive[];
}

/** Reads the table past its store, which is under test. */
export function viewFailures({ dynamodb }: World): FailureView {
  const items = dynamodb.scanTable(FAILURES) as unknown as readonly Attributes[];
  const inPartition = (pk: string) => items.filter((item) => item['pk']?.S === pk);
  const ofFailures = items.filter((item) => item['pk']?.S?.startsWith(failureKey('').pk));
  const isAudit = (item: Attributes) => item['sk']?.S?.startsWith(AUDIT_PREFIX) === true;
  return {
    failures: ofFailures.filter((item) => !isAudit(item)).map((item) => keptOf(failureOf(rowFrom(item)))),
    groups: inPartition(GROUPS).map(groupFrom),
    audits: ofFailures.filter(isAudit).map(auditFrom),
    redrives: inPartition(REDRIVE_ROWS).map((item) => unmarshall(item) as Redrive & { sk: string }),
  };
}

function keptOf(failure: Failure): KeptFailure {
  const [, orderId = ''] = /"orderId":"([^"]*)"/.exec(failure.body.kind === 'inline' ? failure.body.text : '') ?? [];
  return { ...failure, orderId };
}

/** Asks the operations function as the command line does; undefined when it did not answer, or refused. */
export async function operate<Request extends OperationRequest>(
  { functions }: World,
  request: Request,
): Promise<Answers[Request['operation']] | undefined> {
  const outcome = await functions.invoke(functionArn(OPERATIONS), request);
  if (outcome.kind !== 'result') return undefined;
  const answer = outcome.payload as Answers[Request['operation']] | Refusal;
  return 'error' in answer ? undefined : answer;
}
