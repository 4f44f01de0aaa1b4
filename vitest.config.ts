import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    env: { TZ: 'UTC', AWS_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true' },
    testTimeout: 30_000,
    // Every core: by itself vitest leaves one idle, which on a machine of two is half.
    maxWorkers: '100%',
  },
});
