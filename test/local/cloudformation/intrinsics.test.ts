import { describe, expect, test } from 'vitest';
import { resolve } from '../../../lib/local/cloudformation/intrinsics.ts';
import { NO_VALUE, type Scope } from '../../../lib/local/cloudformation/scope.ts';

const names: Record<string, unknown> = {
  Queue: 'queue-url',
  Name: 'jobs',
  Count: 3,
  List: ['a', 'b'],
  'AWS::NoValue': NO_VALUE,
  'AWS::Region': 'us-east-1',
};

const scope: Scope = {
  region: 'us-east-1',
  ref: (name) => names[name],
  attribute: (logicalId, name) => `${logicalId}-${name}`,
  condition: (name) => name === 'Yes',
  mapping: (map, top, second) => (map === 'M' && top === 'a' && second === 'b' ? 'found' : undefined),
  importValue: (name) => `import-${name}`,
  stackOutput: (stack, output) => `${stack}/${output}`,
};

describe('intrinsic functions', () => {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the placeholders are CloudFormation's.
  test.each<[string, unknown, unknown]>([
    ['Ref', { Ref: 'Queue' }, 'queue-url'],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'Queue-Arn'],
    ['GetAtt as text, with a dotted attribute', { 'Fn::GetAtt': 'Queue.Nested.Arn' }, 'Queue-Nested.Arn'],
    ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'Name' }, { Ref: 'Count' }]] }, 'a-jobs-3'],
    ['Join over a list parameter', { 'Fn::Join': [',', { Ref: 'List' }] }, 'a,b'],
    ['Sub', { 'Fn::Sub': '${Name}/${Queue.Arn}/${AWS::Region}/${!Literal}' }, 'jobs/Queue-Arn/us-east-1/${Literal}'],
    ['Sub with names of its own', { 'Fn::Sub': ['${x}-${Name}', { x: { Ref: 'Count' } }] }, '3-jobs'],
    ['Select', { 'Fn::Select': ['1', ['a', 'b']] }, 'b'],
    ['Split', { 'Fn::Split': [':', 'a:b:c'] }, ['a', 'b', 'c']],
    ['Select of a Split', { 'Fn::Select': [2, { 'Fn::Split': ['-', { 'Fn::GetAtt': ['A', 'b-c'] }] }] }, 'c'],
    ['If, taken', { 'Fn::If': ['Yes', { Ref: 'Name' }, 'no'] }, 'jobs'],
    ['If, not taken', { 'Fn::If': ['No', { Ref: 'Name' }, 'no'] }, 'no'],
    ['Equals', { 'Fn::Equals': [{ Ref: 'Name' }, 'jobs'] }, true],
    ['Equals of a number and its text', { 'Fn::Equals': [{ Ref: 'Count' }, '3'] }, true],
    ['Not', { 'Fn::Not': [{ 'Fn::Equals': ['a', 'b'] }] }, true],
    ['And', { 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] }, false],
    ['Or', { 'Fn::Or': [{ Condition: 'Yes' }, { Condition: 'No' }] }, true],
    ['FindInMap', { 'Fn::FindInMap': ['M', 'a', 'b'] }, 'found'],
    ['FindInMap with a default', { 'Fn::FindInMap': ['M', 'a', 'x', { DefaultValue: 'd' }] }, 'd'],
    ['ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': 'x-${Name}' } }, 'import-x-jobs'],
    ['GetStackOutput', { 'Fn::GetStackOutput': { StackName: 'Base', OutputName: 'Arn' } }, 'Base/Arn'],
    ['GetAZs', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, 'us-east-1a'],
    ['Base64', { 'Fn::Base64': 'hi' }, 'aGk='],
    [
      'a condition inside a policy is no intrinsic',
      { Condition: { StringEquals: { a: { Ref: 'Name' } } } },
      { Condition: { StringEquals: { a: 'jobs' } } },
    ],
  ])('%s', (_, value, expected) => {
    expect(resolve(value, scope)).toEqual(expected);
  });
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above

  test('AWS::NoValue removes a property, and an item of a list', () => {
    expect(resolve({ a: { Ref: 'AWS::NoValue' }, b: [1, { 'Fn::If': ['No', 2, { Ref: 'AWS::NoValue' }] }] }, scope)).toEqual({ b: [1] });
  });

  test.each([
    ['an unknown function', { 'Fn::Nope': 1 }, 'Fn::Nope is not supported here'],
    ['Transform', { 'Fn::Transform': {} }, 'Fn::Transform is not supported here'],
    ['Select beyond the end', { 'Fn::Select': [2, ['a']] }, 'cannot select nonexistent value at index 2'],
    ['FindInMap of nothing', { 'Fn::FindInMap': ['M', 'x', 'y'] }, 'Unable to get mapping for M::x::y'],
    ['Join of an object', { 'Fn::Join': ['', [{ a: 1, b: 2 }]] }, 'Fn::Join requires text'],
    ['an output of another region', { 'Fn::GetStackOutput': { StackName: 'S', OutputName: 'O', Region: 'eu-west-1' } }, 'eu-west-1'],
  ])('%s is refused', (_, value, message) => {
    expect(() => resolve(value, scope)).toThrow(message);
  });
});
