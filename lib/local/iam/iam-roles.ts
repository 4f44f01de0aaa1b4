import { AwsError, type Json } from '../aws.ts';
import type { IamActions, IamDeps } from './iam-actions.ts';
import { createDate, encodeDocument, iamId, readTags, tagList } from './iam-shapes.ts';
import { noSuchEntity, type Role } from './iam-store.ts';
import { parsePolicyDocument } from './policy-document.ts';

/** Roles: the actions of the IAM API Reference that create, read, change and delete them. */
export function roleActions(deps: IamDeps): IamActions {
  const { store } = deps;
  return {
    CreateRole: (input) => createRole(deps, input),
    GetRole: (input) => ({ Role: describeRole(store.role(input['RoleName'])) }),
    ListRoles: (input) => {
      const prefix = String(input['PathPrefix'] ?? '/');
      const roles = [...store.roles.values()].filter((role) => role.path.startsWith(prefix)).map(describeRole);
      return { Roles: roles, IsTruncated: false };
    },
    UpdateRole(input) {
      const role = store.role(input['RoleName']);
      if (input['Description'] !== undefined) role.description = String(input['Description']);
      if (input['MaxSessionDuration'] !== undefined) role.maxSessionSeconds = Number(input['MaxSessionDuration']);
      return {};
    },
    UpdateAssumeRolePolicy(input) {
      const role = store.role(input['RoleName']);
      parsePolicyDocument(input['PolicyDocument']);
      role.trust = String(input['PolicyDocument']);
      return {};
    },
    PutRolePermissionsBoundary(input) {
      store.role(input['RoleName']).boundaryArn = String(input['PermissionsBoundary']);
      return {};
    },
    DeleteRolePermissionsBoundary(input) {
      store.role(input['RoleName']).boundaryArn = undefined;
      return {};
    },
    DeleteRole(input) {
      const role = store.role(input['RoleName']);
      if (role.attached.size > 0) throw deleteConflict('must detach all policies first.');
      if (role.inline.size > 0) throw deleteConflict('must delete policies first.');
      store.roles.delete(role.name);
      return {};
    },
    TagRole(input) {
      const { tags } = store.role(input['RoleName']);
      for (const [key, value] of readTags(input['Tags'])) tags.set(key, value);
      return {};
    },
    UntagRole(input) {
      const { tags } = store.role(input['RoleName']);
      for (const key of (input['TagKeys'] as readonly string[] | undefined) ?? []) tags.delete(key);
      return {};
    },
    ListRoleTags: (input) => ({ Tags: tagList(store.role(input['RoleName']).tags), IsTruncated: false }),
    ListInstanceProfilesForRole: (input) => store.role(input['RoleName']) && { InstanceProfiles: [], IsTruncated: false },
  };
}

/** Inline policies and attachments of roles. */
export function rolePolicyActions({ store }: IamDeps): IamActions {
  return {
    PutRolePolicy(input) {
      const role = store.role(input['RoleName']);
      parsePolicyDocument(input['PolicyDocument']);
      role.inline.set(String(input['PolicyName']), String(input['PolicyDocument']));
      return {};
    },
    GetRolePolicy(input) {
      const role = store.role(input['RoleName']);
      return { RoleName: role.name, PolicyName: input['PolicyName'], PolicyDocument: encodeDocument(inlinePolicy(role, input)) };
    },
    DeleteRolePolicy(input) {
      const role = store.role(input['RoleName']);
      inlinePolicy(role, input);
      role.inline.delete(String(input['PolicyName']));
      return {};
    },
    ListRolePolicies: (input) => ({ PolicyNames: [...store.role(input['RoleName']).inline.keys()], IsTruncated: false }),
    AttachRolePolicy(input) {
      const role = store.role(input['RoleName']);
      const arn = String(input['PolicyArn']);
      if (store.documentOf(arn) === undefined) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
      role.attached.add(arn);
      return {};
    },
    DetachRolePolicy(input) {
      const arn = String(input['PolicyArn']);
      if (!store.role(input['RoleName']).attached.delete(arn)) throw noSuchEntity(`Policy ${arn} was not found.`);
      return {};
    },
    ListAttachedRolePolicies(input) {
      const attached = [...store.role(input['RoleName']).attached];
      return {
        AttachedPolicies: attached.map((arn) => ({ PolicyName: arn.slice(arn.lastIndexOf('/') + 1), PolicyArn: arn })),
        IsTruncated: false,
      };
    },
  };
}

function createRole({ store, clock, ids, place }: IamDeps, input: Json): Json {
  const name = String(input['RoleName']);
  if (!/^[\w+=,.@-]{1,64}$/.test(name)) {
    throw new AwsError('ValidationError', `1 validation error detected: Value '${name}' at 'roleName' failed to satisfy constraint`);
  }
  if (store.roles.has(name)) {
    throw new AwsError('EntityAlreadyExistsException', `Role with name ${name} already exists.`, { status: 409 });
  }
  parsePolicyDocument(input['AssumeRolePolicyDocument']);
  const path = String(input['Path'] ?? '/');
  const role: Role = {
    name,
    id: iamId('AROA', ids),
    path,
    arn: `arn:aws:iam::${place.accountId}:role${path}${name}`,
    createdAt: clock.now(),
    description: input['Description'] === undefined ? undefined : String(input['Description']),
    maxSessionSeconds: Number(input['MaxSessionDuration'] ?? 3600),
    trust: String(input['AssumeRolePolicyDocument']),
    boundaryArn: input['PermissionsBoundary'] === undefined ? undefined : String(input['PermissionsBoundary']),
    inline: new Map(),
    attached: new Set(),
    tags: new Map(readTags(input['Tags'])),
  };
  store.roles.set(name, role);
  return { Role: describeRole(role) };
}

function describeRole(role: Role): Json {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: createDate(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trust),
    MaxSessionDuration: role.maxSessionSeconds,
    ...(role.description === undefined ? {} : { Description: role.description }),
    ...(role.boundaryArn === undefined
      ? {}
      : { PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: role.boundaryArn } }),
    ...(role.tags.size === 0 ? {} : { Tags: tagList(role.tags) }),
  };
}

function inlinePolicy(role: Role, input: Json): string {
  const document = role.inline.get(String(input['PolicyName']));
  if (document === undefined) throw noSuchEntity(`The role policy with name ${input['PolicyName']} cannot be found.`);
  return document;
}

function deleteConflict(reason: string): AwsError {
  return new AwsError('DeleteConflictException', `Cannot delete entity, ${reason}`, { status: 409 });
}
