import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, test } from 'vitest';
import { CommandQueue, Consumer, EventTopic, Inbox, Outbox } from '../../lib/constructs.ts';
import { definition, ENTRY, resources, SOMEWHERE, testApp } from './fixtures/stack.ts';

const Placed = definition('event', 'orders.order-placed', ['orders']);
const Ship = definition('command', 'orders.ship-order', ['ship-order']);

/** Everything that takes a key, in one stack, under a key of the same or of another. */
function encryptedWith(keyStack: (own: Stack) => Stack): { readonly own: Stack; readonly keys: Stack } {
  const own = new Stack(testApp({ context: { 'aws:cdk:bundling-stacks': [] } }), 'test', SOMEWHERE);
  const keys = keyStack(own);
  const encryptionKey = new Key(keys, 'key', { enableKeyRotation: true });
  const topic = new EventTopic(own, 'orders', { encryptionKey });
  const inbox = new Inbox(own, 'inbox', { encryptionKey });
  const outbox = new Outbox(own, 'outbox', { destinations: [topic], encryptionKey });
  new Consumer(own, 'bill-order', { topic, handles: [Placed], entry: ENTRY, inbox, outbox, encryptionKey });
  outbox.addDestination(new CommandQueue(own, 'ship-order', { handles: [Ship], entry: ENTRY, inbox, encryptionKey }));
  return { own, keys };
}

describe('one customer managed key', () => {
  test('can encrypt a topic, the queue that subscribes to it, and every table', () => {
    const { own } = encryptedWith((stack) => stack);
    // Rendering refuses resources that wait for each other.
    expect(() => Template.fromStack(own)).not.toThrow();
  });

  test('can be of another stack, whose key names the topic without waiting for it', () => {
    const { own, keys } = encryptedWith((stack) => new Stack(stack.node.scope as Stack, 'keys', SOMEWHERE));
    expect(() => Template.fromStack(own)).not.toThrow();
    expect(JSON.stringify(resources(keys, 'AWS::KMS::Key')[0])).toContain(':sns:eu-west-1:111111111111:test-orders"');
  });
});
