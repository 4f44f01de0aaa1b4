// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are policy variables.
import { describe, expect, test } from 'vitest';
import type { Caller } from '../../../lib/local/aws.ts';
import { contextOf } from '../../../lib/local/iam/condition-context.ts';
import { decide, type Question } from '../../../lib/local/iam/decide.ts';
import { compilePolicy } from '../../../lib/local/iam/policy.ts';

const ROLE: Caller = { kind: 'role', roleArn: 'arn:aws:iam::000000000000:role/path/Worker', sessionName: 'fn' };
const SNS: Caller = { kind: 'service', principal: 'sns.amazonaws.com', sourceArn: 'arn:aws:sns:us-east-1:000000000000:orders' };
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:jobs';

type Statement = Record<string, unknown>;

function ask(
  question: Partial<Omit<Question, 'context'>> & {
    identity?: Statement[];
    resourceStatements?: Statement[];
    keys?: Record<string, string | string[]>;
  },
) {
  const { identity = [], resourceStatements, keys = {}, ...rest } = question;
  return decide({
    caller: ROLE,
    action: 'sqs:SendMessage',
    resource: QUEUE,
    context: contextOf(keys),
    identityPolicies: identity.map((Statement) => compilePolicy({ Version: '2012-10-17', Statement })),
    ...(resourceStatements && { resourcePolicy: compilePolicy({ Version: '2012-10-17', Statement: resourceStatements }) }),
    ...rest,
  });
}

const ALLOW_SEND = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: QUEUE };
const allows = (question: Parameters<typeof ask>[0]) => ask(question).allowed;

describe('within one account', () => {
  test('the developer may do everything', () => {
    expect(allows({ caller: { kind: 'developer' } })).toBe(true);
  });

  test('a role without any policy may do nothing, and the reason says which kind of policy is missing', () => {
    expect(ask({})).toEqual({ allowed: false, reason: 'because no identity-based policy allows the sqs:SendMessage action' });
  });

  test('either the identity policy or the resource policy is enough', () => {
    expect(allows({ identity: [ALLOW_SEND] })).toBe(true);
    expect(allows({ resourceStatements: [{ ...ALLOW_SEND, Principal: { AWS: ROLE.kind === 'role' && ROLE.roleArn } }] })).toBe(true);
  });

  test('an explicit deny wins over every allow, wherever it stands', () => {
    const deny = { Effect: 'Deny', Action: 'sqs:*', Resource: '*' };
    expect(ask({ identity: [ALLOW_SEND, deny] }).reason).toBe('with an explicit deny in an identity-based policy');
    expect(ask({ identity: [ALLOW_SEND], resourceStatements: [{ ...deny, Principal: '*' }] }).reason).toBe(
      'with an explicit deny in a resource-based policy',
    );
  });

  test('a resource policy that names the account delegates but does not grant', () => {
    const toAccount = { ...ALLOW_SEND, Principal: { AWS: 'arn:aws:iam::000000000000:root' } };
    expect(allows({ resourceStatements: [toAccount] })).toBe(false);
    expect(allows({ resourceStatements: [toAccount], identity: [ALLOW_SEND] })).toBe(true);
  });

  test('a deny to the account reaches its roles', () => {
    const deny = { Effect: 'Deny', Action: '*', Resource: '*', Principal: { AWS: '000000000000' } };
    expect(allows({ identity: [ALLOW_SEND], resourceStatements: [deny] })).toBe(false);
  });

  test('a permissions boundary must allow as well', () => {
    const boundary = compilePolicy({ Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] });
    expect(allows({ identity: [ALLOW_SEND], permissionsBoundary: boundary })).toBe(false);
  });

  test('the session of a role may be named as principal', () => {
    const session = 'arn:aws:sts::000000000000:assumed-role/Worker/fn';
    expect(allows({ resourceStatements: [{ ...ALLOW_SEND, Principal: { AWS: [session] } }] })).toBe(true);
  });
});

test('across accounts both policies must allow', () => {
  const resource = 'arn:aws:sqs:us-east-1:111111111111:jobs';
  const allow = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: resource };
  const open = { ...allow, Principal: { AWS: '000000000000' } };
  expect(allows({ resource, identity: [allow] })).toBe(false);
  expect(allows({ resource, resourceStatements: [open] })).toBe(false);
  expect(allows({ resource, identity: [allow], resourceStatements: [open] })).toBe(true);
});

