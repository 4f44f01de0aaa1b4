import { afterEach, expect, test, vi } from 'vitest';
import { createMappingStop } from '../../lib/consumer/consumer.pausing.ts';
import { sleep } from '../../lib/core/clock.ts';
import { createPausing } from '../../lib/runtime/create-pausing.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';

const QUEUE = 'arn:aws:sqs:eu-west-1:111111111111:orders';
const mappingOf = (UUID: string, name: string) => ({ UUID, FunctionArn: `arn:aws:lambda:eu-west-1:111111111111:function:${name}` });
const refusal = (name: string) => Object.assign(new Error(name), { name, $fault: 'client' });

afterEach(() => void vi.unstubAllEnvs());

/** A stop over clients that note what they are sent and when, and answer as they are told; chance is always the same. */
function stopWith(answers: Readonly<Record<string, () => unknown>> = {}, chance = 0.5) {
  const calls: { action: string; input: Record<string, unknown> }[] = [];
  const times: number[] = [];
  const client = {
    async send(command: object) {
      const action = command.constructor.name.replace(/Command$/, '');
      times.push(clock.now());
      calls.push({ action, input: (command as { input: Record<string, unknown> }).input });
      const answer = await answers[action]?.();
      if (answer instanceof Error) throw answer;
      return answer ?? { EventSourceMappings: [mappingOf('other', 'audit'), mappingOf('own', 'charge-card:live')] };
    },
  };
  const clock = createVirtualClock({ next: () => 0.5 });
  const stop = createMappingStop({
    ...{ lambda: client as never, scheduler: client as never, clock, rng: { next: () => chance } },
    ...{
      queueArn: QUEUE,
      functionName: 'charge-card',
      scheduleName: 'shop-charge-card-resume',
      roleArn: 'arn:aws-cn:iam::111111111111:role/resume',
    },
  });
  const stopFor = async (ms: number, options: { readonly until?: number } = {}) => {
    const stopped = stop.stopUntil(clock.now() + ms, options);
    await Promise.all([stopped, clock.run(clock.now() + 60_000)]);
  };
  return { calls, times, clock, stopFor, actions: () => calls.map(({ action }) => action) };
}

test('first comes the schedule that enables the mapping of this function again, then the mapping is disabled', async () => {
  const { calls, stopFor, clock } = stopWith();
  const time = clock.now() + 900_000;
  await stopFor(900_000);
  expect(calls).toEqual([
    { action: 'ListEventSourceMappings', input: { EventSourceArn: QUEUE } },
    {
      action: 'CreateSchedule',
      input: {
        Name: 'shop-charge-card-resume',
        ScheduleExpression: 'rate(5 minutes)',
        StartDate: new Date(time),
        EndDate: new Date(time + 16 * 60_000),
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'NONE',
        Target: {
          Arn: 'arn:aws-cn:scheduler:::aws-sdk:lambda:updateEventSourceMapping',
          RoleArn: 'arn:aws-cn:iam::111111111111:role/resume',
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
          Input: '{"Uuid":"own","Enabled":true}',
        },
      },
    },
    { action: 'UpdateEventSourceMapping', input: { UUID: 'own', Enabled: false } },
  ]);
});

test('processes that pause together ask one after the other within a second, and in half of what is left where that is less', async () => {
  const waited = async (chance: number, leftMs?: number) => {
    const { clock, stopFor, times } = stopWith({}, chance);
    const began = clock.now();
    await stopFor(900_000, leftMs === undefined ? {} : { until: began + leftMs });
    return (times[0] ?? 0) - began;
  };
  expect([await waited(0), await waited(0.25), await waited(0.75)]).toEqual([0, 250, 750]);
  expect([await waited(0.5, 400), await waited(0.5, 0)]).toEqual([100, 0]);
});

