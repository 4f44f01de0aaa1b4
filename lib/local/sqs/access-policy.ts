/** What AddPermission asks for, for a queue or a topic. */
export interface Permission {
  readonly label: string;
  readonly accountIds: readonly string[];
  /** Full action names, e.g. `SQS:SendMessage`. */
  readonly actions: readonly string[];
  readonly resourceArn: string;
}

interface Policy {
  readonly Version: string;
  readonly Id: string;
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}

/** A resource policy with one more statement; undefined when the label is taken. */
export function withPermission(policyText: string | undefined, permission: Permission): string | undefined {
  const policy = parsePolicy(policyText, permission.resourceArn);
  if (policy.Statement.some((statement) => statement['Sid'] === permission.label)) return undefined;
  const statement = {
    Sid: permission.label,
    Effect: 'Allow',
    Principal: { AWS: oneOrMany(permission.accountIds.map((accountId) => `arn:aws:iam::${accountId}:root`)) },
    Action: oneOrMany(permission.actions),
    Resource: permission.resourceArn,
  };
  return JSON.stringify({ ...policy, Statement: [...policy.Statement, statement] });
}

/** A resource policy without a statement: `''` when none is left, undefined when no statement has the label. */
export function withoutPermission(policyText: string | undefined, label: string): string | undefined {
  const policy = parsePolicy(policyText, '');
  const statements = policy.Statement.filter((statement) => statement['Sid'] !== label);
  if (statements.length === policy.Statement.length) return undefined;
  return statements.length === 0 ? '' : JSON.stringify({ ...policy, Statement: statements });
}

function parsePolicy(text: string | undefined, resourceArn: string): Policy {
  if (!text) return { Version: '2008-10-17', Id: `${resourceArn}/SQSDefaultPolicy`, Statement: [] };
  const policy = JSON.parse(text) as Policy;
  // IAM policy grammar: a single statement may stand without a list.
  return { ...policy, Statement: Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement] };
}

function oneOrMany(values: readonly string[]): string | readonly string[] {
  return values.length === 1 ? String(values[0]) : values;
}
