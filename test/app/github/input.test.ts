import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exampleDeliveries, readDeliveries } from '../../../lib/app/github/demo/input.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'posthaste-input-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const read = async (path: string) =>
  (await readDeliveries(path)).map(({ event, origin, body }) => [origin, event, Buffer.from(body).toString()]);

test('the examples are 329 deliveries of 58 events, each with an id of its own that stays the same', () => {
  const deliveries = exampleDeliveries();
  expect(deliveries).toHaveLength(329);
  expect(new Set(deliveries.map(({ event }) => event)).size).toBe(58);
  expect(new Set(deliveries.map(({ id }) => id)).size).toBe(329);
  expect(exampleDeliveries().map(({ id }) => id)).toEqual(deliveries.map(({ id }) => id));
});

describe('JSON lines', () => {
  test('name their event, may name their delivery, and are told by their line', async () => {
    const path = write(
      'events.jsonl',
      '{"event":"push","payload":{"a":1}}\r\n\n{"name":"issues","payload":[],"delivery":"d-1"}\n{"event":"star","payload":null,"id":"d-2"}',
    );
    expect(await read(path)).toEqual([
      ['events.jsonl:1', 'push', '{"a":1}'],
      ['events.jsonl:3', 'issues', '[]'],
      ['events.jsonl:4', 'star', 'null'],
    ]);
    expect((await readDeliveries(path)).map(({ id }) => id).slice(1)).toEqual(['d-1', 'd-2']);
  });

  test('that are broken stay as broken as they are, byte for byte', async () => {
    const broken = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    const path = write('push.ndjson', Buffer.concat([broken, Buffer.from('\n{"event":"push","payload":{\n')]));
    const [first, second] = await readDeliveries(path);
    expect(Buffer.from(first?.body ?? []).equals(broken)).toBe(true);
    expect(Buffer.from(second?.body ?? []).toString()).toBe('{"event":"push","payload":{');
  });
});

describe('a folder', () => {
  test('is read with its subfolders in one order; files are named after their events, others are told by their members', async () => {
    write('push.json', '{"ref":"x"}');
    write('more/issues.opened.json', '{"action":"opened"}');
    write('more/whatever.json', '{"issue":{"number":1}}');
    write('more/nothing.json', '{"unheard":"of"}');
    write('note.txt', 'not read');
    expect((await read(folder)).map(([origin, event]) => [origin, event])).toEqual([
      ['more/issues.opened.json', 'issues'],
      ['more/nothing.json', 'nothing'],
      ['more/whatever.json', 'issues'],
      ['push.json', 'push'],
    ]);
  });

  test("may hold octokit's example sets", async () => {
    write('index.json', JSON.stringify([{ name: 'star', examples: [{ a: 1 }, { a: 2 }] }]));
    expect(await read(folder)).toEqual([
      ['index.json:star#0', 'star', '{"a":1}'],
      ['index.json:star#1', 'star', '{"a":2}'],
    ]);
  });
});

test('equal payloads at different places are different deliveries', async () => {
  const path = write('twice.jsonl', '{"event":"push","payload":{}}\n{"event":"push","payload":{}}\n');
  const [first, second] = await readDeliveries(path);
  expect(first?.id).not.toBe(second?.id);
});

test('a path that cannot be read, or holds nothing, is refused with what would work', async () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  for (const path of [join(folder, 'missing'), empty, write('empty.jsonl', '\n\n')]) {
    await expect(readDeliveries(path)).rejects.toThrow(
      expect.objectContaining({ code: 'INPUT_UNREADABLE', message: expect.stringMatching(/JSON lines/) }),
    );
  }
});
