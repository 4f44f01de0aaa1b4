import { expect, test } from 'vitest';
import { callerFile, replayCommand } from '../../../lib/simulation/subject/replay-line.ts';

const PLAN = 'ship-order/1/calm/';

test('the command is that of the runner that is running', () => {
  const command = (env: NodeJS.ProcessEnv) => replayCommand(PLAN, 'test/ship.test.ts', env);
  expect(command({ VITEST: 'true' })).toBe("POSTHASTE_REPLAY='ship-order/1/calm/' npx vitest run test/ship.test.ts");
  expect(command({ JEST_WORKER_ID: '1' })).toBe("POSTHASTE_REPLAY='ship-order/1/calm/' npx jest test/ship.test.ts");
  expect(command({ NODE_TEST_CONTEXT: 'child-v8' })).toBe("POSTHASTE_REPLAY='ship-order/1/calm/' node --test test/ship.test.ts");
  expect(command({})).toBe("POSTHASTE_REPLAY='ship-order/1/calm/' node test/ship.test.ts");
});

test('the test file is the first place on the stack outside of this library and of packages', () => {
  const library = new URL('../../../lib/simulation/subject/exactly-once.ts', import.meta.url);
  const stackTo = (place: string) =>
    ['Error', `    at searchSubject (${library}:70:3)`, `    at run (${process.cwd()}/node_modules/runner/index.js:1:1)`, place].join('\n');
  expect(callerFile(stackTo(`    at ${process.cwd()}/test/ship.test.ts:4:9`))).toBe('test/ship.test.ts');
  expect(callerFile(stackTo(`    at async Object.fn (file://${process.cwd()}/test/ship.test.ts?v=2:4:9)`))).toBe('test/ship.test.ts');
  expect(callerFile(stackTo('    at node:internal/modules/esm/module_job:439:25'))).toBeUndefined();
  expect(callerFile()).toBe('test/simulation/subject/replay-line.test.ts');
});
