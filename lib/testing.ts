/**
 * The simulator: what `posthaste/testing` exports. The embedded AWS under virtual time, with a fault at any call, from one seed.
 * Handlers run unmodified, on clients that the world's processes give them.
 */
export type { QueueRecord } from './consumer/consumer.event.ts';
export type { ConsumerInbox, Visibility } from './consumer/consumer.ports.ts';
export { createRng, type Rng } from './core/rng.ts';
export type { FailureStatus } from './dlq/failure.ts';
export type { OutboxStore } from './outbox/outbox.ts';
export type { AwsFailure } from './retry/aws-failure.ts';
export type { DeadLetter, DeadLetters } from './retry/dead-letter.ts';
export { type Accounts, checkConservation, checkOrder, type KeptMessage, type Violation } from './simulation/conservation.ts';
export { inboxContract } from './simulation/contracts/inbox-contract.ts';
export type { InboxFeature, InboxInstance } from './simulation/contracts/inbox-instance.ts';
export { type LossyClient, lossyClient } from './simulation/contracts/lossy-client.ts';
export { outboxContract } from './simulation/contracts/outbox-contract.ts';
export type { OutboxFeature, OutboxInstance } from './simulation/contracts/outbox-instance.ts';
export { queueContract } from './simulation/contracts/queue-contract.ts';
export type { QueueFeature, QueueInstance, QueueMessage } from './simulation/contracts/queue-instance.ts';
export {
  type ContractCase,
  type ContractOptions,
  type ContractReport,
  type ContractWorld,
  runContract,
} from './simulation/contracts/suite.ts';
export { type ContractTime, virtualTime } from './simulation/contracts/time.ts';
export { topicContract } from './simulation/contracts/topic-contract.ts';
export type { Arrival, ContractSubscriber, TopicFeature, TopicInstance } from './simulation/contracts/topic-instance.ts';
export {
  type Call,
  FAULT_KINDS,
  type FaultKind,
  type FaultSource,
  faultAt,
  noFaults,
  randomFaults,
} from './simulation/fault.ts';
export { formatFault, type PlannedFault, parseFault, plannedFaults } from './simulation/fault-plan.ts';
export type { SimContext, SimFunction, SimFunctions, SimHandler } from './simulation/functions.ts';
export type { History, HistoryEvent } from './simulation/history.ts';
export type { SimClient, SimProcess } from './simulation/process.ts';
export { type Spy, SpyError, type SpyFilter, type SpyPlace, type SpyWindow } from './simulation/spy.ts';
export {
  type ExactlyOnceOptions,
  expectExactlyOnce,
  type SubjectReport,
  type SweepFaultsOptions,
  sweepFaults,
} from './simulation/subject/exactly-once.ts';
export type { SubjectOptions } from './simulation/subject/experiment.ts';
export { type DeliveryOutcome, type DeliveryResult, type Expectations, type Given, given, type When } from './simulation/subject/given.ts';
export { type SimulateOptions, type Simulation, simulate } from './simulation/subject/simulate.ts';
export {
  NotExactlyOnceError,
  SubjectConfigError,
  SubjectInactiveError,
  SubjectUnstableError,
} from './simulation/subject/subject.errors.ts';
export type { CompareOptions, DeployOptions, Subject, SubjectCode, SubjectHandler, SubjectProcess } from './simulation/subject/subject.ts';
export type { DeadMessage, PublishedMessage, SubjectView } from './simulation/subject/subject-view.ts';
export { type Delivered, message, type TestMessage, type TestMessageFields } from './simulation/subject/test-message.ts';
export { CALM, drawSwarm, formatSwarm, parseSwarm, SWARM_FEATURES, type Swarm, type SwarmFeature } from './simulation/swarm.ts';
export { createVirtualClock, type VirtualClock } from './simulation/virtual-clock.ts';
export { type ChaosProxy, type ChaosProxyOptions, startChaosProxy } from './simulation/wire/chaos-proxy.ts';
export {
  type PlannedWireFault,
  plannedWireFaults,
  randomWireFaults,
  WIRE_KINDS,
  type WireFaultKind,
  type WireFaultSource,
} from './simulation/wire/wire-fault.ts';
export { createWorld, type World, type WorldOptions } from './simulation/world.ts';
export type { Sender } from './topic/deliver.ts';
export type { Destination, Parcel } from './topic/destination.ts';
export type { SendResult } from './topic/send-result.ts';
