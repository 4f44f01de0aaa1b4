import type { PosthasteError } from '../../core/errors.ts';
import { EndpointUnreachableError } from '../endpoint.errors.ts';
import { AwsCallError, OperationsMissingError } from './operations.errors.ts';
import type { Place } from './place.ts';

/** What was asked, and of whom. */
export interface Scene {
  readonly place: Place;
  readonly functionName: string;
  /** What one would need where access is denied. @default - the right to invoke the function */
  readonly permission?: string;
}

/** An error of the SDK as a sentence that says what to do. */
export function sentenceFor(error: unknown, scene: Scene): PosthasteError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const known = RULES.find(({ when }) => when.test(name) || when.test(`${name}: ${message}`) || when.test(codeOf(error)));
  if (known === undefined)
    return new AwsCallError(`${whereOf(scene.place)} answered ${name}: ${message}`, { code: 'AWS_CALL_FAILED', cause: error });
  return known.to(scene, error);
}

/** A place in words. */
function whereOf(place: Place): string {
  if (place.kind === 'local') return `the embedded AWS at ${place.endpoint}`;
  return place.region === undefined ? 'your AWS account and region' : `your AWS account in ${place.region}`;
}

/** The codes of a connection that failed, which Node keeps in causes. */
function codeOf(error: unknown): string {
  const codes: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    codes.push(String('code' in at ? at.code : ''));
    if (at instanceof AggregateError) codes.push(...at.errors.map((each: unknown) => codeOf(each)));
  }
  return codes.join(' ');
}

interface SentenceRule {
  readonly when: RegExp;
  readonly to: (scene: Scene, cause: unknown) => PosthasteError;
}

const said =
  (code: string, sentence: (scene: Scene, cause: unknown) => string) =>
  (scene: Scene, cause: unknown): PosthasteError =>
    new AwsCallError(sentence(scene, cause), { code, cause });

const REACH = /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE)\b|^TypeError: fetch failed/;

/** AWS says of which resource it speaks (IAM User Guide, "Troubleshoot access denied error messages"). */
function arnIn(cause: unknown): string | undefined {
  return cause instanceof Error ? /on resource: (arn:[^\s]+)/.exec(cause.message)?.[1] : undefined;
}

/** In this order: the first that fits speaks. Names of exceptions: Lambda API Reference, "Common Errors" and Invoke. */
const RULES: readonly SentenceRule[] = [
  {
    when: REACH,
    to: (scene, cause) =>
      scene.place.kind === 'local'
        ? new EndpointUnreachableError(scene.place.endpoint, { cause })
        : said(
            'AWS_UNREACHABLE',
            () =>
              `AWS cannot be reached (${REACH.exec(codeOf(cause))?.[0] ?? 'no answer'}): is this machine online, and is --region right?`,
          )(scene, cause),
  },
  {
    when: /^ResourceNotFoundException$/,
    to: ({ place, functionName }, cause) => new OperationsMissingError(functionName, whereOf(place), { cause }),
  },
  {
    when: /^(CredentialsProviderError|ProviderError|TokenProviderError)$/,
    to: said('CREDENTIALS_MISSING', ({ place }, cause) => {
      const detail = cause instanceof Error ? cause.message : '';
      const profile = place.kind === 'aws' ? place.profile : undefined;
      if (profile !== undefined) {
        const given = JSON.stringify(profile);
        return `the profile ${given} gave no usable AWS credentials (${detail}): set it up or sign in with it (aws configure, aws sso login, each with --profile), or name another`;
      }
      return `there are no usable AWS credentials (${detail}): sign in (aws sso login, aws configure), or name a profile with --profile`;
    }),
  },
  {
    when: /^(ExpiredToken(Exception)?|UnrecognizedClientException|InvalidSignatureException|InvalidClientTokenId|RequestExpired)$/,
    to: said('CREDENTIALS_REFUSED', (_, cause) => {
      const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : '';
      return `AWS did not accept the credentials (${detail}): they have expired or are not valid there; sign in again, or name another --profile`;
    }),
  },
  {
    when: /Region is missing/,
    to: said('REGION_MISSING', () => 'no AWS region is set: name it with --region, or set AWS_REGION'),
  },
  {
    when: /^(AccessDenied(Exception)?|UnauthorizedOperation)$/,
    to: said(
      'ACCESS_DENIED',
      ({ functionName, permission }, cause) =>
        permission ??
        `you may not invoke ${functionName}: your role needs lambda:InvokeFunction on ${arnIn(cause) ?? 'it'}, which failures.grantOperate(role) ` +
          'gives in the stack, or, where roles come from IAM Identity Center, the permission set',
    ),
  },
  {
    when: /^(TooManyRequestsException|ThrottlingException|Throttling)$/,
    to: said('THROTTLED', ({ functionName }) => `AWS throttles calls of ${functionName} right now: try again in a moment`),
  },
];
