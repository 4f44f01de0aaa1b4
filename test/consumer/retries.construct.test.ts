import { Duration, type Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { Consumer, type ConsumerProps, EventTopic, Inbox } from '../../lib/constructs.ts';
import { rulesDigest } from '../../lib/consumer/rules-digest.ts';
import { defineEvent } from '../../lib/message/define.ts';
import { deadLetter, discard, pause, retry, retryNow } from '../../lib/retry/error-outcome.ts';
import { errorRule } from '../../lib/retry/error-rules.ts';
import { exponential, fixed, MESSAGE_RETRY } from '../../lib/retry/policy.ts';
import { actionsOf, definition, ENTRY, resources, statements, testStack } from '../infra/fixtures/stack.ts';

const Placed = definition('event', 'orders.order-placed', ['orders', 'orders-in-order'], ['country']);

function consume(props: Partial<ConsumerProps> = {}): Stack {
  const stack = testStack();
  const { ordered = false } = props;
  const topic = new EventTopic(stack, ordered ? 'orders-in-order' : 'orders', { fifo: ordered });
  new Consumer(stack, 'ship-order', { topic, handles: [Placed], entry: ENTRY, inbox: new Inbox(stack, 'inbox'), ...props });
  return stack;
}

const variables = (stack: Stack) =>
  (resources(stack, 'AWS::Lambda::Function')[0] as { Environment: { Variables: Record<string, unknown> } }).Environment.Variables;
const errors = [errorRule({ code: 'CARD_EXPIRED' }, deadLetter()), errorRule(RangeError, retry(fixed([60_000]), { attempts: 8 }))];

describe('a consumer', () => {
  test('prints its whole retry schedule at synth', () => {
    Annotations.fromStack(consume({ errors })).hasInfo(
      '/test/ship-order',
      Match.stringLikeRegexp(
        'Retry schedule of ship-order:\\n  1. code CARD_EXPIRED: to the dead-letter queue at once\\n  2. RangeError: again after 1 min',
      ),
    );
    Annotations.fromStack(consume()).hasInfo('/test/ship-order', Match.stringLikeRegexp('any failure: again after 0 s – 10 s'));
  });

  const HALF_HOUR = 1_800_000;
  test.each<[string, Partial<ConsumerProps>, string]>([
    ['of the default', {}, 'about 1,600 messages a second that fail at every attempt reach that'],
    ['of half an hour each', { retry: fixed([HALF_HOUR]) }, 'about 17 messages a second'],
    ['of a rule that waits longer', { errors: [errorRule(RangeError, retry(fixed([HALF_HOUR]), { attempts: 9 }))] }, 'about 8.3 messages'],
    ['that only begin in the queue', { retry: fixed([HALF_HOUR, 86_400_000]), maxAttempts: 3 }, 'about 67 messages a second'],
    ['that hold a key for as long as it fails', { ordered: true }, 'so many keys that fail reach that'],
  ])('says beside its schedule how many failures fill the queue with waits %s', (_, props, text) => {
    const line = Match.stringLikeRegexp(`at most about 120,000 messages of a queue: ${text}.*a rule that pauses holds none`);
    Annotations.fromStack(consume(props)).hasInfo('/test/ship-order', line);
  });

  test('says nothing of it where nothing waits', () => {
    const line = Match.stringLikeRegexp('in flight');
    Annotations.fromStack(consume({ maxAttempts: 1 })).hasNoInfo('/test/ship-order', line);
  });

  test('says in its schedule where rules of its code may change it', () => {
    const caveat = Match.stringLikeRegexp('error rules of its code are not known here');
    Annotations.fromStack(consume()).hasInfo('/test/ship-order', caveat);
    for (const known of [{ errors }, { errors: [] }]) Annotations.fromStack(consume(known)).hasNoInfo('/test/ship-order', caveat);
  });

  test.each<[string, Partial<ConsumerProps>, string]>([
    ['rules', { errors }, 'the same "errors"$'],
    ['rules that pause', { errors: [errorRule(TypeError, pause(1_000))] }, 'the same "errors" and "pausing: createPausing[(][)]"$'],
    ['waits of days', { retry: fixed([86_400_000]) }, '"longWaits: createLongWaits[(][)]"$'],
    [
      'all of them',
      { errors, pausable: true, longRetries: true },
      'the same "errors", "pausing: createPausing[(][)]", and "longWaits: createLongWaits[(][)]"$',
    ],
  ])('says beside its schedule what its code must be given for %s', (_, props, text) => {
    const line = Match.stringLikeRegexp(`\n  its code does not start unless it gives createConsumer ${text}`);
    Annotations.fromStack(consume(props)).hasInfo('/test/ship-order', line);
  });

  test.each<[string, Partial<ConsumerProps>]>([
    ['it has no rules', {}],
    ['it is said to have none', { errors: [] }],
    ['pauses and long waits are declined', { pausable: false, longRetries: false, retry: fixed([46_800_000]) }],
    ['long waits hold a key in the queue', { ordered: true, longRetries: false }],
  ])('says nothing of its code where %s', (_, props) => {
    Annotations.fromStack(consume(props)).hasNoInfo('/test/ship-order', Match.stringLikeRegexp('does not start unless'));
  });

  test('tells its function when to retry, as it was printed, and what rules were, if it knows them', () => {
    const policy = exponential({ baseMs: 1_000, capMs: 60_000 });
    expect(variables(consume({ errors, retry: policy }))).toMatchObject({
      POSTHASTE_RETRY: JSON.stringify(policy),
      POSTHASTE_ERRORS: rulesDigest(errors),
    });
    const bare = variables(consume());
    expect([bare['POSTHASTE_RETRY'], bare['POSTHASTE_ERRORS']]).toEqual([JSON.stringify(MESSAGE_RETRY), undefined]);
  });

  test('that is ordered warns of rules that leave a gap', () => {
    const gap = Match.stringLikeRegexp('discard, deadLetter: the key of such a message goes on without it');
    Annotations.fromStack(consume({ ordered: true, errors: [errorRule(TypeError, discard('no')), ...errors] })).hasWarning(
      '/test/ship-order',
      gap,
    );
    Annotations.fromStack(consume({ errors: [errorRule(TypeError, discard('no'))] })).hasNoWarning('/test/ship-order', Match.anyValue());
    Annotations.fromStack(consume({ ordered: true, errors: [errorRule(TypeError, retry())] })).hasNoWarning(
      '/test/ship-order',
      Match.anyValue(),
    );
  });
});

describe('a consumer that pauses', () => {
  const pauses = [errorRule({ code: 'BANK_CLOSED' }, pause(900_000))];

  test('may change its one mapping and its one schedule, and list mappings; the Scheduler may change that mapping', () => {
    const stack = consume({ errors: pauses });
    const [own] = statements(stack, 'shiporderworkerpausingpolicy');
    const mapping = JSON.stringify(own?.Resource);
    expect(mapping).toContain(':event-source-mapping:');
    expect(mapping).toMatch(/"Ref":"shiporderworkermapping\w+"/);
    expect(actionsOf(statements(stack, 'shiporderworkerpausingpolicy'))).toEqual([
      'iam:PassRole',
      'lambda:ListEventSourceMappings',
      'lambda:UpdateEventSourceMapping',
      'scheduler:CreateSchedule',
      'scheduler:UpdateSchedule',
    ]);
    expect(statements(stack, 'shiporderworkerpausingresumerole')).toEqual([own]);
    expect(JSON.stringify(resources(stack, 'AWS::IAM::Role'))).toContain(':schedule-group/default');
    expect(variables(stack)).toMatchObject({
      POSTHASTE_RESUME_SCHEDULE: 'test-ship-order-resume',
      POSTHASTE_PAUSED_QUEUE: expect.anything(),
    });
  });

  test.each([
    ['because a rule does', { errors: pauses }, true],
    ['because a rule does in the end', { errors: [errorRule(Error, retryNow(1, { orElse: pause(60_000) }))] }, true],
    ['because somebody says so', { pausable: true }, true],
    ['not if somebody says not', { errors: pauses, pausable: false }, false],
    ['not without reason', { errors }, false],
  ] as const)('stops deliveries %s', (_, props, stops) => {
    const stack = consume(props);
    expect('POSTHASTE_RESUME_SCHEDULE' in variables(stack)).toBe(stops);
    // One that no longer stops is enabled by its deployment: the schedule of a pause that is on has lost its role.
    const [mapping] = resources(stack, 'AWS::Lambda::EventSourceMapping');
    expect(mapping?.['Enabled']).toBe(stops ? undefined : true);
  });
});

describe('a consumer refuses', () => {
  test.each([
    [
      'a rule of more attempts than receives can bear',
      { errors: [errorRule(Error, retry(undefined, { attempts: 11 }))] },
      /allows 11 attempts with maxReceiveCount 100.*allow 10 at most/,
    ],
    [
      'a schedule that outlives its queue',
      { retry: fixed([43_200_000]), retention: Duration.days(2) },
      /spans up to 48.0 hours, but the queue keeps a message for 2 days/,
    ],
    [
      'a rule that outlives its queue',
      { longRetries: false, errors: [errorRule(Error, retry(fixed([86_400_000]), { attempts: 6 }))] },
      /spans up to 120.0 hours/,
    ],
    [
      'a pause that outlives its queue',
      { retention: Duration.hours(1), errors: [errorRule(Error, pause(3_600_000))] },
      /pauses for 1.0 hours, but the queue keeps a message for 1 hour;/,
    ],
    [
      'a rule behind one for every error',
      { errors: [errorRule({ code: 'A' }, retry()), errorRule(Error, retry()), errorRule(RangeError, deadLetter())] },
      /errors has a rule 3 \(RangeError\) that is never reached, for rule 2 \(Error\) matches all that it does: put it before that one/,
    ],
    [
      'a rule for a message that does not come',
      { errors: [errorRule({ code: 'A', type: 'orders.order-placd' }, deadLetter())] },
      /a rule for messages of type "orders.order-placd", which handles does not list; it would never match: correct the type/,
    ],
    [
      'a rule that nobody made',
      { errors: [{ code: 'A' } as never] },
      /errors has an object of code as rule 1; make each with errorRule\(match, outcome\)/,
    ],
    ['a policy that nobody made', { retry: { delays: [1] } as never }, /retry is an object of delays; it is a policy: make it with/],
    ['a delivery that nobody knows', { delivery: 'at-most-one' as never }, /delivery is 'at-most-one'; it is 'at-least-once' or/],
    ['an end that nobody knows', { onExhausted: 'drop' as never }, /onExhausted is 'drop'; it is 'deadLetter' or 'block'/],
    ['to go without an inbox', { inbox: undefined as never }, /inbox is undefined; without one, .*: give it "inbox: new Inbox/],
    [
      'an order of messages that declare no key',
      {
        ordered: true,
        handles: [defineEvent({ name: 'orders.order-noted', version: 1, schema: z.object({}), topics: ['orders-in-order'] })],
      },
      /ordered is true, but "orders.order-noted" in handles declares no key; .*: give its definition a "key"/,
    ],
    ['rules where nothing is tried again', { delivery: 'at-most-once', errors }, /delivery is "at-most-once" with "errors"/],
    ['a policy where nothing is tried again', { delivery: 'at-most-once', retry: fixed([1]) }, /delivery is "at-most-once" with "retry"/],
  ] as const)('%s', (_, props, message) => {
    expect(() => consume(props)).toThrowError(message);
    expect(() => consume(props)).toThrowError(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
  });

  test('nothing of what is just within', () => {
    expect(() => consume({ errors: [errorRule(Error, retry(undefined, { attempts: 10 }))] })).not.toThrow();
    const any = errorRule({ code: 'A', type: 'orders.order-paid' }, deadLetter());
    expect(() => consume({ handles: '*', errors: [errorRule({ type: Placed }, retry()), any] })).not.toThrow();
    expect(() => consume({ retry: fixed([43_199_000]), retention: Duration.days(2) })).not.toThrow();
    expect(() => consume({ errors: [errorRule(Error, pause(3_599_000))], retention: Duration.hours(1) })).not.toThrow();
  });
});