describe('a service', () => {
  const open = { ...ALLOW_SEND, Principal: { Service: 'sns.amazonaws.com' } };
  const keys = { 'aws:SourceArn': 'arn:aws:sns:us-east-1:000000000000:orders', 'aws:SourceAccount': '000000000000' };

  test('needs the resource policy', () => {
    expect(allows({ caller: SNS, identity: [ALLOW_SEND] })).toBe(false);
    expect(allows({ caller: SNS, resourceStatements: [open] })).toBe(true);
    expect(allows({ caller: SNS, resourceStatements: [{ ...open, Principal: { Service: 'events.amazonaws.com' } }] })).toBe(false);
  });

  test('is held to the source that the condition names', () => {
    const from = (SourceArn: string) => ({ ...open, Condition: { ArnEquals: { 'aws:SourceArn': SourceArn } } });
    expect(allows({ caller: SNS, keys, resourceStatements: [from('arn:aws:sns:us-east-1:000000000000:orders')] })).toBe(true);
    expect(allows({ caller: SNS, keys, resourceStatements: [from('arn:aws:sns:us-east-1:000000000000:*')] })).toBe(true);
    expect(allows({ caller: SNS, keys, resourceStatements: [from('arn:aws:sns:us-east-1:000000000000:other')] })).toBe(false);
    const account = { ...open, Condition: { StringEquals: { 'aws:SourceAccount': '999999999999' } } };
    expect(allows({ caller: SNS, keys, resourceStatements: [account] })).toBe(false);
  });
});

describe('a key', () => {
  const key = 'arn:aws:kms:us-east-1:000000000000:key/1';
  const base = { action: 'kms:Decrypt', resource: key, resourcePolicyDecides: true };
  const identity = [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: key }];
  const root = { Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: 'arn:aws:iam::000000000000:root' } };

  test('counts identity policies only where its own policy delegates to the account', () => {
    expect(allows({ ...base, identity, resourceStatements: [root] })).toBe(true);
    expect(allows({ ...base, identity, resourceStatements: [] })).toBe(false);
    expect(allows({ ...base, resourceStatements: [root] })).toBe(false);
  });

  test('lets in a service that its policy names', () => {
    const sns = {
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Principal: { Service: 'sns.amazonaws.com' },
    };
    expect(allows({ ...base, caller: SNS, resourceStatements: [root, sns] })).toBe(true);
    expect(allows({ ...base, caller: SNS, resourceStatements: [root] })).toBe(false);
  });
});

describe('the elements of a statement', () => {
  const allowed = (statement: Statement, question: Parameters<typeof ask>[0] = {}) =>
    allows({ ...question, identity: [{ Effect: 'Allow', ...statement }] });

  test.each([
    ['sqs:Send*', true],
    ['SQS:sendmessage', true],
    ['sqs:?endMessage', true],
    ['*', true],
    ['sqs:SendMessages', false],
    ['sns:*', false],
  ])('Action %s', (Action, expected) => {
    expect(allowed({ Action, Resource: '*' })).toBe(expected);
  });

  test('NotAction allows everything else', () => {
    expect(allowed({ NotAction: 'sqs:SendMessage', Resource: '*' })).toBe(false);
    expect(allowed({ NotAction: ['iam:*', 'sns:*'], Resource: '*' })).toBe(true);
  });

  test.each([
    ['arn:aws:sqs:*:*:jobs', true],
    ['arn:aws:sqs:us-east-1:000000000000:job?', true],
    ['arn:aws:sqs:us-east-1:000000000000:job', false],
    ['arn:aws:sqs:us-east-1:000000000000:Jobs', false],
  ])('Resource %s', (Resource, expected) => {
    expect(allowed({ Action: '*', Resource })).toBe(expected);
  });

  test('NotResource allows every other resource', () => {
    expect(allowed({ Action: '*', NotResource: QUEUE })).toBe(false);
    expect(allowed({ Action: '*', NotResource: 'arn:aws:sqs:us-east-1:000000000000:other' })).toBe(true);
  });

  test('a resource that the request does not reveal is taken to match', () => {
    expect(allowed({ Action: '*', Resource: 'arn:aws:sqs:us-east-1:000000000000:other' }, { resource: undefined })).toBe(true);
  });

  test('policy variables are filled from the request, their wildcards literal, and an unknown one matches nothing', () => {
    const Resource = 'arn:aws:sqs:us-east-1:000000000000:${aws:PrincipalTag/queue}';
    expect(allowed({ Action: '*', Resource }, { keys: { 'aws:PrincipalTag/queue': 'jobs' } })).toBe(true);
    expect(allowed({ Action: '*', Resource }, { keys: { 'aws:PrincipalTag/queue': '*' } })).toBe(false);
    expect(allowed({ Action: '*', Resource })).toBe(false);
    expect(allowed({ Action: '*', Resource: "arn:aws:sqs:us-east-1:000000000000:${aws:PrincipalTag/queue, 'jobs'}" })).toBe(true);
  });

  test('NotPrincipal names those who are left out', () => {
    const deny = { Effect: 'Deny', Action: '*', Resource: '*', NotPrincipal: { AWS: (ROLE as { roleArn: string }).roleArn } };
    expect(allows({ identity: [ALLOW_SEND], resourceStatements: [deny] })).toBe(true);
    expect(
      allows({
        caller: { ...ROLE, roleArn: 'arn:aws:iam::000000000000:role/Else' } as Caller,
        identity: [ALLOW_SEND],
        resourceStatements: [deny],
      }),
    ).toBe(false);
  });
});

