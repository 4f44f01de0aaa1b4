import { type CfnQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { isPosthasteError } from '../../lib/core/errors.ts';
import { finalProperties } from '../../lib/infra/final-properties.ts';
import { NAME_RULES, physicalName } from '../../lib/infra/names.ts';
import { enforce, enforceAtSynth, type Rule, requireProps, violationsOf } from '../../lib/infra/rules.ts';
import { testStack } from './fixtures/stack.ts';

const RULES: readonly Rule<{ readonly size: number }>[] = [
  { when: ({ size }) => size > 10, message: ({ size }) => `size is ${size}; at most 10 fit: lower it` },
  { when: ({ size }) => size % 2 === 1, message: ({ size }) => `size is ${size}; it must be even: add one` },
];

describe('a rule table', () => {
  test('says nothing about facts that keep every rule', () => {
    expect(violationsOf(RULES, { size: 10 })).toEqual([]);
  });

  test('throws one error that names the construct and lists everything wrong with it', () => {
    const stack = testStack();
    let caught: unknown;
    try {
      enforce(stack, RULES, { size: 11 });
    } catch (error) {
      caught = error;
    }
    expect(isPosthasteError(caught, 'CONFIGURATION_INVALID')).toBe(true);
    expect((caught as Error).message).toBe('test: size is 11; at most 10 fit: lower it\ntest: size is 11; it must be even: add one');
  });

  test('asks for what a construct needs by its name, where no compiler did', () => {
    const props: { readonly size?: number; readonly colour?: string } = { size: 1 };
    expect(() => requireProps(testStack(), props, ['size', 'colour'])).toThrow('test: colour is not given; needed are size, colour');
    expect(() => requireProps<typeof props>(testStack(), undefined, ['size', 'colour'])).toThrow('size, colour are not given');
    expect(() => requireProps(testStack(), props, ['size'])).not.toThrow();
  });

  test('is asked again at synth, when a value may have been changed through the resource', () => {
    const stack = testStack();
    const queue = new Queue(stack, 'queue');
    const resource = queue.node.defaultChild as CfnQueue;
    enforceAtSynth(queue, RULES, () => ({ size: Number(finalProperties(resource)['DelaySeconds'] ?? 0) }));
    expect(() => stack.node.root.node.findAll().flatMap((construct) => construct.node.validate())).not.toThrow();
    resource.addPropertyOverride('DelaySeconds', 12);
    expect(queue.node.validate()).toEqual(['test/queue: size is 12; at most 10 fit: lower it']);
  });
});

describe('a physical name', () => {
  test('is the stack and the name, with its suffix', () => {
    expect(physicalName(testStack(), 'ship-order', { max: 64, suffix: '.fifo' })).toBe('test-ship-order.fifo');
  });

  test('never exceeds the limit of its service, and stays different for different names', () => {
    const long = ['a', 'b'].map((end) => physicalName(testStack(), `${'x'.repeat(60)}${end}`, { max: 64 }));
    expect(long.map((name) => name.length)).toEqual([64, 64]);
    expect(new Set(long).size).toBe(2);
  });

  test.each(['Orders', 'orders_placed', '1st', 'a--b', '', 'x'.repeat(49)])('cannot come from the logical name "%s"', (name) => {
    expect(violationsOf(NAME_RULES, { name })).toHaveLength(1);
  });
});
