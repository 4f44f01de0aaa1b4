import type { AwsFailure } from '../../../lib/retry/aws-failure.ts';
import { type BatchAnswer, readBatch } from '../../../lib/topic/send-result.ts';
import { type FuzzedParser, membersOf, must } from '../fuzz.ts';

const COUNT = 3;
const IDS: readonly unknown[] = [
  '0',
  '1',
  '2',
  '3',
  '-1',
  '1.5',
  '',
  ' ',
  '00',
  '1e0',
  '0x1',
  'NaN',
  'length',
  '__proto__',
  '4294967295',
  undefined,
];
const CODES: readonly unknown[] = [
  'ThrottlingException',
  'InvalidParameter',
  'AuthorizationError',
  'InternalFailure',
  'NotFound',
  '',
  undefined,
];
const LISTS: readonly unknown[] = [undefined, []];

export const batchAnswers: FuzzedParser<BatchAnswer> = {
  name: 'answers to batches',
  file: 'topic/send-result.ts',
  verdicts: membersOf<AwsFailure | 'sent'>({ sent: true, throttled: true, ambiguous: true, rejected: true, denied: true }),
  draw(choices) {
    const entries = (failed: boolean): unknown =>
      choices.oneIn(12)
        ? choices.pick(LISTS)
        : Array.from({ length: choices.below(4) }, () => ({
            Id: choices.oneIn(2) ? '0' : choices.pick(IDS),
            ...(failed
              ? {
                  Code: choices.pick(CODES),
                  Message: choices.pick(['wrong', 'Invalid parameter: TopicArn', undefined]),
                  SenderFault: choices.pick([true, false, undefined]),
                }
              : { MessageId: choices.pick(['service-1', undefined]) }),
          }));
    return { Successful: entries(false), Failed: entries(true) } as BatchAnswer;
  },
  read(answer) {
    const results = readBatch(answer, COUNT);
    must(results.length === COUNT && Object.keys(results).length === COUNT, 'every entry has one result, and nobody else has');
    for (const result of results)
      must(result.status === 'sent' || (typeof result.code === 'string' && result.code !== ''), 'a failure has a code');
    for (const [index, result] of results.entries()) {
      const named = (answer.Successful ?? []).some((entry) => entry.Id === String(index));
      must(result.status !== 'sent' || named, 'only what the answer names as sent is sent');
    }
    const [first] = results;
    return first?.status === 'sent' ? 'sent' : String(first?.failure);
  },
};
