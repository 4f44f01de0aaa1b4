import { describe, expect, test } from 'vitest';
import type { Item } from '../../../lib/local/dynamodb/attribute-value.ts';
import { benchWithTable } from './dynamodb-harness.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function expiring() {
  const bench = benchWithTable({ hashOnly: true, stream: 'NEW_AND_OLD_IMAGES' });
  bench.call('UpdateTimeToLive', { TableName: 'things', TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true } });
  const inMs = (ms: number): Item[string] => ({ N: String((bench.clock.now() + ms) / 1000) });
  const pks = () =>
    bench.db.dynamodb
      .scanTable('things')
      .map((item) => item['pk']?.S)
      .toSorted();
  return { ...bench, inMs, pks };
}

describe('time to live', () => {
  test('deletes an item some minutes after its expiry, and keeps it readable until then', () => {
    const { put, get, clock, inMs } = expiring();
    put('things', { pk: { S: 'a' }, expires: inMs(10 * MINUTE) });
    clock.advance(11 * MINUTE);
    expect(get('things', { pk: { S: 'a' } })).toBeDefined();
    clock.advance(MINUTE);
    expect(get('things', { pk: { S: 'a' } })).toBeUndefined();
    expect(clock.pending()).toBe(0);
  });

  test('signs its removals as the service', () => {
    const { put, clock, inMs, records, streamArn } = expiring();
    put('things', { pk: { S: 'a' }, expires: inMs(MINUTE) });
    clock.advance(5 * MINUTE);
    const [, removal] = records(streamArn).flat();
    expect(removal).toMatchObject({
      eventName: 'REMOVE',
      userIdentity: { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' },
      dynamodb: { OldImage: { pk: { S: 'a' } } },
    });
  });

  test('follows every write, in whatever order items expire', () => {
    const { call, put, clock, inMs, pks } = expiring();
    put('things', { pk: { S: 'late' }, expires: inMs(30 * DAY) });
    put('things', { pk: { S: 'soon' }, expires: inMs(MINUTE) });
    put('things', { pk: { S: 'extended' }, expires: inMs(MINUTE) });
    put('things', { pk: { S: 'freed' }, expires: inMs(MINUTE) });
    put('things', { pk: { S: 'gone' }, expires: inMs(MINUTE) });
    put('things', { pk: { S: 'extended' }, expires: inMs(DAY) });
    put('things', { pk: { S: 'freed' } });
    call('DeleteItem', { TableName: 'things', Key: { pk: { S: 'gone' } } });
    clock.advance(3 * MINUTE);
    expect(pks()).toEqual(['extended', 'freed', 'late']);
    clock.advance(DAY);
    expect(pks()).toEqual(['freed', 'late']);
    clock.advance(30 * DAY);
    expect(pks()).toEqual(['freed']);
  });

  test('ignores what is no number of seconds, and what expired over five years ago', () => {
    const { put, clock, inMs, pks } = expiring();
    put('things', { pk: { S: 'text' }, expires: { S: '1' } });
    put('things', { pk: { S: 'ancient' }, expires: inMs(-6 * 365 * DAY) });
    put('things', { pk: { S: 'milliseconds' }, expires: { N: String(clock.now()) } });
    put('things', { pk: { S: 'past' }, expires: inMs(-DAY) });
    clock.advance(10 * MINUTE);
    expect(pks()).toEqual(['ancient', 'milliseconds', 'text']);
  });

  test('takes the items that are there when it is switched on, and spares them when it is switched off', () => {
    const { call, put, clock, pks, refusal, db } = expiring();
    const specification = (Enabled: boolean, AttributeName = 'expires') => ({
      TableName: 'things',
      TimeToLiveSpecification: { AttributeName, Enabled },
    });
    expect(refusal('UpdateTimeToLive', specification(true)).message).toBe('TimeToLive is already enabled');
    put('things', { pk: { S: 'a' }, expires: { N: String(clock.now() / 1000) } });
    call('UpdateTimeToLive', specification(false));
    expect(refusal('UpdateTimeToLive', specification(false)).message).toBe('TimeToLive is already disabled');
    clock.advance(DAY);
    expect(pks()).toEqual(['a']);
    call('UpdateTimeToLive', specification(true));
    expect(call('DescribeTimeToLive', { TableName: 'things' })).toEqual({
      TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' },
    });
    clock.advance(1);
    expect(pks()).toEqual([]);
    put('things', { pk: { S: 'b' }, expires: { N: String(clock.now()) } });
    db.close();
    expect(clock.pending()).toBe(0);
  });
});
