import { AwsError, type Place } from '../aws.ts';

/** A function and the qualifier with which it was named. */
export interface FunctionRef {
  readonly name: string;
  readonly qualifier: string | undefined;
}

const ARN = /^arn:[^:]+:lambda:[^:]*:\d{12}:function:([\w-]+)(?::([\w$-]+))?$/;
const PARTIAL = /^\d{12}:function:([\w-]+)(?::([\w$-]+))?$/;
const NAME = /^([\w-]{1,64})(?::([\w$-]+))?$/;

/** Reads every form of a function's name: name, name:qualifier, partial ARN, ARN (CreateFunction reference, `FunctionName`). */
export function parseFunctionName(text: unknown, qualifier?: unknown): FunctionRef {
  const given = String(text ?? '');
  const match = ARN.exec(given) ?? PARTIAL.exec(given) ?? NAME.exec(given);
  if (!match?.[1]) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${given}' at 'functionName' failed to satisfy constraint`,
    );
  }
  const [, name, inName] = match;
  if (inName !== undefined && qualifier !== undefined && qualifier !== inName) {
    throw new AwsError(
      'InvalidParameterValueException',
      'The derived qualifier from the function name does not match the specified qualifier.',
    );
  }
  return { name, qualifier: inName ?? (qualifier === undefined ? undefined : String(qualifier)) };
}

/** The ARN of a function, qualified or not. */
export function functionArn(place: Place, name: string, qualifier?: string): string {
  return `arn:aws:lambda:${place.region}:${place.accountId}:function:${name}${qualifier === undefined ? '' : `:${qualifier}`}`;
}
