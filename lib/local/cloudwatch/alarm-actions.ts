import { AwsError, type Json } from '../aws.ts';
import { type Alarm, type AlarmState, describeAlarm, evaluate, isComparison } from './alarm.ts';
import { type Action, addTags, invalid, missing, texts, type World } from './cloudwatch-world.ts';

/** Brings every alarm's state up to now and answers those that changed. */
export function refresh(world: World): readonly Alarm[] {
  world.collect?.();
  return [...world.alarms.values()].filter((alarm) => {
    const verdict = evaluate(alarm, world.store, world.clock.now());
    return verdict !== undefined && transition(world, alarm, verdict);
  });
}

function transition({ clock, onChange }: World, alarm: Alarm, { state, reason }: { state: AlarmState; reason: string }): boolean {
  const before = alarm.state;
  if (before === state) return false;
  Object.assign(alarm, { state, reason, stateUpdated: clock.now() });
  onChange?.({ alarm, before });
  return true;
}

function putAlarm(world: World, input: Json): Json {
  const name = String(input['AlarmName'] ?? '');
  if (name === '') throw missing('AlarmName');
  if (!isComparison(input['ComparisonOperator']))
    throw invalid(`The comparison operator ${String(input['ComparisonOperator'])} is not supported.`);
  if (!(Number(input['EvaluationPeriods']) >= 1)) throw missing('EvaluationPeriods');
  if (Number(input['DatapointsToAlarm'] ?? 1) > Number(input['EvaluationPeriods']))
    throw invalid('DatapointsToAlarm must not be greater than EvaluationPeriods.');
  const before = world.alarms.get(name);
  const now = world.clock.now();
  const arn = `arn:aws:cloudwatch:${world.place.region}:${world.place.accountId}:alarm:${name}`;
  world.alarms.set(name, {
    name,
    arn,
    input,
    updated: now,
    state: before?.state ?? 'INSUFFICIENT_DATA',
    reason: before?.reason ?? 'Unchecked: Initial alarm creation',
    stateUpdated: before?.stateUpdated ?? now,
    actionsEnabled: input['ActionsEnabled'] !== false,
  });
  if (before === undefined) addTags(world, arn, input['Tags']);
  return {};
}

function describeAlarms(world: World, input: Json): Json {
  refresh(world);
  const names = input['AlarmNames'] === undefined ? undefined : texts(input['AlarmNames']);
  const prefix = String(input['AlarmNamePrefix'] ?? '');
  const found = [...world.alarms.values()].filter(
    ({ name, state }) =>
      (names === undefined || names.includes(name)) && name.startsWith(prefix) && (input['StateValue'] ?? state) === state,
  );
  const start = Number(input['NextToken'] ?? 0);
  const end = start + Number(input['MaxRecords'] ?? 50);
  const MetricAlarms = found.slice(start, end).map(describeAlarm);
  return { MetricAlarms, CompositeAlarms: [], ...(end < found.length && { NextToken: String(end) }) };
}

function describeAlarmsForMetric(world: World, input: Json): Json {
  refresh(world);
  const same = ({ input: own }: Alarm) => own['Namespace'] === input['Namespace'] && own['MetricName'] === input['MetricName'];
  return { MetricAlarms: [...world.alarms.values()].filter(same).map(describeAlarm) };
}

function setAlarmState(world: World, input: Json): Json {
  const alarm = world.alarms.get(String(input['AlarmName']));
  if (alarm === undefined)
    throw new AwsError('ResourceNotFound', `The alarm ${String(input['AlarmName'])} does not exist.`, { status: 404 });
  transition(world, alarm, { state: input['StateValue'] as AlarmState, reason: String(input['StateReason'] ?? '') });
  return {};
}

const setActions =
  (isEnabled: boolean) =>
  (world: World, input: Json): Json => {
    for (const name of texts(input['AlarmNames'])) {
      const alarm = world.alarms.get(name);
      if (alarm !== undefined) alarm.actionsEnabled = isEnabled;
    }
    return {};
  };

/** Actions on alarms. */
export const ALARM_ACTIONS: Readonly<Record<string, Action>> = {
  PutMetricAlarm: putAlarm,
  DescribeAlarms: describeAlarms,
  DescribeAlarmsForMetric: describeAlarmsForMetric,
  DeleteAlarms(world, input) {
    for (const name of texts(input['AlarmNames'])) world.alarms.delete(name);
    return {};
  },
  SetAlarmState: setAlarmState,
  EnableAlarmActions: setActions(true),
  DisableAlarmActions: setActions(false),
};