describe('conditions', () => {
  const holds = (Condition: unknown, keys: Record<string, string | string[]> = {}) =>
    allows({ identity: [{ ...ALLOW_SEND, Condition }], keys });

  test.each<[string, unknown, Record<string, string | string[]>, boolean]>([
    ['StringEquals', { StringEquals: { k: ['a', 'b'] } }, { k: 'b' }, true],
    ['StringEquals is case-sensitive', { StringEquals: { k: 'a' } }, { k: 'A' }, false],
    ['key names are not', { StringEquals: { 'AWS:K': 'a' } }, { 'aws:k': 'a' }, true],
    ['StringEquals without the key', { StringEquals: { k: 'a' } }, {}, false],
    ['StringEqualsIfExists without the key', { StringEqualsIfExists: { k: 'a' } }, {}, true],
    ['StringNotEquals', { StringNotEquals: { k: ['a', 'b'] } }, { k: 'c' }, true],
    ['StringNotEquals with one equal', { StringNotEquals: { k: ['a', 'b'] } }, { k: 'b' }, false],
    ['StringNotEquals without the key', { StringNotEquals: { k: 'a' } }, {}, true],
    ['StringEqualsIgnoreCase', { StringEqualsIgnoreCase: { k: 'Ab' } }, { k: 'aB' }, true],
    ['StringLike', { StringLike: { k: 'a*c?' } }, { k: 'abbbcd' }, true],
    ['StringEquals takes * literally', { StringEquals: { k: '*' } }, { k: 'a' }, false],
    ['ArnLike does not cross colons', { ArnLike: { k: 'arn:aws:sns:*:topic' } }, { k: 'arn:aws:sns:us-east-1:1:topic' }, false],
    ['ArnLike by part', { ArnLike: { k: 'arn:aws:sns:*:*:top*' } }, { k: 'arn:aws:sns:us-east-1:1:topic' }, true],
    ['ArnNotLike', { ArnNotLike: { k: 'arn:aws:sns:*:*:top*' } }, { k: 'arn:aws:sns:us-east-1:1:other' }, true],
    ['NumericLessThanEquals', { NumericLessThanEquals: { k: '10' } }, { k: '10' }, true],
    ['NumericGreaterThan', { NumericGreaterThan: { k: 10 } }, { k: '9' }, false],
    ['DateLessThan', { DateLessThan: { k: '2030-01-01T00:00:00Z' } }, { k: '2026-01-01T00:00:00Z' }, true],
    ['DateGreaterThan with epoch seconds', { DateGreaterThan: { k: '2026-01-01T00:00:00Z' } }, { k: '1893456000' }, true],
    ['Bool', { Bool: { k: false } }, { k: 'false' }, true],
    ['Null true', { Null: { k: 'true' } }, {}, true],
    ['Null false', { Null: { k: false } }, { k: 'x' }, true],
    ['IpAddress in a block', { IpAddress: { k: '10.0.0.0/8' } }, { k: '10.1.2.3' }, true],
    ['NotIpAddress', { NotIpAddress: { k: '10.0.0.0/8' } }, { k: '10.1.2.3' }, false],
    ['IpAddress version 6', { IpAddress: { k: '2001:db8::/32' } }, { k: '2001:db8::1' }, true],
    ['ForAllValues', { 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'b'] }, true],
    ['ForAllValues with one outside', { 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'c'] }, false],
    ['ForAllValues without the key', { 'ForAllValues:StringEquals': { k: 'a' } }, {}, true],
    ['ForAnyValue', { 'ForAnyValue:StringLike': { k: 'a*' } }, { k: ['x', 'ab'] }, true],
    ['ForAnyValue without the key', { 'ForAnyValue:StringLike': { k: 'a*' } }, {}, false],
    ['a value with a variable', { StringEquals: { k: '${other}' } }, { k: 'v', other: 'v' }, true],
    ['several operators must all hold', { StringEquals: { k: 'a' }, Bool: { t: 'true' } }, { k: 'a', t: 'false' }, false],
  ])('%s', (_, condition, keys, expected) => {
    expect(holds(condition, keys)).toBe(expected);
  });

  test('an unknown operator makes the document malformed', () => {
    expect(() => holds({ StringSortOf: { k: 'a' } })).toThrow('Invalid Condition type');
  });
});
