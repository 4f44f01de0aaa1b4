import { AwsError, type Caller } from '../../../lib/local/aws.ts';
import { decide } from '../../../lib/local/iam/decide.ts';
import { compilePolicy } from '../../../lib/local/iam/policy.ts';
import type { Choices } from '../choices.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { hostileToken, membersOfObject, spoilMembers, spoilText, textOfMembers } from '../hostile-json.ts';
import { reasonsInSource } from '../reasons-in-source.ts';

const REASONS = reasonsInSource('malformed', ['local/iam/policy-document.ts']);
const CONDITION_TYPE = 'Invalid Condition type : …';

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:orders';
const STATEMENT = membersOfObject({
  Sid: 'one',
  Effect: 'Allow',
  Action: ['sqs:SendMessage', 'sqs:*'],
  Resource: QUEUE,
  Principal: { AWS: ['arn:aws:iam::000000000000:root'], Service: 'sns.amazonaws.com' },
  Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:*' } },
});

/** What a policy variable begins with. */
const VARIABLE = '$';

const OPERATORS = [
  'StringEquals',
  'ForAllValues:StringLike',
  'NumericLessThanIfExists',
  'DateGreaterThan',
  'IpAddress',
  'Null',
  'Bool',
  'StringSounds',
  '__proto__',
];
const VALUES = [
  '"*a*a*a*b"',
  `"${VARIABLE}{aws:username}"`,
  '["a",1,true]',
  '"10.0.0.0/8"',
  '"10.0.0.0/99"',
  '"2030-01-01"',
  '{}',
  'null',
  `"${['*', '?', '$', "x, 'y'"].map((name) => `${VARIABLE}{${name}}`).join('')}"`,
];
const CALLERS: readonly Caller[] = [
  { kind: 'role', roleArn: 'arn:aws:iam::000000000000:role/consume' },
  { kind: 'service', principal: 'sns.amazonaws.com', sourceArn: 'arn:aws:sns:us-east-1:000000000000:orders' },
  { kind: 'developer' },
];

interface Case {
  readonly text: string;
  readonly caller: Caller;
}

function drawStatement(choices: Choices): string {
  const condition = `{"${choices.pick(OPERATORS)}":{"aws:SourceIp":${choices.pick(VALUES)}}}`;
  const members = choices.oneIn(3)
    ? STATEMENT.map((member) => (member[0] === 'Condition' ? (['Condition', condition] as const) : member))
    : STATEMENT;
  return textOfMembers(choices.oneIn(2) ? spoilMembers(members, choices) : members);
}

export const policies: FuzzedParser<Case> = {
  name: 'policies of roles and resources, and what they decide,',
  file: 'local/iam/policy-document.ts',
  verdicts: ['allowed', 'denied', CONDITION_TYPE, ...REASONS.all],
  draw(choices) {
    const statements = choices.oneIn(10) ? hostileToken(choices) : drawStatement(choices);
    const text = `{"Version":"2012-10-17","Statement":${choices.oneIn(2) ? statements : `[${statements}]`}}`;
    return { text: choices.oneIn(8) ? spoilText(text, choices) : text, caller: choices.pick(CALLERS) };
  },
  read({ text, caller }) {
    try {
      const policy = compilePolicy(text);
      const context = (key: string) => (key === 'aws:sourceip' ? '10.1.2.3' : key === 'aws:sourcearn' ? 'a'.repeat(300) : undefined);
      const asked = { caller, action: 'sqs:SendMessage', resource: QUEUE, context, identityPolicies: [policy], resourcePolicy: policy };
      const { allowed, reason } = decide(asked);
      must(typeof allowed === 'boolean' && typeof reason === 'string', 'a question has an answer');
      return allowed ? 'allowed' : 'denied';
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      must(error.code === 'MalformedPolicyDocumentException', 'a refusal has the name that IAM gives it');
      return error.message.startsWith('Invalid Condition type') ? CONDITION_TYPE : REASONS.of(error.message);
    }
  },
};
