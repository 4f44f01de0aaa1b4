/** The embedded AWS: what `posthaste/local` exports. */

export type { Demo, DemoResult, DemoRun } from './cli/demo.ts';
export type { DevArguments } from './cli/dev.arguments.ts';
export { type DevOptions, dev } from './cli/dev.ts';
export { type Terminal, table } from './cli/terminal.ts';
export { type Aws, AwsError, type AwsRequest, type Caller, DEVELOPER, type Json, type Place, type ServiceName } from './local/aws.ts';
export { CHAOS_KINDS, type Chaos, type ChaosKind, type ChaosReport } from './local/chaos.ts';
export { type LocalAws, type LocalAwsOptions, startLocalAws } from './local/local-aws.ts';
export type { AlarmEvent } from './local/monitoring.ts';
export type { PeekedMessage } from './local/sqs/sqs.ts';
export type { MetricTotal, Statistics } from './local/statistics.ts';
