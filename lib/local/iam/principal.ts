import type { Caller } from '../aws.ts';
import { list, type PrincipalElement } from './policy-document.ts';

/**
 * How a Principal element names a caller: `direct` (the role, its session, its service, everyone) grants on its own; `account`
 * (the account's id or root) only delegates to the identity policies of that account (IAM JSON policy elements: Principal).
 */
export type PrincipalMatch = 'direct' | 'account' | undefined;

/** The names under which a policy can mean a caller. */
export interface PrincipalNames {
  readonly aws: ReadonlySet<string>;
  readonly service: string | undefined;
  readonly accountId: string | undefined;
}

/** The names of a caller. */
export function principalNames(caller: Caller): PrincipalNames {
  if (caller.kind === 'service') return { aws: new Set(), service: caller.principal, accountId: undefined };
  if (caller.kind === 'developer') return { aws: new Set(), service: undefined, accountId: undefined };
  return { aws: new Set([caller.roleArn, sessionArn(caller)]), service: undefined, accountId: caller.roleArn.split(':')[4] };
}

/** The ARN of a role's session, as AWS's messages and `GetCallerIdentity` show it. */
export function sessionArn(caller: { readonly roleArn: string; readonly sessionName?: string }): string {
  const [, partition = 'aws', , , accountId = '', resource = ''] = caller.roleArn.split(':');
  return `arn:${partition}:sts::${accountId}:assumed-role/${resource.slice(resource.lastIndexOf('/') + 1)}/${caller.sessionName ?? 'session'}`;
}

/** Compiles a Principal element into a question about a caller's names. */
export function compilePrincipal(element: PrincipalElement): (names: PrincipalNames) => PrincipalMatch {
  if (element === '*') return () => 'direct';
  const aws = list(element['AWS']);
  const services = new Set(list(element['Service']));
  const everyone = aws.includes('*');
  const exact = new Set(aws);
  const accounts = new Set(aws.map(accountOf).filter((id) => id !== undefined));
  return (names) => {
    if (everyone) return 'direct';
    if (names.service !== undefined) return services.has(names.service) || services.has('*') ? 'direct' : undefined;
    for (const name of names.aws) if (exact.has(name)) return 'direct';
    return names.accountId !== undefined && accounts.has(names.accountId) ? 'account' : undefined;
  };
}

function accountOf(principal: string): string | undefined {
  if (/^\d{12}$/.test(principal)) return principal;
  return /^arn:[^:]+:iam::(\d{12}):root$/.exec(principal)?.[1];
}
