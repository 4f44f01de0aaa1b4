import { AwsError, type Json } from '../aws.ts';
import type { IamActions, IamDeps } from './iam-actions.ts';
import { createDate, encodeDocument, iamId } from './iam-shapes.ts';
import { type IamStore, type ManagedPolicy, noSuchEntity } from './iam-store.ts';
import { managedPolicy } from './managed-policies.ts';
import { parsePolicyDocument } from './policy-document.ts';

/** IAM quotas: a managed policy keeps at most five versions. */
const MAX_VERSIONS = 5;

/** Customer-managed policies: the actions of the IAM API Reference that create, read, change and delete them. */
export function policyActions(deps: IamDeps): IamActions {
  const { store, clock } = deps;
  return {
    CreatePolicy: (input) => createPolicy(deps, input),
    GetPolicy: (input) => ({ Policy: describe(store, input['PolicyArn']) }),
    ListPolicies: () => ({ Policies: [...store.policies.keys()].map((arn) => describe(store, arn)), IsTruncated: false }),
    GetPolicyVersion(input) {
      const document = versionDocument(store, String(input['PolicyArn']), String(input['VersionId']));
      return { PolicyVersion: { Document: encodeDocument(document), VersionId: input['VersionId'], IsDefaultVersion: true } };
    },
    ListPolicyVersions(input) {
      const policy = store.policy(input['PolicyArn']);
      const versions = [...policy.versions].map(([VersionId, version]) => ({
        VersionId,
        IsDefaultVersion: VersionId === policy.defaultVersion,
        CreateDate: createDate(version.createdAt),
      }));
      return { Versions: versions, IsTruncated: false };
    },
    CreatePolicyVersion: (input) => createVersion(store.policy(input['PolicyArn']), input, clock.now()),
    SetDefaultPolicyVersion(input) {
      const policy = store.policy(input['PolicyArn']);
      versionDocument(store, policy.arn, String(input['VersionId']));
      policy.defaultVersion = String(input['VersionId']);
      return {};
    },
    DeletePolicyVersion(input) {
      const policy = store.policy(input['PolicyArn']);
      if (input['VersionId'] === policy.defaultVersion) {
        throw new AwsError('DeleteConflictException', 'Cannot delete the default version of a policy.', { status: 409 });
      }
      policy.versions.delete(String(input['VersionId']));
      return {};
    },
    DeletePolicy(input) {
      const policy = store.policy(input['PolicyArn']);
      if (store.attachments(policy.arn) > 0) {
        throw new AwsError('DeleteConflictException', 'Cannot delete a policy attached to entities.', { status: 409 });
      }
      store.policies.delete(policy.arn);
      return {};
    },
  };
}

function createPolicy({ store, clock, ids, place }: IamDeps, input: Json): Json {
  const path = String(input['Path'] ?? '/');
  const name = String(input['PolicyName']);
  const arn = `arn:aws:iam::${place.accountId}:policy${path}${name}`;
  if (store.policies.has(arn)) {
    throw new AwsError('EntityAlreadyExistsException', `A policy called ${name} already exists. Duplicate names are not allowed.`, {
      status: 409,
    });
  }
  parsePolicyDocument(input['PolicyDocument']);
  const createdAt = clock.now();
  store.policies.set(arn, {
    name,
    id: iamId('ANPA', ids),
    path,
    arn,
    createdAt,
    updatedAt: createdAt,
    description: input['Description'] === undefined ? undefined : String(input['Description']),
    versions: new Map([['v1', { document: String(input['PolicyDocument']), createdAt }]]),
    defaultVersion: 'v1',
    lastVersion: 1,
  });
  return { Policy: describe(store, arn) };
}

function createVersion(policy: ManagedPolicy, input: Json, now: number): Json {
  if (policy.versions.size >= MAX_VERSIONS) {
    throw new AwsError(
      'LimitExceededException',
      'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
      { status: 409 },
    );
  }
  parsePolicyDocument(input['PolicyDocument']);
  policy.lastVersion += 1;
  const id = `v${policy.lastVersion}`;
  policy.versions.set(id, { document: String(input['PolicyDocument']), createdAt: now });
  if (input['SetAsDefault'] === true) policy.defaultVersion = id;
  policy.updatedAt = now;
  return { PolicyVersion: { VersionId: id, IsDefaultVersion: policy.defaultVersion === id, CreateDate: createDate(now) } };
}

function describe(store: IamStore, arn: unknown): Json {
  const aws = managedPolicy(String(arn));
  if (aws !== undefined) {
    return {
      PolicyName: String(arn).split('/').at(-1),
      Arn: arn,
      DefaultVersionId: 'v1',
      IsAttachable: true,
      AttachmentCount: store.attachments(String(arn)),
    };
  }
  const policy = store.policy(arn);
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: store.attachments(policy.arn),
    IsAttachable: true,
    CreateDate: createDate(policy.createdAt),
    UpdateDate: createDate(policy.updatedAt),
    ...(policy.description === undefined ? {} : { Description: policy.description }),
  };
}

function versionDocument(store: IamStore, arn: string, version: string): string {
  const aws = managedPolicy(arn);
  if (aws !== undefined) return JSON.stringify(aws);
  const found = store.policy(arn).versions.get(version);
  if (found === undefined) throw noSuchEntity(`Policy ${arn} version ${version} does not exist or is not attachable.`);
  return found.document;
}
