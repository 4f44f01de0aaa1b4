import { AwsError, type Json } from '../aws.ts';
import { watchExpiry } from './commit.ts';
import { disarmExpiry } from './expiry-sweep.ts';
import { broken, flag, required, requiredText, shown, structure, tableName } from './fields.ts';
import { invalid } from './refusals.ts';
import { END } from './sorted-map.ts';
import type { Table } from './table.ts';
import { watchExpiries } from './time-to-live.ts';
import { describedTable, type World } from './world.ts';

/** DescribeTimeToLive. */
export function describeTimeToLive(world: World, input: Json): Json {
  const { expiry } = describedTable(world, tableName(input));
  return {
    TimeToLiveDescription: expiry ? { TimeToLiveStatus: 'ENABLED', AttributeName: expiry.attribute } : { TimeToLiveStatus: 'DISABLED' },
  };
}

/** UpdateTimeToLive. Takes effect at once, where AWS takes up to an hour. */
export function updateTimeToLive(world: World, input: Json): Json {
  const table = describedTable(world, tableName(input));
  const specification = structure(input, 'TimeToLiveSpecification');
  if (!specification) throw required('TimeToLiveSpecification');
  const attribute = requiredText(specification, 'AttributeName');
  if (attribute.length < 1 || attribute.length > 255) {
    throw broken(shown('timeToLiveSpecification.attributeName', attribute), 'Member must have length less than or equal to 255');
  }
  const enabled = flag(specification, 'Enabled');
  if (enabled) enable(world, table, attribute);
  else disable(world, table, attribute);
  return { TimeToLiveSpecification: { Enabled: enabled, AttributeName: attribute } };
}

function enable(world: World, table: Table, attribute: string): void {
  if (table.expiry?.attribute === attribute) throw invalid('TimeToLive is already enabled');
  if (table.expiry) throw invalid(`TimeToLive is active on a different AttributeName: current AttributeName is ${table.expiry.attribute}`);
  table.expiry = watchExpiries(attribute, table.rows.between('', END));
  watchExpiry(world, table);
}

function disable(world: World, table: Table, attribute: string): void {
  if (!table.expiry) throw invalid('TimeToLive is already disabled');
  if (table.expiry.attribute !== attribute) {
    throw invalid(`TimeToLive is active on a different AttributeName: current AttributeName is ${table.expiry.attribute}`);
  }
  disarmExpiry(world, table);
  table.expiry = undefined;
}

/** DescribeContinuousBackups. */
export function describeContinuousBackups(world: World, input: Json): Json {
  const table = world.tables.get(tableName(input));
  if (!table) throw tableNotFound(tableName(input));
  return { ContinuousBackupsDescription: backups(world, table) };
}

/** UpdateContinuousBackups: remembers the setting; there is nothing to restore locally. */
export function updateContinuousBackups(world: World, input: Json): Json {
  const table = world.tables.get(tableName(input));
  if (!table) throw tableNotFound(tableName(input));
  const specification = structure(input, 'PointInTimeRecoverySpecification');
  if (!specification) throw required('PointInTimeRecoverySpecification');
  const enabled = flag(specification, 'PointInTimeRecoveryEnabled');
  table.pointInTimeRecoverySince = enabled ? (table.pointInTimeRecoverySince ?? world.clock.now()) : undefined;
  return { ContinuousBackupsDescription: backups(world, table) };
}

function tableNotFound(name: string): AwsError {
  return new AwsError('TableNotFoundException', `Table not found: ${name}`);
}

function backups(world: World, table: Table): Json {
  const since = table.pointInTimeRecoverySince;
  const window =
    since === undefined
      ? {}
      : { RecoveryPeriodInDays: 35, EarliestRestorableDateTime: since / 1000, LatestRestorableDateTime: world.clock.now() / 1000 };
  return {
    ContinuousBackupsStatus: 'ENABLED',
    PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: since === undefined ? 'DISABLED' : 'ENABLED', ...window },
  };
}
