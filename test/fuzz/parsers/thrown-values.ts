import { errorText } from '../../../lib/consumer/error-text.ts';
import { type AwsFailure, awsFailure, errorName } from '../../../lib/retry/aws-failure.ts';
import { classify, codeOf, type FailureKind } from '../../../lib/retry/classify.ts';
import { Permanent, Transient } from '../../../lib/retry/retry.errors.ts';
import { readError } from '../../../lib/topic/send-result.ts';
import type { Choices } from '../choices.ts';
import { type FuzzedParser, membersOf, must } from '../fuzz.ts';
import { HOSTILE_TEXTS } from '../hostile-json.ts';

const NAMES = [
  'Error',
  'ThrottlingException',
  'TransactionConflictException',
  'TransactionCanceledException',
  'ValidationException',
  'InvalidParameterException',
  'AWS.SimpleQueueService.BatchRequestTooLong',
  'AccessDeniedException',
  'NotFoundException',
  'RequestTimeout',
  'TimeoutError',
  'ConditionalCheckFailedException',
  'InternalFailure',
  ...HOSTILE_TEXTS,
];
const STATUSES = [undefined, 200, 400, 403, 408, 413, 429, 500, 503, Number.NaN, '500', null];
const REASONS = [
  undefined,
  null,
  [],
  'None',
  [{ Code: 'None' }, { Code: 'TransactionConflict' }],
  [{ Code: 'ConditionalCheckFailed' }, { Code: 'ThrottlingError' }],
  [{}],
  [null],
  [{ Code: null }],
  [{ Code: 7 }],
  { length: 1 },
];
const ODD: readonly unknown[] = [
  undefined,
  null,
  0,
  '',
  'a text',
  7n,
  Symbol('thrown'),
  () => {},
  {},
  Object.create(null),
  { toString: 1, valueOf: 2 },
  {
    toString() {
      throw new Error('even that');
    },
  },
  new Date(Number.NaN),
  [null],
  { message: 'looks like an error', name: 'Error', code: 'CODE' },
];

/** Members of an error that anybody may have overwritten. */
const MEMBERS = ['name', 'message', 'stack', 'code', 'cause', '$metadata', '$retryable', '$fault', 'CancellationReasons', 'retryAfterMs'];

/** Something thrown: mostly what an SDK client throws, with a member that is not what it should be. */
export function drawThrown(choices: Choices): unknown {
  switch (choices.below(6)) {
    case 0:
      return choices.pick(ODD);
    case 1:
      return Object.assign(new Error('spoiled'), { [choices.pick(MEMBERS)]: choices.pick(ODD) });
    case 2:
      return new Error(choices.pick(HOSTILE_TEXTS), { cause: choices.oneIn(2) ? choices.pick(ODD) : circular() });
    case 3:
      return choices.oneIn(2)
        ? new Permanent(choices.pick(HOSTILE_TEXTS), { code: choices.pick(HOSTILE_TEXTS) })
        : Object.assign(new Transient('later'), {
            retryAfterMs: choices.pick([0, -1, 5_000, Number.NaN, Number.POSITIVE_INFINITY, '7', null]),
          });
    default:
      return Object.assign(new Error(choices.pick(HOSTILE_TEXTS)), {
        name: choices.pick(NAMES),
        $fault: choices.pick([undefined, 'client', 'server', 7]),
        $metadata: choices.oneIn(8) ? choices.pick(ODD) : { httpStatusCode: choices.pick(STATUSES) },
        $retryable: choices.pick([undefined, { throttling: true }, {}, null, true]),
        CancellationReasons: choices.pick(REASONS),
      });
  }
}

function circular(): Error {
  const error = new Error('its own cause');
  error.cause = error;
  return error;
}

export const awsFailures: FuzzedParser = {
  name: 'errors of AWS calls',
  file: 'retry/aws-failure.ts',
  verdicts: membersOf<AwsFailure>({ throttled: true, ambiguous: true, rejected: true, denied: true }),
  draw: drawThrown,
  read(thrown) {
    must(typeof errorName(thrown) === 'string', 'an error has a name');
    const result = readError(thrown);
    must(typeof result.code === 'string' && typeof result.message === 'string', 'a failed result has a code and a message');
    return awsFailure(thrown);
  },
};

/** What several errors of other libraries say in words of their own. */
const SIGNS = ['CONDITION_FAILED', 'TIMEOUT'];

export const thrownValues: FuzzedParser = {
  name: 'values that handlers throw',
  file: 'retry/classify.ts',
  verdicts: membersOf<FailureKind>({ permanent: true, transient: true, busy: true }),
  draw: drawThrown,
  read(thrown) {
    const { kind, code, retryAfterMs = 0 } = classify(thrown);
    must(code === codeOf(thrown) || SIGNS.includes(code), 'a failure has a code');
    must(retryAfterMs >= 0, `one can wait for ${retryAfterMs} ms`);
    const text = errorText(thrown);
    must(typeof text === 'string' && text.length <= 500 && text.isWellFormed(), 'a log line takes its text');
    return kind;
  },
};
