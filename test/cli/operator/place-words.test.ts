import { expect, test } from 'vitest';
import type { Place } from '../../../lib/cli/operator/place.ts';
import { createCommandWriter } from '../../../lib/cli/operator/place-words.ts';

test.each<[Place, string]>([
  [{ kind: 'local', endpoint: 'http://127.0.0.1:4566', stack: undefined }, 'npx posthaste dlq list'],
  [{ kind: 'local', endpoint: 'http://127.0.0.1:4567', stack: 'shop' }, 'npx posthaste dlq list --stack shop --port 4567'],
  [{ kind: 'aws', stack: 'shop', region: undefined, profile: undefined }, 'npx posthaste dlq list --aws --stack shop'],
  [
    { kind: 'aws', stack: 'shop', region: 'eu-west-1', profile: "ada's own" },
    `npx posthaste dlq list --aws --stack shop --region eu-west-1 --profile 'ada'\\''s own'`,
  ],
])('a command for %j can be pasted', (place, command) => {
  expect(createCommandWriter(place, 'npx posthaste')('dlq list')).toBe(command);
});
