import type { Json } from '../../aws.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { validationError } from '../template.ts';
import { array, pick, removeIfThere, tagList, text } from './properties.ts';

/** AWS::IAM::Role. */
export const iamRole: Provider = {
  type: 'AWS::IAM::Role',
  nameProperty: 'RoleName',
  replaceOn: ['RoleName', 'Path'],
  create(properties, context) {
    const RoleName = text(properties, 'RoleName') ?? context.name({ maxLength: 64 });
    const input = {
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify(properties['AssumeRolePolicyDocument']),
      ...pick(properties, ['Path', 'Description', 'MaxSessionDuration', 'PermissionsBoundary']),
      Tags: tagList(properties, context),
    };
    const role = context.call('iam', 'CreateRole', input)['Role'] as Json;
    putInline(RoleName, {}, properties, context);
    attach(RoleName, {}, properties, context);
    return { physicalId: RoleName, attributes: { Arn: role['Arn'], RoleId: role['RoleId'] } };
  },
  update({ physicalId: RoleName, attributes, before, after, changed }, context) {
    if (changed.has('AssumeRolePolicyDocument')) {
      context.call('iam', 'UpdateAssumeRolePolicy', { RoleName, PolicyDocument: JSON.stringify(after['AssumeRolePolicyDocument']) });
    }
    if (changed.has('Description') || changed.has('MaxSessionDuration')) {
      context.call('iam', 'UpdateRole', {
        RoleName,
        Description: text(after, 'Description') ?? '',
        MaxSessionDuration: after['MaxSessionDuration'] ?? 3600,
      });
    }
    if (changed.has('Policies')) putInline(RoleName, before, after, context);
    if (changed.has('ManagedPolicyArns')) attach(RoleName, before, after, context);
    if (changed.has('Tags')) context.call('iam', 'TagRole', { RoleName, Tags: tagList(after, context) });
    if (changed.has('PermissionsBoundary')) setBoundary(RoleName, after, context);
    return { physicalId: RoleName, attributes };
  },
  remove({ physicalId: RoleName }, context) {
    removeIfThere(() => {
      for (const { PolicyArn } of context.call('iam', 'ListAttachedRolePolicies', { RoleName })['AttachedPolicies'] as Json[]) {
        context.call('iam', 'DetachRolePolicy', { RoleName, PolicyArn });
      }
      for (const PolicyName of context.call('iam', 'ListRolePolicies', { RoleName })['PolicyNames'] as string[]) {
        context.call('iam', 'DeleteRolePolicy', { RoleName, PolicyName });
      }
      context.call('iam', 'DeleteRole', { RoleName });
    });
  },
};

/** AWS::IAM::Policy: an inline policy on each of its roles. */
export const iamPolicy: Provider = {
  type: 'AWS::IAM::Policy',
  replaceOn: ['PolicyName'],
  create(properties, context) {
    refuseUsers(properties);
    putOnRoles(array(properties, 'Roles'), properties, context);
    return { physicalId: context.name({ maxLength: 128 }), attributes: { Id: context.logicalId } };
  },
  update({ physicalId, attributes, before, after }, context) {
    refuseUsers(after);
    const kept = new Set(array<string>(after, 'Roles'));
    takeFromRoles(
      array<string>(before, 'Roles').filter((role) => !kept.has(role)),
      before,
      context,
    );
    putOnRoles([...kept], after, context);
    return { physicalId, attributes };
  },
  remove({ properties }, context) {
    takeFromRoles(array(properties, 'Roles'), properties, context);
  },
};

