import type { ConsumerStatus, OutboxStatus, QueueStatus, StackStatus } from '../../ops/operations.ts';
import { groupLines } from '../dlq/dlq.render.ts';
import { count, instant, printable, span } from '../operator/printable.ts';
import type { View } from '../operator/view.ts';
import { redriveLines } from '../redrive/redrive.render.ts';
import { type Terminal, table } from '../terminal.ts';

/** Groups that a screen has room for. */
const MAX_GROUPS = 5;

/** How a stack stands, on one screen. */
export function statusLines(status: StackStatus, view: View): readonly string[] {
  const { terminal } = view;
  const { stack, at, consumers, outboxes, groups, redrives } = status;
  const troubles = troublesOf(status, view);
  return [
    `${terminal.bold(stack)}  ${terminal.dim(instant(at))}`,
    ...part(terminal, consumers.map(consumerRow), [
      'consumer',
      'waiting',
      'in flight',
      'delayed',
      'oldest',
      'dead letters',
      'undelivered',
      'open',
      'parked',
      'delivery',
    ]),
    ...part(terminal, outboxes.map(outboxRow), ['outbox', 'pending', 'oldest', 'parked']),
    ...(groups.length === 0 ? [] : ['', ...groupLines(groups.slice(0, MAX_GROUPS), view).slice(0, -1)]),
    ...(groups.length > MAX_GROUPS ? ['', `and ${count(groups.length - MAX_GROUPS, 'group')} more: ${view.command('dlq')}`] : []),
    ...(redrives.length === 0 ? [] : ['', ...redriveLines(redrives, terminal)]),
    '',
    ...(troubles.length === 0 ? [terminal.green('nothing waits for anybody')] : troubles.map((trouble) => terminal.red(trouble))),
  ];
}

type Row = readonly (string | number)[];

function part(terminal: Terminal, rows: readonly Row[], titles: readonly string[]): readonly string[] {
  if (rows.length === 0) return [];
  const [head = '', ...lines] = table([titles, ...rows]);
  return ['', terminal.dim(head), ...lines];
}

const age = (seconds: number | undefined): string => (seconds === undefined ? '-' : span(seconds));

/** CloudWatch tells the age of a minute ago; of an empty queue it says nothing. */
const oldestOf = ({ visible, inFlight, delayed, oldestSeconds }: QueueStatus): number | undefined =>
  visible + inFlight + delayed > 0 ? oldestSeconds : undefined;

function consumerRow({ name, ordered, queue, deadLetters, undelivered, failures, ...delivery }: ConsumerStatus): Row {
  const title = `${printable(name, 48)}${ordered ? ' (ordered)' : ''}`;
  const waiting = [queue.visible, queue.inFlight, queue.delayed, age(oldestOf(queue))];
  return [title, ...waiting, deadLetters.visible, undelivered, failures.open ?? 0, failures.parked ?? 0, deliveryText(delivery)];
}

/** What is remembered says how old it is: somebody may have paused or resumed the consumer since. */
function deliveryText({ mapping, mappingSeconds }: Pick<ConsumerStatus, 'mapping' | 'mappingSeconds'>): string {
  return `${printable(mapping)}${mappingSeconds === undefined ? '' : ` (${span(mappingSeconds)} ago)`}`;
}

function outboxRow({ name, pending, oldestSeconds, parked }: OutboxStatus): Row {
  return [printable(name, 48), pending, age(oldestSeconds), parked];
}

/** From this age on, in seconds, what waits counts as behind: deliveries and the sweeper have had several turns by then. */
const BEHIND_SECONDS = 300;

/** What somebody should look at, a sentence each. */
export function troublesOf({ consumers, outboxes }: StackStatus, view: Pick<View, 'command'>): readonly string[] {
  return [...consumers.flatMap((consumer) => consumerTroubles(consumer, view)), ...outboxes.flatMap(outboxTroubles)];
}

/** States of a mapping that delivers, or is about to (Lambda API Reference, EventSourceMappingConfiguration). */
const DELIVERING: readonly string[] = ['Enabled', 'Enabling', 'Creating', 'Updating'];

function consumerTroubles(consumer: ConsumerStatus, { command }: Pick<View, 'command'>): readonly string[] {
  const { name, queue, deadLetters, undelivered, failures } = consumer;
  const { open = 0 } = failures;
  const behind = oldestOf(queue) ?? 0;
  return [
    ...(open > 0 ? [`${name}: ${count(open, 'failure')} open: ${command(`dlq --where consumer=${name}`)}`] : []),
    ...(deadLetters.visible > 0 ? [`${name}: ${count(deadLetters.visible, 'dead letter')} in its queue, not in the failure store`] : []),
    ...(undelivered > 0 ? [`${name}: ${count(undelivered, 'message')} that SNS could not deliver`] : []),
    ...(behind >= BEHIND_SECONDS ? [`${name}: behind, the oldest message has waited for ${span(behind)}`] : []),
    ...stoppedTrouble(consumer, command),
  ];
}

/** Of a mapping whose state nobody could tell there is nothing to say. */
function stoppedTrouble({ name, mapping, mappingSeconds }: ConsumerStatus, command: View['command']): readonly string[] {
  if (mapping === 'unknown' || DELIVERING.includes(mapping)) return [];
  if (mappingSeconds === undefined) return [`${name}: its event source mapping is ${printable(mapping)}, so nothing is delivered`];
  const past = `${name}: its event source mapping was ${printable(mapping)} ${span(mappingSeconds)} ago, so nothing was delivered`;
  return [`${past}; as it is now: ${command('status --fresh')}`];
}

function outboxTroubles({ name, pending, oldestSeconds = 0, parked }: OutboxStatus): readonly string[] {
  return [
    ...(parked > 0 ? [`${name}: ${count(parked, 'message')} parked in the outbox, which can never be published as they are`] : []),
    ...(pending > 0 && oldestSeconds >= BEHIND_SECONDS
      ? [`${name}: behind, the oldest message has been pending for ${span(oldestSeconds)}`]
      : []),
  ];
}
