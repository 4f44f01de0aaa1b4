import type { Clock } from '../core/clock.ts';
import { AwsError, type AwsRequest, type Caller, DEVELOPER, type Place } from './aws.ts';
import {
  type FunctionUrlRequest,
  type FunctionUrls,
  functionUrlAnswer,
  functionUrlEvent,
  functionUrlFailure,
} from './gateway/function-url.ts';
import { credentialOf } from './gateway/signature.ts';
import type { LambdaEngine } from './lambda/lambda.ts';

/** What serving function URLs takes. */
export interface FunctionUrlDeps {
  readonly lambda: LambdaEngine;
  readonly authorise: (request: AwsRequest) => void;
  readonly callerOf: (accessKeyId: string) => Caller | undefined;
  readonly place: Place;
  readonly clock: Clock;
}

/** Whoever sends an unsigned request: only a policy for everybody lets it in. */
const ANYBODY: Caller = { kind: 'service', principal: 'anonymous' };

const json = (status: number, message: string) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ Message: message }),
});

/**
 * Answers requests to function URLs: authorised as AWS does it, by the function's own policy for `NONE` and by the signer's permissions for
 * `AWS_IAM` (AWS Lambda Developer Guide, "Control access to Lambda function URLs"), then run with the event of payload format 2.0.
 */
export function createFunctionUrls({ lambda, authorise, callerOf, place, clock }: FunctionUrlDeps): FunctionUrls {
  return async (urlId, request) => {
    const target = lambda.urlTarget(urlId);
    if (!target) return json(404, `no function has the URL id ${urlId}`);
    const caller = target.authType === 'NONE' ? ANYBODY : signerOf(request, callerOf);
    try {
      if (!caller) throw new AwsError('AccessDeniedException', 'unsigned', { status: 403 });
      const { functionArn: FunctionName, authType: FunctionUrlAuthType } = target;
      authorise({ service: 'lambda', action: 'InvokeFunctionUrl', input: { FunctionName, FunctionUrlAuthType }, caller });
      authorise({ service: 'lambda', action: 'Invoke', input: { FunctionName, InvokedViaFunctionUrl: true }, caller });
    } catch (error) {
      if (error instanceof AwsError)
        return json(
          403,
          'Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html',
        );
      throw error;
    }
    const outcome = await lambda.invokeUrl(urlId, functionUrlEvent(request, { ...place, urlId, now: clock.now() }));
    return outcome.kind === 'result' ? functionUrlAnswer(outcome.payload) : functionUrlFailure(outcome.kind);
  };
}

function signerOf(request: FunctionUrlRequest, callerOf: FunctionUrlDeps['callerOf']): Caller | undefined {
  const credential = credentialOf({ headers: request.headers as Record<string, string>, query: new URLSearchParams(request.rawQuery) });
  return credential && (callerOf(credential.accessKeyId) ?? DEVELOPER);
}
