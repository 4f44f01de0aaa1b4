import { Token } from 'aws-cdk-lib';
import type { Rule } from '../infra/rules.ts';
import type { AnyMessageDefinition } from '../message/message.ts';
import type { IEventTopic } from '../topic/topic.construct.ts';
import { HANDLES_ALL } from './consumer.contract.ts';

/** The messages that a consumer handles: some, or whatever its topics carry. */
export type Handles = readonly AnyMessageDefinition[] | typeof HANDLES_ALL;

/** What the rules of a consumer's messages look at. */
export interface ConsumerFacts {
  readonly topics: readonly IEventTopic[];
  readonly handles: Handles;
  readonly ordered: boolean;
  /** Routing fields that the subscription filters on. */
  readonly where: readonly string[];
  /** Of how many conditions each of them is. */
  readonly conditions: readonly number[];
  /** The region of the consumer's own stack. */
  readonly region: string;
}

/** SNS allows five keys and 150 combinations of values in a filter policy (SNS developer guide, subscription filter policy constraints). */
const MAX_FILTER_NAMES = 150;
const MAX_FILTER_KEYS = 5;

const listOf = (handles: Handles): readonly AnyMessageDefinition[] => (handles === HANDLES_ALL ? [] : handles);
const quote = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
const topicNames = ({ topics }: ConsumerFacts) => quote(topics.map(({ destinationName }) => destinationName));
const standard = ({ topics }: ConsumerFacts) => topics.filter(({ fifo }) => !fifo);
const fifo = ({ topics }: ConsumerFacts) => topics.filter((topic) => topic.fifo);
const commands = ({ handles }: ConsumerFacts) => listOf(handles).filter(({ kind }) => kind === 'command');
const elsewhere = ({ handles, topics }: ConsumerFacts) =>
  listOf(handles).filter(
    ({ kind, destinations }) => kind === 'event' && !topics.some(({ destinationName }) => destinations.includes(destinationName)),
  );
const silent = ({ handles, topics }: ConsumerFacts) =>
  topics.filter(
    ({ destinationName }) => handles !== HANDLES_ALL && !handles.some(({ destinations }) => destinations.includes(destinationName)),
  );
const foreign = ({ topics, region }: ConsumerFacts) =>
  topics.filter(({ topic }) => !Token.isUnresolved(topic.env.region) && !Token.isUnresolved(region) && topic.env.region !== region);
const unrouted = ({ handles, where }: ConsumerFacts) =>
  listOf(handles).flatMap(({ name, routing }) => where.filter((field) => !(field in routing)).map((field) => `${name} has no "${field}"`));

/** What SNS counts: each name with each value of each field. */
const combinations = (facts: ConsumerFacts) =>
  Math.max(0, ...standard(facts).map((topic) => namesOn(topic, facts).size)) *
  facts.conditions.reduce((product, count) => product * count, 1);
const namesOn = ({ destinationName }: IEventTopic, { handles }: ConsumerFacts) =>
  new Set(listOf(handles).flatMap(({ name, destinations }) => (destinations.includes(destinationName) ? [name] : [])));

const HANDLES_RULES: readonly Rule<ConsumerFacts>[] = [
  {
    when: ({ topics }) => topics.length === 0,
    message: () => 'topic is an empty list; name at least one topic to subscribe to',
  },
  {
    when: ({ handles }) => handles !== HANDLES_ALL && handles.length === 0,
    message: () =>
      'handles is an empty list, so the subscription would let nothing through; list the messages that its handlers declare, or "*" for all',
  },
  {
    when: (facts) => commands(facts).length > 0,
    message: (facts) =>
      `handles lists ${quote(commands(facts).map(({ name }) => name))}, defined as a command; commands have one receiver and travel by queue, never by topic: receive it with a CommandQueue, ` +
      'or define it as an event',
  },
  {
    when: (facts) => elsewhere(facts).length > 0,
    message: (facts) =>
      `handles lists ${elsewhere(facts)
        .map(({ name, destinations }) => `"${name}", which is published to ${quote(destinations)}`)
        .join(
          '; ',
        )}; this consumer subscribes to ${topicNames(facts)} and would never see it: add the topic to the message's "topics", or subscribe to one that carries it`,
  },
  {
    when: (facts) => silent(facts).length > 0,
    message: (facts) =>
      `subscribes to ${quote(silent(facts).map(({ destinationName }) => destinationName))}, which carries none of the messages in handles; remove the topic or list what it is for`,
  },
  {
    when: (facts) => standard(facts).length > 0 && new Set(listOf(facts.handles).map(({ name }) => name)).size > MAX_FILTER_NAMES,
    message: ({ handles }) =>
      `handles lists ${handles.length} messages; a filter holds ${MAX_FILTER_NAMES} names: give "*" and let the code choose, or split the consumer`,
  },
];

