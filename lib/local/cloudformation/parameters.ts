import { type Aws, AwsError, DEVELOPER, type Json } from '../aws.ts';
import type { Template, TemplateParameter } from './template.ts';
import { validationError } from './template.ts';

/** Reads a parameter of Parameter Store by name; undefined when there is none. */
export type ReadSsm = (name: string) => string | undefined;

/** Reads Parameter Store through the engines. */
export function ssmReader(aws: () => Aws): ReadSsm {
  return (Name) => {
    try {
      const answer = aws().callNow({ service: 'ssm', action: 'GetParameter', input: { Name }, caller: DEVELOPER });
      return String((answer['Parameter'] as Json)['Value']);
    } catch (error) {
      if (error instanceof AwsError) return undefined;
      throw error;
    }
  };
}

/**
 * The given values of a deployment, checked: every parameter has a value or a default, `UsePreviousValue` takes the deployed one,
 * and nothing unknown is given.
 */
export function givenParameters(
  template: Template,
  input: unknown,
  previous: ReadonlyMap<string, string> | undefined,
): Map<string, string> {
  const declared = template.Parameters ?? {};
  const given = new Map<string, string>();
  for (const { ParameterKey, ParameterValue, UsePreviousValue } of (input ?? []) as Json[]) {
    const key = String(ParameterKey);
    if (declared[key] === undefined) throw validationError(`Parameters: [${key}] do not exist in the template`);
    const value = UsePreviousValue === true ? previous?.get(key) : ParameterValue;
    if (value !== undefined) given.set(key, String(value));
  }
  const missing = Object.keys(declared).filter((key) => !given.has(key) && declared[key]?.Default === undefined);
  if (missing.length > 0) throw validationError(`Parameters: [${missing.join(', ')}] must have values`);
  for (const [key, value] of given) checkValue(key, value, declared[key]);
  return given;
}

/** The value that `Ref` gives for a parameter: a list, a number or text by its type; SSM types are read from Parameter Store. */
export function parameterValue(
  name: string,
  declared: TemplateParameter,
  { given, ssm }: { given: ReadonlyMap<string, string>; ssm: ReadSsm },
): unknown {
  const written = String(given.get(name) ?? declared.Default ?? '');
  const stored = /^AWS::SSM::Parameter::Value<(.+)>$/.exec(declared.Type);
  if (stored === null) return typed(declared.Type, written);
  const value = ssm(written);
  if (value === undefined) {
    throw validationError(`Unable to fetch parameters [${written}] from parameter store for this account.`);
  }
  return typed(stored[1] ?? 'String', value);
}

function typed(type: string, value: string): unknown {
  if (type === 'Number') return Number(value);
  if (type === 'CommaDelimitedList' || type.startsWith('List<')) return value === '' ? [] : value.split(',').map((item) => item.trim());
  return value;
}

function checkValue(key: string, value: string, declared: TemplateParameter | undefined): void {
  const allowed = declared?.AllowedValues;
  if (allowed !== undefined && !allowed.map(String).includes(value)) {
    throw validationError(`Parameter '${key}' must be one of AllowedValues`);
  }
  const pattern = declared?.AllowedPattern;
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(value)) {
    throw validationError(`Parameter '${key}' must match pattern ${pattern}`);
  }
}
