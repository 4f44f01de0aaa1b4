import { AwsError, type Place } from '../aws.ts';
import { managedPolicy } from './managed-policies.ts';

/** A role with its inline policies and attachments. */
export interface Role {
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly arn: string;
  readonly createdAt: number;
  description: string | undefined;
  maxSessionSeconds: number;
  trust: string;
  boundaryArn: string | undefined;
  readonly inline: Map<string, string>;
  readonly attached: Set<string>;
  readonly tags: Map<string, string>;
}

/** A customer-managed policy with its versions; the default one is in force. */
export interface ManagedPolicy {
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly arn: string;
  readonly createdAt: number;
  updatedAt: number;
  readonly description: string | undefined;
  readonly versions: Map<string, { readonly document: string; readonly createdAt: number }>;
  defaultVersion: string;
  lastVersion: number;
}

/** Everything that IAM holds. */
export interface IamStore {
  readonly roles: Map<string, Role>;
  readonly policies: Map<string, ManagedPolicy>;
  role(name: unknown): Role;
  policy(arn: unknown): ManagedPolicy;
  /** The document in force of a customer's or AWS's policy; undefined when there is none. */
  documentOf(arn: string): string | undefined;
  attachments(arn: string): number;
}

/** An empty account. */
export function createIamStore(place: Place): IamStore {
  const roles = new Map<string, Role>();
  const policies = new Map<string, ManagedPolicy>();
  return {
    roles,
    policies,
    role(name) {
      const found = roles.get(String(name));
      if (found === undefined) throw noSuchEntity(`The role with name ${name} cannot be found.`);
      return found;
    },
    policy(arn) {
      const found = policies.get(String(arn));
      if (found === undefined) throw noSuchEntity(`Policy ${arn} was not found.`);
      return found;
    },
    documentOf(arn) {
      const own = policies.get(arn);
      if (own !== undefined) return own.versions.get(own.defaultVersion)?.document;
      const known = managedPolicy(arn);
      if (known !== undefined) return JSON.stringify(known);
      // An AWS managed policy whose document is not known here can be attached and grants nothing.
      return arn.startsWith(`arn:aws:iam::${place.accountId}:`) || !/^arn:[^:]+:iam::aws:policy\//.test(arn)
        ? undefined
        : '{"Version":"2012-10-17","Statement":[]}';
    },
    attachments: (arn) => [...roles.values()].filter((role) => role.attached.has(arn)).length,
  };
}

/** IAM's refusal of a name that does not exist. */
export function noSuchEntity(message: string): AwsError {
  return new AwsError('NoSuchEntityException', message, { status: 404 });
}