const TOPIC_KIND_RULES: readonly Rule<ConsumerFacts>[] = [
  {
    when: (facts) => facts.ordered && standard(facts).length > 0,
    message: (facts) =>
      `ordered is true, but ${quote(standard(facts).map(({ destinationName }) => destinationName))} is a standard topic, which keeps no order and cannot feed a FIFO queue: create the topic with ` +
      '"fifo: true", or drop "ordered"',
  },
  {
    when: (facts) => facts.where.length > 0 && fifo(facts).length > 0,
    message: (facts) =>
      `where filters ${quote(fifo(facts).map(({ destinationName }) => destinationName))}, a FIFO topic; with a filter SNS FIFO delivers at most once, and a filtered key has gaps: filter in the ` +
      'handler, or split the topic',
  },
  {
    when: ({ where, handles }) => where.length > 0 && handles === HANDLES_ALL,
    message: ({ where }) => `where filters on ${quote(where)} of "*"; routing fields are declared by messages: list them in handles`,
  },
  {
    when: (facts) => unrouted(facts).length > 0,
    message: (facts) =>
      `where filters on a field that not every handled message declares (${unrouted(facts).join('; ')}); those messages would never pass: add it to their "routing"`,
  },
  {
    when: ({ where }) => where.includes('type') || where.length >= MAX_FILTER_KEYS,
    message: ({ where }) =>
      `where filters on ${quote(where)}; "type" is derived from handles, and SNS allows four keys beside it: filter on fewer`,
  },
  {
    when: (facts) => facts.where.length > 0 && combinations(facts) > MAX_FILTER_NAMES,
    message: (facts) =>
      `where makes ${combinations(facts)} combinations of message names and values of ${quote(facts.where)}; SNS takes ${MAX_FILTER_NAMES}: filter on fewer values, handle fewer messages, or choose ` +
      'in the handler',
  },
  {
    when: (facts) => foreign(facts).length > 0,
    message: (facts) =>
      `subscribes from ${facts.region} to ${foreign(facts)
        .map(({ destinationName, topic }) => `"${destinationName}" in ${topic.env.region}`)
        .join(', ')}; SNS wants a subscription's dead-letter queue in the topic's region: deploy the consumer there`,
  },
];

/** What a consumer's topics and messages must not be. */
export const CONSUMER_RULES: readonly Rule<ConsumerFacts>[] = [...HANDLES_RULES, ...TOPIC_KIND_RULES];

/** What the template says of a subscription once every escape hatch has been used. */
export interface SubscriptionFacts {
  readonly fifo: boolean;
  readonly subscription: Readonly<Record<string, unknown>>;
}

/** The inequalities of a subscription, on what will be deployed. */
export const SUBSCRIPTION_RULES: readonly Rule<SubscriptionFacts>[] = [
  {
    when: ({ fifo: isFifo, subscription }) => isFifo && subscription['FilterPolicy'] !== undefined,
    message: () =>
      'the subscription to a FIFO topic has a FilterPolicy; with one, SNS FIFO delivers at most once: remove it and filter in the handler',
  },
  {
    when: ({ subscription }) => subscription['RawMessageDelivery'] !== true,
    message: () =>
      'RawMessageDelivery of the subscription is off; the consumer expects the message itself, not the envelope of SNS: remove the change',
  },
  {
    when: ({ subscription }) => subscription['RedrivePolicy'] === undefined,
    message: () =>
      'the subscription has no RedrivePolicy; a message that the queue refuses would be discarded without a trace: remove the change',
  },
];