/** AWS::IAM::ManagedPolicy, attached to each of its roles. */
export const iamManagedPolicy: Provider = {
  type: 'AWS::IAM::ManagedPolicy',
  nameProperty: 'ManagedPolicyName',
  replaceOn: ['ManagedPolicyName', 'Path', 'Description'],
  create(properties, context) {
    refuseUsers(properties);
    const PolicyName = text(properties, 'ManagedPolicyName') ?? context.name({ maxLength: 128 });
    const PolicyDocument = JSON.stringify(properties['PolicyDocument']);
    const policy = context.call('iam', 'CreatePolicy', { PolicyName, PolicyDocument, ...pick(properties, ['Path', 'Description']) })[
      'Policy'
    ] as Json;
    for (const RoleName of array<string>(properties, 'Roles'))
      context.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn: policy['Arn'] });
    return { physicalId: String(policy['Arn']), attributes: { PolicyArn: policy['Arn'], PolicyId: policy['PolicyId'] } };
  },
  /** A new version becomes the default one and the old one goes: five are the most that IAM keeps. */
  update({ physicalId: PolicyArn, attributes, before, after, changed }, context) {
    if (changed.has('PolicyDocument')) {
      const old = (context.call('iam', 'GetPolicy', { PolicyArn })['Policy'] as Json)['DefaultVersionId'];
      context.call('iam', 'CreatePolicyVersion', {
        PolicyArn,
        PolicyDocument: JSON.stringify(after['PolicyDocument']),
        SetAsDefault: true,
      });
      context.call('iam', 'DeletePolicyVersion', { PolicyArn, VersionId: old });
    }
    const kept = new Set(array<string>(after, 'Roles'));
    const had = new Set(array<string>(before, 'Roles'));
    for (const RoleName of kept.difference(had)) context.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn });
    for (const RoleName of had.difference(kept)) removeIfThere(() => context.call('iam', 'DetachRolePolicy', { RoleName, PolicyArn }));
    return { physicalId: PolicyArn, attributes };
  },
  remove({ physicalId: PolicyArn, properties }, context) {
    for (const RoleName of array<string>(properties, 'Roles')) {
      removeIfThere(() => context.call('iam', 'DetachRolePolicy', { RoleName, PolicyArn }));
    }
    removeIfThere(() => context.call('iam', 'DeletePolicy', { PolicyArn }));
  },
};

function putInline(RoleName: string, before: Json, after: Json, context: ProviderContext): void {
  const kept = new Set(array(after, 'Policies').map((policy) => policy['PolicyName']));
  for (const { PolicyName } of array(before, 'Policies')) {
    if (!kept.has(PolicyName)) removeIfThere(() => context.call('iam', 'DeleteRolePolicy', { RoleName, PolicyName }));
  }
  for (const { PolicyName, PolicyDocument } of array(after, 'Policies')) {
    context.call('iam', 'PutRolePolicy', { RoleName, PolicyName, PolicyDocument: JSON.stringify(PolicyDocument) });
  }
}

function attach(RoleName: string, before: Json, after: Json, context: ProviderContext): void {
  const had = new Set(array<string>(before, 'ManagedPolicyArns'));
  const wanted = new Set(array<string>(after, 'ManagedPolicyArns'));
  for (const PolicyArn of had.difference(wanted)) removeIfThere(() => context.call('iam', 'DetachRolePolicy', { RoleName, PolicyArn }));
  for (const PolicyArn of wanted.difference(had)) context.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn });
}

function setBoundary(RoleName: string, after: Json, context: ProviderContext): void {
  const PermissionsBoundary = text(after, 'PermissionsBoundary');
  if (PermissionsBoundary === undefined) context.call('iam', 'DeleteRolePermissionsBoundary', { RoleName });
  else context.call('iam', 'PutRolePermissionsBoundary', { RoleName, PermissionsBoundary });
}

function putOnRoles(roles: readonly string[], properties: Json, context: ProviderContext): void {
  const PolicyDocument = JSON.stringify(properties['PolicyDocument']);
  for (const RoleName of roles) context.call('iam', 'PutRolePolicy', { RoleName, PolicyName: properties['PolicyName'], PolicyDocument });
}

function takeFromRoles(roles: readonly string[], properties: Json, context: ProviderContext): void {
  for (const RoleName of roles) {
    removeIfThere(() => context.call('iam', 'DeleteRolePolicy', { RoleName, PolicyName: properties['PolicyName'] }));
  }
}

function refuseUsers(properties: Json): void {
  for (const name of ['Users', 'Groups']) {
    if (array(properties, name).length > 0)
      throw validationError(`${name}: IAM users and groups do not exist here; attach the policy to roles`);
  }
}