test('the mapping is looked for once, and asked for again after it could not be found', async () => {
  const { actions, stopFor } = stopWith();
  await stopFor(900_000);
  await stopFor(900_000);
  expect(actions().filter((action) => action === 'ListEventSourceMappings')).toHaveLength(1);
  const none = stopWith({ ListEventSourceMappings: () => ({ EventSourceMappings: [mappingOf('other', 'audit')] }) });
  await expect(none.stopFor(900_000)).rejects.toMatchObject({ code: 'CONSUMER_CONFIG' });
  await expect(none.stopFor(900_000)).rejects.toThrow(/no event source mapping leads from .*orders to the function charge-card/);
  expect(none.actions()).toEqual(['ListEventSourceMappings', 'ListEventSourceMappings']);
});

test('a schedule that is there is moved; one that goes in that moment is made anew', async () => {
  const moved = stopWith({ CreateSchedule: () => refusal('ConflictException') });
  await moved.stopFor(900_000);
  expect(moved.actions()).toEqual(['ListEventSourceMappings', 'CreateSchedule', 'UpdateSchedule', 'UpdateEventSourceMapping']);
  let tries = 0;
  const ended = stopWith({
    CreateSchedule: () => (++tries === 1 ? refusal('ConflictException') : undefined),
    UpdateSchedule: () => refusal('ResourceNotFoundException'),
  });
  await ended.stopFor(900_000);
  expect(ended.actions()).toEqual([
    'ListEventSourceMappings',
    'CreateSchedule',
    'UpdateSchedule',
    'CreateSchedule',
    'UpdateEventSourceMapping',
  ]);
});

test('without the schedule the mapping stays enabled', async () => {
  const { stopFor, actions } = stopWith({ CreateSchedule: () => refusal('AccessDeniedException') });
  await expect(stopFor(900_000)).rejects.toThrow('AccessDeniedException');
  expect(actions()).not.toContain('UpdateEventSourceMapping');
});

test('a pause under a minute, or one that has nearly ended once its schedule is there, stops nothing', async () => {
  const short = stopWith();
  await short.stopFor(59_000);
  expect(short.calls).toEqual([]);
  const late = stopWith({ CreateSchedule: () => sleep(late.clock, 40_000) });
  await late.stopFor(65_000);
  expect(late.actions()).toEqual(['ListEventSourceMappings', 'CreateSchedule']);
});

test('a process that was frozen once it had its schedule stops nothing: a shorter pause may have ended meanwhile, and taken the schedule', async () => {
  const frozen = stopWith({ CreateSchedule: () => sleep(frozen.clock, 40_000) });
  await frozen.stopFor(3_600_000);
  expect(frozen.actions()).toEqual(['ListEventSourceMappings', 'CreateSchedule']);
});

test('in a deployed function it takes everything from the environment, and says what is missing elsewhere', async () => {
  expect(() => createPausing()).toThrowError(expect.objectContaining({ code: 'ENV_MISSING' }));
  expect(() => createPausing()).toThrow(/a Consumer or CommandQueue that is pausable/);
  vi.stubEnv('POSTHASTE_PAUSED_QUEUE', QUEUE);
  vi.stubEnv('POSTHASTE_RESUME_SCHEDULE', 'resume');
  vi.stubEnv('POSTHASTE_RESUME_ROLE', 'arn:aws:iam::111111111111:role/resume');
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'charge-card');
  const inputs: unknown[] = [];
  const client = {
    async send({ input }: { input: unknown }) {
      inputs.push(input);
      return { EventSourceMappings: [mappingOf('own', 'charge-card')] };
    },
  };
  await createPausing({ lambda: client as never, scheduler: client as never, rng: { next: () => 0 } }).stopUntil(Date.now() + 900_000);
  expect(inputs).toMatchObject([{ EventSourceArn: QUEUE }, { Name: 'resume' }, { UUID: 'own', Enabled: false }]);
  expect(createPausing()).toHaveProperty('stopUntil');
});
